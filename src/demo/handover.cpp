#include "demo/handover.hpp"

#include <array>

namespace elector::demo {

using model::Duration;
using model::Instant;

std::string_view name(Kind kind) {
    constexpr std::array<std::string_view, 6> kNames{"first start", "planned",      "unhealthy",
                                                     "node killed", "cut off etcd", "by itself"};
    return kNames[static_cast<std::size_t>(kind)];
}

std::optional<Duration> Handover::gap() const {
    if (!went_silent || !went_active) return std::nullopt;
    return *went_active - *went_silent;
}

std::optional<Duration> Handover::total() const {
    const auto& begin = ordered ? ordered : decided ? decided : claimed;
    if (!begin || !verified) return std::nullopt;
    return *verified - *begin;
}

std::vector<Phase> Handover::phases() const {
    Moment last = ordered;
    const auto phase = [&last](std::string_view title, const Moment& at) {
        Phase p{title, std::nullopt};
        if (at && last) p.span = *at - *last;
        if (at) last = at;
        return p;
    };
    // A named sequence: each call moves `last` on.
    std::vector<Phase> all;
    all.push_back(phase("decide", decided));
    all.push_back(phase("standby", standby));
    all.push_back(phase("marker", marker));
    all.push_back(phase("claim", claimed));
    all.push_back(phase("activate", activation_sent));
    all.push_back(phase("verify", verified));
    return all;
}

Handover& HandoverMeter::current_or(Kind kind) {
    if (!current_) {
        current_.emplace();
        current_->kind = kind;
    }
    return *current_;
}

void HandoverMeter::order(Kind kind, Instant at) {
    if (current_ && current_->decided) return;  // one is under way already
    current_.reset();
    current_or(kind).ordered = at;
}

void HandoverMeter::forget_order() {
    if (current_ && !current_->decided && !current_->claimed) current_.reset();
}

void HandoverMeter::on_effect(const std::string& member, const model::Effect& effect, Instant at) {
    if (const auto* role = std::get_if<model::RoleChanged>(&effect)) {
        on_role(member, *role->row, at);
    } else if (const auto* told = std::get_if<model::Announce>(&effect)) {
        on_notice(member, told->notice, at);
    } else if (std::holds_alternative<model::Drain>(effect)) {
        // A dead node is standby without being asked: then the marker's sending tells the moment.
        if (current_ && current_->from == member && current_->decided && !current_->standby)
            current_->standby = at;
    }
}

void HandoverMeter::on_role(const std::string& member, const model::Transition& row, Instant at) {
    if (row.from == model::Role::kLeader) {
        auto& h = current_or(Kind::kUnasked);
        if (h.claimed && h.to == member) {  // the successor gave up before its node was active
            h.to.clear();
            h.claimed.reset();
            h.activation_sent.reset();
            return;
        }
        if (h.decided) return;
        h.from = member;
        h.cause = row.code;
        h.decided = at;
    } else if (row.to == model::Role::kLeader) {
        auto& h = current_or(Kind::kFirst);
        h.to = member;
        h.claimed = at;
    }
}

void HandoverMeter::on_notice(const std::string& member, model::Notice notice, Instant at) {
    if (notice == model::Notice::kSwitchoverRefused) forget_order();
    if (!current_) return;
    auto& h = *current_;
    const bool letting_go = h.from == member && h.decided && !h.claimed;
    if (notice == model::Notice::kStandbyConfirmed && letting_go && !h.standby) h.standby = at;
    if (notice == model::Notice::kMarkerWritten && letting_go) h.marker = at;
    if (h.to != member || !h.claimed) return;
    if (notice == model::Notice::kActivationSent) h.activation_sent = at;
    if (notice != model::Notice::kActive) return;
    h.verified = at;
    if (h.from.empty() && h.kind != Kind::kFirst) h.from = member;
    ended_.push_back(h);
    current_.reset();
}

void HandoverMeter::on_entry(const std::string& node, const checker::Entry& entry, Instant at) {
    if (entry.kind == checker::Kind::active_on) {
        active_.insert(node);
        if (!current_) return;
        current_->went_active = at;
        current_->went_silent = last_silent_;
        return;
    }
    const bool fell = entry.kind == checker::Kind::active_off ||
                      entry.kind == checker::Kind::stop || entry.kind == checker::Kind::start;
    if (fell && active_.erase(node) > 0) last_silent_ = at;
}

}  // namespace elector::demo
