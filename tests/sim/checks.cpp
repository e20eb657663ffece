#include "sim/checks.hpp"

#include <algorithm>

#include "model/overloaded.hpp"

namespace elector::sim {
namespace {

/// In one virtual second; a busy member makes about 60.
constexpr std::uint32_t kMostSteps = 600;

std::string at(Time t, Time start) { return std::to_string((t - start) / 1us) + " us"; }

}  // namespace

void add(Counts& sum, const Counts& more) {
    sum.steps += more.steps;
    sum.signatures += more.signatures;
    sum.activations += more.activations;
    sum.claims += more.claims;
    sum.excused += more.excused;
    sum.late += more.late;
    sum.unfenced += more.unfenced;
    sum.fences += more.fences;
    for (std::size_t i = 0; i < sum.rows.size(); ++i) sum.rows[i] += more.rows[i];
}

Checks::Checks(Hub& hub) : a4(hub), hub_(hub), books_(hub.plan.members) { signed_.reserve(512); }

void Checks::process_started(std::uint8_t member) {
    auto& book = books_[member];
    book.claims.clear();
    book.valid_until = model::Instant{};
    book.valid_nonce = 0;
}

void Checks::after_step(std::uint8_t member, const Member& m, const model::Effects& effects) {
    ++counts_.steps;
    for (const auto& effect : effects) {
        if (const auto* change = std::get_if<model::RoleChanged>(&effect)) {
            last_role_change_ = hub_.now;
            const auto row = change->row - model::transition_table().data();
            ++counts_.rows.at(static_cast<std::size_t>(row));
        }
        if (const auto* claim = std::get_if<model::Claim>(&effect))
            books_[member].claims.push_back(
                Claimed{claim->record.nonce.value, hub_.local(member), claim->record.hold, false});
        if (const auto* told = std::get_if<model::Announce>(&effect))
            counts_.unfenced += told->notice == model::Notice::kUnfenced;
    }
    if (m.state.role == model::Role::kLeader) check_leader(member, m);
    check_pace(member, m);
}

/// A leader's holding is not over by the books: counted from the sending of what the store said.
void Checks::check_leader(std::uint8_t member, const Member& m) {
    auto& book = books_[member];
    const auto nonce = m.state.holding.record.record->nonce.value;
    const auto it = std::find_if(book.claims.begin(), book.claims.end(),
                                 [&](const Claimed& c) { return c.nonce == nonce; });
    if (it == book.claims.end()) return hub_.fail("claim", "a leader without a claim of its own");
    if (!it->committed) return hub_.fail("claim", "a leader whose claim the store never took");
    const auto hold = model::shrunk(m.policy, it->hold);
    if (book.valid_nonce != nonce) {
        book.valid_nonce = nonce;
        book.valid_until = it->sent + hold;
    }
    if (hub_.local(member) >= book.valid_until)
        hub_.fail("holding", member_name(member) + " leads past the end of its holding");
}

void Checks::check_pace(std::uint8_t member, const Member& m) {
    if (m.steps_in_second > kMostSteps)
        hub_.fail("pace", member_name(member) + " makes more than " + std::to_string(kMostSteps) +
                              " steps in a second");
    if (m.state.wake <= m.state.now && !m.state.exited)
        hub_.fail("pace", member_name(member) + " wants to wake in the past");
}

void Checks::executed(const StoreOp& op, const model::Event& event) {
    const auto* answer = std::get_if<model::RecordAnswered>(&event);
    if (!answer || answer->outcome != model::StoreOutcome::kDone) return;
    if (const auto* claim = std::get_if<model::Claim>(&op.effect)) {
        ++counts_.claims;
        ++election_writes_;
        if (claim->create.value <= last_term_)
            hub_.fail("terms", "term " + std::to_string(claim->create.value) + " after term " +
                                   std::to_string(last_term_));
        last_term_ = std::max(last_term_, claim->create.value);
        for (auto& c : books_[op.member].claims)
            if (c.nonce == claim->record.nonce.value) c.committed = true;
    }
    if (const auto* drain = std::get_if<model::Drain>(&op.effect)) marker(op, *drain);
}

/// A marker says that the node is standby: flag off and the machine at rest, or no process.
void Checks::marker(const StoreOp& op, const model::Drain& drain) {
    ++election_writes_;
    auto& book = books_[op.member];
    const auto view = hub_.world->view(op.member, hub_.now);
    const bool standby =
        !view.running || (!view.flag && view.machine == simnode::MachineState::initial);
    if (!standby && !book.excused)
        hub_.fail("marker", "the marker of term " + std::to_string(drain.record.term.value) +
                                " is written while " + member_name(op.member) +
                                "'s node is not standby");
    const auto against = a4.against_marker(op.member);
    if (!against.empty() && !book.excused)
        hub_.fail("marker", "the marker of term " + std::to_string(drain.record.term.value) +
                                " is written, but of " + member_name(op.member) + "'s node " +
                                against);
    book.drained = true;
    book.drained_at = hub_.now;
}

void Checks::completed(const StoreOp& op, const model::Event& event) {
    if (op.guardian) return;
    const auto* answer = std::get_if<model::RecordAnswered>(&event);
    if (!answer || answer->outcome != model::StoreOutcome::kDone) return;
    if (!std::holds_alternative<model::Confirm>(op.effect)) return;
    auto& book = books_[op.member];
    for (const auto& c : book.claims)
        if (c.nonce == book.valid_nonce)
            book.valid_until = std::max(book.valid_until, op.sent + c.hold - c.hold / 100);
}

void Checks::set_leaves(const NodeOp& op, const Member& m, const Guardian& guardian,
                        Time unanswered_set) {
    if (op.ask != NodeAsk::kActivate) return;
    ++counts_.activations;
    auto& book = books_[op.member];
    book.drained = false;
    const auto now = hub_.local(op.member);
    if (book.valid_nonce == 0) return hub_.fail("activation", "an activation without a claim");
    // The guardian kills at the margin; only then is a late write impossible.
    const bool late = now >= book.valid_until - (m.policy.guardian ? Duration{} : m.policy.margin);
    if (late && !book.excused) hub_.fail("activation", "an activation leaves after the holding");
    if (m.policy.guardian && !book.excused &&
        (!guardian.armed_until() || now >= *guardian.armed_until()))
        hub_.fail("activation", "an activation leaves without an armed guardian");
    if (unanswered_set != Time{} && hub_.now < unanswered_set + 3500ms)
        hub_.fail("one_in_flight", "an activation leaves while another set is unanswered");
}

void Checks::node_log(const simnode::LogEntry& entry) {
    const auto node = static_cast<std::uint8_t>(entry.node);
    hub_.story.mix(static_cast<std::uint64_t>(entry.time.count()) ^ entry.height << 20 ^
                   entry.round << 8 ^ static_cast<std::uint64_t>(entry.kind));
    if (simnode::is_signature(entry.kind)) return signature(entry);
    if (entry.kind == simnode::EntryKind::active_on) {
        last_activated_ = node;
        any_activated_ = true;
        a4.rose(node);
    }
    if (entry.kind == simnode::EntryKind::stop) a4.process_ended(node, entry.time);
    if (!hub_.story.told()) return;
    static constexpr const char* kWords[] = {"",       "",        "",        "",
                                             "ACTIVE", "STANDBY", "started", "ended"};
    hub_.story.line(entry.time, "node " + member_name(node),
                    kWords[static_cast<std::size_t>(entry.kind)]);
}

void Checks::signature(const simnode::LogEntry& entry) {
    ++counts_.signatures;
    const auto node = static_cast<std::uint8_t>(entry.node);
    a4.signed_height(node, entry.height);
    auto& book = books_[node];
    if (any_activated_ && last_activated_ != node) ++counts_.late;
    const auto key = entry.height << 24 | entry.round;
    if (hub_.story.told())
        hub_.story.line(entry.time, "node " + member_name(node),
                        "signs " + std::to_string(entry.height) + "/" +
                            std::to_string(entry.round) + " kind " +
                            std::to_string(static_cast<int>(entry.kind)));
    const auto [it, first] = signed_.try_emplace(key, Signed{node, entry.time, book.excused});
    // After a confirmed standby a leftover proposal can go out, an endorsement never.
    if (book.drained && entry.kind != simnode::EntryKind::proposal && !book.excused)
        hub_.fail("marker", "node " + member_name(node) + " endorses after its drained marker");
    if (first || it->second.node == node) return;
    if (it->second.excused || book.excused) {
        ++counts_.excused;
        return;
    }
    hub_.fail("unique_signer", "height " + std::to_string(entry.height) + " round " +
                                   std::to_string(entry.round) + " is signed by node " +
                                   member_name(it->second.node) + " at " +
                                   at(it->second.at, hub_.plan.start) + " and by node " +
                                   member_name(node) + " at " + at(entry.time, hub_.plan.start));
}

}  // namespace elector::sim
