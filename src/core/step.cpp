#include "core/step.hpp"

#include <utility>

#include "core/eligibility.hpp"
#include "core/invariants.hpp"
#include "core/takeover.hpp"
#include "core/turn.hpp"
#include "model/overloaded.hpp"

namespace elector::core {
namespace {

void record(Turn& t, const Event& event) {
    auto& s = t.s;
    std::visit(Overloaded{
                   [](const Woke&) {},
                   [&](const ShutdownRequested&) {
                       if (!s.shutting_down) s.shutdown_at = t.now;
                       s.shutting_down = true;
                   },
                   [&](const LeaseAnswered& e) { on_lease(t, e); },
                   [&](const LeaseRevoked& e) { on_revoked(t, e); },
                   [&](const ElectionRead& e) { on_read(t, e); },
                   [&](const StoreChanged& e) { on_changes(t, e); },
                   [&](const WatchResumed& e) { knowledge::on_resumed(s.known, e); },
                   [&](const TxnAnswered& e) { on_member_txn(t, e); },
                   [&](const RecordAnswered& e) { on_record(t, e); },
                   [&](const StatusRead& e) { on_status(t, e); },
                   [&](const SetAnswered& e) { on_set(t, e); },
                   [&](const ReadinessRead& e) { on_readiness(t, e); },
                   [&](const TipRead& e) { on_tip(t, e); },
                   [&](const MetricsRead& e) { on_metrics(t, e); },
                   [&](const PortChanged& e) { on_port(t, e); },
                   [&](const GuardianArmed& e) { on_armed(t, e); },
                   [&](const FenceAnswered& e) { fencing::on_answer(s.draining.fence, t, e); },
                   [&](const GuardianLost&) {
                       s.guardian_lost = true;
                       if (!s.shutting_down) s.shutdown_at = t.now;
                       s.shutting_down = true;
                   },
               },
               event);
}

void act(Turn& t) {
    drive_own_record(t);
    guard_holding(t);
    judge_leader(t);
    drive_standby(t);
    drive_draining(t);
    drive_session(t);
    drive_confirm(t);
    drive_foreign(t);
    drive_candidacy(t);
    drive_takeover(t);
    drive_activation(t);
}

void decide(Turn& t) {
    const auto asked = t.out.size();
    if (!t.p.observe) act(t);  // SAFETY: S22
    drive_reads(t);
    drive_polls(t);
    if (t.out.size() != asked) return;  // what follows is told only how things stand at rest
    drive_publish(t);
    sentinel::drive(t.s.sentinel, t, t.s.known.view, !t.p.observe);
    drive_exit(t);
}

}  // namespace

State initial_state(Instant now, std::uint64_t seed) {
    State s;
    s.random = seed;
    s.started = s.now = s.role_since = now;
    s.wake = now;
    s.known.observed_since = s.known.record_learned = s.known.head_since = now;
    s.standby.since = now;
    s.node.next_poll = s.node.next_metrics = now;
    s.health.cooling.healthy_since = now;
    return s;
}

void step(const Policy& policy, State& state, Instant now, const Event& event, Effects& effects) {
    if (state.exited) return;
    Turn t{{policy, now, effects, state.wake, state.last_op, state.random}, state};
    require(now >= state.now, "time never goes back");
    // An activation that an earlier run sent and never saw answered may still land.
    if (std::exchange(state.first_step, false))
        state.standby.hazard_until = state.started + late_set(policy);
    state.now = now;
    record(t, event);
    // Again until a pass asks for nothing: what one decider changes, the earlier ones see, and
    // every deadline that was just set is asked for.
    for (int pass = 0;; ++pass) {
        require(pass < 8, "a step comes to rest");
        state.wake = kNever;
        const auto asked = effects.size();
        decide(t);
        if (effects.size() == asked) break;
    }
    check_invariants(policy, state, effects);
}

void become(Turn& t, Role to, Cause cause) {
    const auto* row = find_transition(t.s.role, to, cause);
    require(row != nullptr, "every role change is a row of the table");
    t.s.role = to;
    t.s.role_since = t.now;
    t.emit(RoleChanged{row});
}

void drive_exit(Turn& t) {
    auto& s = t.s;
    if (!s.shutting_down || s.exited) return;
    const auto leave = [&](int code) {
        s.exited = true;
        t.emit(Exit{code});
    };
    if (t.p.observe) return leave(0);
    if (s.role == Role::kDraining || s.role == Role::kLeader) {
        const auto begun = s.standby.first_false.value_or(s.shutdown_at);
        if (t.due(std::max(begun, s.shutdown_at) + t.p.quiesce)) leave(3);
        return;
    }
    if (s.candidacy.record_slot.busy() && !t.due(s.shutdown_at + 2s)) return;
    auto& ses = s.session;
    const bool revoked = ses.revoking && !ses.lease_slot.busy();
    if (!revoked && ses.lease != LeaseId{} && !t.due(s.shutdown_at + 2s)) {
        if (ses.revoking) return;
        session::revoke_lease(ses, t);
        if (s.role == Role::kCandidate) become(t, Role::kFollower, Cause::kShutdown);
        return;
    }
    if (standby_certain(s) || s.node.process.dead) return leave(0);
    if (t.due(s.shutdown_at + t.p.quiesce)) leave(3);
}

}  // namespace elector::core
