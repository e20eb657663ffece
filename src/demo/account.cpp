#include "demo/account.hpp"

#include <algorithm>
#include <charconv>

namespace elector::demo {

using model::Blocker;
using model::Duration;
using model::Instant;
using model::Role;

namespace {

std::optional<Role> role_named(std::string_view text) {
    for (const auto role : {Role::kFollower, Role::kCandidate, Role::kLeader, Role::kDraining}) {
        if (name(role) == text) return role;
    }
    return std::nullopt;
}

/// Of several codes, comma separated, the one that says most: the first in the catalogue.
std::optional<Blocker> main_blocker(std::string_view codes) {
    const auto list = "," + std::string(codes) + ",";
    for (int b = 0; b < model::kBlockerCount; ++b) {
        const auto blocker = static_cast<Blocker>(b);
        if (list.find("," + std::string(model::code(blocker)) + ",") != std::string::npos)
            return blocker;
    }
    return std::nullopt;
}

std::int64_t number_in(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// "gate_height for 2500 ms at most", "held"
std::optional<Waiting> waiting_in(std::string_view detail, Instant at) {
    constexpr std::string_view kFor = " for ";
    const auto blocker = main_blocker(detail.substr(0, detail.find(' ')));
    if (!blocker) return std::nullopt;
    Waiting w{*blocker, std::nullopt};
    const auto span = detail.find(kFor);
    if (span != std::string_view::npos)
        w.until = at + std::chrono::milliseconds(number_in(detail.substr(span + kFor.size())));
    return w;
}

Why until(Blocker blocker, const std::optional<Instant>& instant, Instant now) {
    Why why{std::string(model::sentence(blocker)), std::nullopt};
    if (instant) why.at_most = std::max(*instant - now, Duration{});
    return why;
}

const model::MemberRecord* record_of(const model::ElectionView& view, const std::string& member) {
    const auto* entry = model::find_member(view, member);
    return entry != nullptr ? &entry->record : nullptr;
}

Why explain_missing(const Account& account, const Processes& processes) {
    if (!processes.guardian)
        return {"Its guardian is dead; it is started again.", processes.back_in};
    if (account.guarded) return {"Its guardian brings the node to standby.", std::nullopt};
    return {"Its guardian starts an elector as soon as that is safe.", std::nullopt};
}

Why explain_follower(const Account& account, const model::MemberRecord* record, Instant now) {
    const auto blocker = record != nullptr ? main_blocker(record->blocked_by) : std::nullopt;
    if (!blocker) return {"Starting, or about to queue.", std::nullopt};
    const bool cools = *blocker == Blocker::kCoolingDown;
    return until(*blocker, cools ? account.cooling_until : std::nullopt, now);
}

Why explain_candidate(const Account& account, const model::ElectionView& view, std::size_t place,
                      Instant now) {
    const auto& holder = view.holder.record;
    const bool held = holder && holder->state == model::HolderRecord::State::kActive &&
                      model::find_created(view, holder->term) != nullptr;
    if (held) return until(Blocker::kHeld, std::nullopt, now);
    if (place != 1) return until(Blocker::kNotHead, std::nullopt, now);
    if (account.waiting) return until(account.waiting->blocker, account.waiting->until, now);
    return {"Claiming the lead.", std::nullopt};
}

}  // namespace

void Account::on(const LogLine& line) {
    if (line.is("guardian_acts")) guarded = true;
    if (line.is("guardian_done")) guarded = false;
    if (line.process != "elector") return;
    if (line.is("started")) {
        elector_ended();
        role = Role::kFollower;
    } else if (line.is("role_change")) {
        role = role_named(line["to"]);
        const bool holds = role == Role::kLeader || role == Role::kDraining;
        term = holds ? number_in(line["term"]) : 0;
        verified = false;
        drains_because = role == Role::kDraining ? std::string(line["why"]) : std::string{};
        waiting.reset();
    } else if (line.is("active")) {
        verified = role == Role::kLeader;
    } else if (line.is("waiting")) {
        waiting = waiting_in(line["detail"], line.at);
    } else if (line.is("cooling_down")) {
        cooling_until = line.at + std::chrono::seconds(number_in(line["detail"]));
    }
}

void Account::elector_ended() {
    const bool acts = guarded;
    *this = {};
    guarded = acts;
}

std::size_t place_of(const model::ElectionView& view, const std::string& member) {
    const auto* record = record_of(view, member);
    if (record == nullptr || record->candidate_key.empty()) return 0;
    const auto found =
        std::find_if(view.queue.begin(), view.queue.end(),
                     [&](const model::Candidate& c) { return c.key == record->candidate_key; });
    return found == view.queue.end() ? 0 : static_cast<std::size_t>(found - view.queue.begin()) + 1;
}

Why explain(const std::string& member, const Account& account, const Processes& processes,
            const model::ElectionView& view, Instant now) {
    if (!account.role || !processes.elector) return explain_missing(account, processes);
    if (processes.frozen && !processes.guardian)
        return {"Its elector stands still, and its guardian is dead.", std::nullopt};
    if (processes.frozen)
        return {"Its elector stands still; the guardian acts before the holding ends.",
                std::nullopt};
    switch (*account.role) {
        case Role::kLeader:
            return {account.verified ? "Leads." : "Activating its node.", std::nullopt};
        case Role::kDraining:
            return {account.drains_because, std::nullopt};
        case Role::kCandidate:
            return explain_candidate(account, view, place_of(view, member), now);
        case Role::kFollower:
            break;
    }
    return explain_follower(account, record_of(view, member), now);
}

}  // namespace elector::demo
