#include "sim/assumptions.hpp"

#include <algorithm>

namespace elector::sim {
namespace {

// A4 for B = 2.5 s.
constexpr Duration kInterval = 2500ms;
constexpr Duration kSilent = 3 * kInterval;    ///< after the first `false`
constexpr Duration kLateSet = kInterval + 1s;  ///< an unanswered set may land so late
/// What a host's own clock, which A2 lets run fast, takes for it.
constexpr Duration kLateSetByItsClock = kLateSet - kLateSet / 200;
constexpr Duration kLeftover = kInterval + 1500ms;  ///< after a confirmed `false`
constexpr Duration kOvertime = 2500ms;              ///< a fresh activation joins rounds so old
constexpr std::uint64_t kAnyHeight = ~std::uint64_t{0};

std::string milliseconds(Duration d) { return std::to_string(d / 1ms) + " ms"; }

}  // namespace

void Assumptions::deaf(std::uint8_t node, bool on) {
    auto& n = nodes_[node];
    n.fault_on = on;
    n.was_deaf |= on && n.first_false;  // before that nothing was asked of it
}

void Assumptions::set_leaves(const NodeOp& op) {
    auto& n = nodes_[op.member];
    if (op.ask == NodeAsk::kDeactivate) {
        if (!op.guardian) n.last_false = {op.incarnation, op.op.value};
        if (n.activated && !n.first_false) {
            n.first_false = hub_.now;
            n.was_deaf = n.fault_on;
            n.pending_at_false = n.pending.has_value();
        }
        return;
    }
    n.activated = true;
    n.pending = hub_.now;
    n.first_false.reset();
    // Asked for after the activation, and on its way before it.
    const bool overtaken =
        !op.guardian && n.last_false.first == op.incarnation && n.last_false.second > op.op.value;
    if (overtaken) n.first_false = hub_.now;
    n.pending_at_false = overtaken;
    n.rose_alone.reset();
    n.confirmed.reset();
    n.dead.reset();
    n.was_deaf = n.fault_on;
    n.beyond = n.beyond && n.excused;
    if (n.excused) return;
    const auto tip = tip_of(op.member);
    for (std::uint8_t other = 0; other < nodes_.size(); ++other) {
        if (other == op.member || nodes_[other].excused || nodes_[other].beyond) continue;
        const auto r = reach(other);
        if (r.until <= hub_.now - kOvertime || r.height <= tip) continue;
        const auto left = r.until == kNoTime ? std::string("any time")
                                             : milliseconds(r.until - hub_.now + kOvertime) +
                                                   " into the rounds that it may join";
        return hub_.fail("a4", member_name(op.member) + " is activated, but node " +
                                   member_name(other) + " may still sign, for " + left);
    }
}

Assumptions::Reach Assumptions::reach(std::uint8_t node) {
    const auto& n = nodes_[node];
    if (n.dead) return {*n.dead, n.last_height};
    if (n.activated && (!n.first_false || n.was_deaf)) return {kNoTime, kAnyHeight};
    if (n.activated)
        return {*n.first_false + kSilent + (n.pending_at_false ? kLateSet : Duration{}),
                kAnyHeight};
    if (n.confirmed)
        return {std::min(*n.confirmed + kLeftover, n.silent), n.tip.value_or(tip_of(node)) + 1};
    return {};
}

void Assumptions::answered(const NodeOp& op, const model::Event& event) {
    auto& n = nodes_[op.member];
    if (const auto* set = std::get_if<model::SetAnswered>(&event)) {
        const bool over = set->not_sent || set->failure == model::NodeFailure::kNone;
        if (op.ask == NodeAsk::kActivate && op.request != 0 && over) n.pending.reset();
        return;
    }
    const auto* status = std::get_if<model::StatusRead>(&event);
    if (!status || status->failure != model::NodeFailure::kNone) return;
    if (status->active) {
        n.pending.reset();  // it has landed
        return;
    }
    // Who raised it may have let it fall again.
    const auto since = n.first_false ? n.first_false : n.rose_alone;
    if (!n.activated || !since || op.sent < *since) return;
    if (n.pending && op.sent < *n.pending + kLateSetByItsClock) return;
    n.silent = reach(op.member).until;  // a late answer does not make it sign for longer
    n.activated = false;
    n.was_deaf = n.beyond = false;
    n.pending.reset();
    n.confirmed = hub_.now;
    n.tip.reset();
    hub_.schedule.add(hub_.now + 100ms, Job::kSampleTip, op.member, 0, ++n.confirmations);
}

bool Assumptions::quiet(std::uint8_t node) { return reach(node).until <= hub_.now - kOvertime; }

void Assumptions::sample_tip(std::uint8_t node, std::uint64_t number) {
    auto& n = nodes_[node];
    if (n.confirmations == number && n.confirmed) n.tip = tip_of(node);
}

void Assumptions::rose(std::uint8_t node) {
    auto& n = nodes_[node];
    if (n.activated) return;  // by the set that we saw leave
    n.rose_alone = hub_.now;
    n.activated = true;
    n.pending.reset();
    n.first_false.reset();
    n.confirmed.reset();
    n.dead.reset();
}

void Assumptions::process_ended(std::uint8_t node, Time at) {
    auto& n = nodes_[node];
    if (n.activated || n.confirmed) n.dead = std::min(at, reach(node).until);
    n.activated = n.was_deaf = n.beyond = false;
    n.pending.reset();
}

void Assumptions::signed_height(std::uint8_t node, std::uint64_t height) {
    nodes_[node].last_height = std::max(nodes_[node].last_height, height);
}

std::string Assumptions::against_marker(std::uint8_t node) const {
    const auto& n = nodes_[node];
    // What rose by itself, or by a set that landed after all bounds, fell unseen: that it is
    // standby has to be enough.
    if (n.dead || !n.activated || n.excused || n.beyond || n.rose_alone) return {};
    if (n.pending && hub_.now < *n.pending + kLateSetByItsClock)
        return "an activation that left " + milliseconds(hub_.now - *n.pending) +
               " ago is unanswered";
    return "its standby was never confirmed";
}

}  // namespace elector::sim
