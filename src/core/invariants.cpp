#include "core/invariants.hpp"

#include <variant>

namespace elector::core {
namespace {

void check_activation(const Policy& p, const State& s, const Activate& a) {
    const auto& h = s.holding;
    require(s.role == Role::kLeader && h.held(), "an activation leaves only a leader");
    require(h.record.record && h.record.record->term == h.term,
            "an activation follows an acknowledged claim");
    require(a.not_after <= h.valid_until - 3 * p.margin && s.now < a.not_after,
            "an activation has three margins of holding left");
    require(!p.guardian || h.armed_until - s.now > 3 * p.margin,
            "an activation follows an armed guardian");
    require(s.node.activity == NodeActivity::kStandby, "an activation follows a verified standby");
    require(!s.node.set.busy(), "an activation is alone in flight");
    require(!s.node.unanswered_until || s.now >= *s.node.unanswered_until,
            "no unanswered set can land after it");
}

void check_drain(const State& s, const Drain& d) {
    require(s.role == Role::kDraining, "only a draining member writes a marker");
    require(s.standby.confirmed.has_value(), "a marker follows a confirmed standby");
    require(d.record.state == HolderRecord::State::kDrained, "a marker says drained");
    require(d.record.term == s.holding.term, "a marker is of the own term");
}

}  // namespace

void check_invariants(const Policy& policy, const State& state, const Effects& effects) {
    const auto& h = state.holding;
    require(state.wake > state.now || state.exited, "the next wake-up lies ahead");
    if (state.role == Role::kLeader) {
        require(h.held(), "a leader holds");
        require(state.now < h.valid_until - policy.margin, "a leader's holding has not ended");
    } else {
        require(state.standby.wanted, "only a leader's node may be active");
    }
    if (state.role == Role::kFollower || state.role == Role::kCandidate)
        require(!h.held(), "only leaders and drainers hold");
    for (const auto& effect : effects) {
        if (const auto* a = std::get_if<Activate>(&effect)) check_activation(policy, state, *a);
        if (const auto* d = std::get_if<Drain>(&effect)) check_drain(state, *d);
    }
}

}  // namespace elector::core
