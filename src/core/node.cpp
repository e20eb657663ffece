// What this member learns of its node: status, ports, readiness, tip; and the polls that ask.
#include "core/eligibility.hpp"
#include "core/turn.hpp"

namespace elector::core {
namespace {

void found_active(Turn& t) {
    auto& s = t.s;
    t.announce(Notice::kNodeFoundActive);
    s.node.seen_active_alone = true;
    // A5: the start of the process is not known, so the wait counts from now.
    s.node.barred_until = t.now + t.p.start_delay + 2 * t.p.block_interval + 2s;
    if (s.role == Role::kLeader) return begin_draining(t, Cause::kFoundActive);
    want_standby(t, true);
    s.standby.explained = true;
}

void status_true(Turn& t) {
    auto& s = t.s;
    auto& h = s.holding;
    auto& sb = s.standby;
    if (s.role == Role::kLeader && h.activation != Activation::kNone) {
        if (h.activation == Activation::kVerified) return;
        h.activation = Activation::kVerified;
        return t.announce(Notice::kActive);
    }
    const bool was_confirmed = sb.confirmed.has_value();
    sb.confirmed.reset();
    s.draining.tip_asked = s.draining.tip_done = false;
    s.draining.tip.reset();
    if (t.p.observe) return;  // somebody else's to explain
    if (was_confirmed || !sb.explained) return found_active(t);
    const bool no_effect = sb.false_answered && t.now >= sb.last_false.value_or(t.now) + 1s;
    if (no_effect && ++sb.ignored == 5) t.announce(Notice::kNodeIgnoresSets);
    const bool untold = !sb.false_answered && !s.node.set.busy();
    // seen_false: a late activation of ours has landed.
    if (sb.seen_false || no_effect || untold) sb.send_false = true;
    sb.seen_false = false;
}

// SAFETY: S10, S11. Only a query that left after the drive began, and after every late set can have
// landed.
void status_false(Turn& t, Instant sent) {
    auto& s = t.s;
    auto& h = s.holding;
    if (s.role == Role::kLeader && h.activation == Activation::kVerified)
        return begin_draining(t, Cause::kNodeLeftActive);
    auto& sb = s.standby;
    if (!sb.wanted || sb.confirmed || sent < sb.since || sb.send_false) return;
    if (sb.first_false && sent < *sb.first_false) return;
    sb.seen_false = true;
    if (s.role == Role::kDraining && h.activation == Activation::kSent && !sb.hazard_until)
        sb.hazard_until = t.now + late_set(t.p);
    if (sb.hazard_until && sent < *sb.hazard_until) return;
    sb.confirmed = t.now;
    sb.ignored = 0;
    t.announce(Notice::kStandbyConfirmed);
}

void node_lost(Turn& t) {
    auto& s = t.s;
    health::forget_node(s.health);
    s.node.activity = NodeActivity::kUnknown;
    s.node.operator_address.clear();
    t.announce(Notice::kNodeLost);
    if (s.role == Role::kLeader) begin_draining(t, Cause::kNodeLost);
    // What was sent died with the old process; an active new one is a surprise (A5).
    s.standby.hazard_until.reset();
    // Asked before told: a `false` sent blindly would hide that it came up active.
    want_standby(t, false);
}

void node_died(Turn& t) {
    auto& s = t.s;
    s.node.activity = NodeActivity::kUnknown;
    health::forget_tip(s.health);
    t.announce(Notice::kNodeDead);
    if (s.role == Role::kDraining && s.draining.cause == Cause::kNodeLost)
        s.draining.cause = Cause::kNodeDead;
    if (s.role == Role::kLeader) begin_draining(t, Cause::kNodeDead);
}

}  // namespace

void want_standby(Turn& t, bool send_false) {
    auto& sb = t.s.standby;
    const auto hazard = sb.hazard_until;
    sb = Standby{};
    sb.since = t.now;
    sb.send_false = send_false;
    if (hazard && *hazard > t.now) sb.hazard_until = hazard;
}

void on_status(Turn& t, const StatusRead& e) {
    auto& n = t.s.node;
    if (!n.query.answers(e.op)) return;
    const auto sent = n.query.sent;
    if (e.failure != NodeFailure::kNone) {
        t.failed(n.query);
        if (++n.status_failures >= 2) n.activity = NodeActivity::kUnknown;
        return;
    }
    t.finished(n.query);
    n.status_failures = 0;
    n.activity = e.active ? NodeActivity::kActive : NodeActivity::kStandby;
    n.status_sent = sent;
    n.status_at = t.now;
    n.connection = e.connection;
    health::on_answer(n.process);
    if (e.active) {
        status_true(t);
    } else {
        status_false(t, sent);
    }
}

void on_set(Turn& t, const SetAnswered& e) {
    auto& s = t.s;
    auto& n = s.node;
    const bool ok = e.failure == NodeFailure::kNone && !e.not_sent;
    if (n.set.answers(e.op)) {
        if (!ok && !e.not_sent) n.unanswered_until = n.set.sent + late_set(t.p);
        ok ? t.finished(n.set) : t.failed(n.set);
        if (!ok && n.set.failures > 5) n.set.retry = t.now + 500ms;
        s.standby.false_answered = ok;
        return;
    }
    if (!n.activation.answers(e.op)) return;
    const auto sent = n.activation.sent;
    e.not_sent ? t.failed(n.activation) : t.finished(n.activation);
    auto& h = s.holding;
    if (e.not_sent) {
        // Nothing left this host. ever_sent stays as it is: a needless deactivation costs nothing.
        if (h.activation == Activation::kSent) h.activation = Activation::kNone;
        if (s.role == Role::kLeader) t.announce(Notice::kActivationNotSent);
        return;
    }
    if (ok) {
        if (h.activation == Activation::kSent) h.activation = Activation::kAnswered;
        return;
    }
    n.unanswered_until = std::max(n.unanswered_until.value_or(Instant{}), sent + late_set(t.p));
    if (s.role == Role::kLeader && h.activation == Activation::kSent)
        begin_draining(t, Cause::kActivationFailed);
}

void on_port(Turn& t, const PortChanged& e) {
    auto& n = t.s.node;
    const auto fate = health::on_port(n.process, t.p, e, t.now);
    if (fate == health::Fate::kLost) node_lost(t);
    if (fate == health::Fate::kDied) node_died(t);
    if (e.state == PortState::kLost) n.next_poll = t.now;
}

void on_readiness(Turn& t, const ReadinessRead& e) {
    auto& n = t.s.node;
    if (!n.readiness.answers(e.op)) return;
    t.finished(n.readiness);
    health::learn_ready(t.s.health, t.p, e.failure == NodeFailure::kNone && e.ready);
}

void on_tip(Turn& t, const TipRead& e) {
    auto& s = t.s;
    auto& n = s.node;
    if (!n.tip_slot.answers(e.op)) return;
    const auto sent = n.tip_slot.sent;
    const bool for_marker = s.role == Role::kDraining && s.draining.tip_asked &&
                            s.standby.confirmed && sent >= *s.standby.confirmed;
    const bool ok = e.failure == NodeFailure::kNone;
    ok ? t.finished(n.tip_slot) : t.failed(n.tip_slot);
    if (for_marker) {
        s.draining.tip_done = true;
        if (ok) s.draining.tip = e.height;
    }
    if (!ok) {
        if (n.tip_slot.failures >= t.p.fall) health::learn_no_tip(s.health);
        return;
    }
    n.tip_sent = sent;
    n.tip_life = n.process.life;
    health::learn_tip(s.health, t.p, s.known.view, t.now, e.height, e.age);
}

void on_metrics(Turn& t, const MetricsRead& e) {
    auto& s = t.s;
    auto& n = s.node;
    if (!n.metrics.answers(e.op)) return;
    t.finished(n.metrics);
    if (e.failure != NodeFailure::kNone) return health::learn_no_gauges(s.health);
    const bool changed = !n.operator_address.empty() && !e.operator_address.empty() &&
                         n.operator_address != e.operator_address;
    if (!e.operator_address.empty()) n.operator_address = e.operator_address;
    if (changed && s.role == Role::kLeader) begin_draining(t, Cause::kOperatorChanged);
    const auto group = group_address(t.p, s);
    const bool differs =
        !group.empty() && !n.operator_address.empty() && group != n.operator_address;
    if (differs && !n.address_told) t.announce(Notice::kOperatorAddressDiffers, n.operator_address);
    n.address_told = differs;
    health::learn_gauges(s.health, t.p, s.known.view, t.now, e.height, e.target);
}

/// A deactivation has left before an activation that was not answered must have landed: it may be
/// undone by now, and no status query need tell. SAFETY: S11.
bool may_be_undone(Turn& t) {
    const auto& s = t.s;
    auto lands = s.standby.hazard_until.value_or(Instant{});
    if (s.holding.activation == Activation::kSent)
        lands = std::max(lands, s.holding.activation_sent + late_set(t.p));
    return s.standby.last_false && *s.standby.last_false < lands && t.due(lands);
}

// SAFETY: S10. A deactivation never waits for anything; it goes on a connection of its own.
void drive_standby(Turn& t) {
    auto& s = t.s;
    auto& sb = s.standby;
    auto& n = s.node;
    if (!sb.wanted) return;
    if (n.process.dead) {
        if (!sb.confirmed) {
            sb.confirmed = t.now;
            sb.dead = true;
        }
        return;
    }
    if (sb.dead) want_standby(t, false);  // it answers again: a new process
    if (sb.confirmed) return;
    // A query that hangs says nothing; the deactivation must not wait for it.
    const bool hangs = n.query.busy() && t.due(n.query.sent + 1s);
    if (hangs && !sb.false_answered && !n.set.busy()) sb.send_false = true;
    if (may_be_undone(t)) {  // whether or not an earlier one is still unanswered
        if (n.set.busy()) n.unanswered_until = n.set.sent + late_set(t.p);
        n.set = {};
        sb.send_false = true;
    }
    if (sb.send_false && t.ready(n.set)) {
        t.emit(Deactivate{t.start(n.set)});
        sb.send_false = sb.false_answered = false;
        sb.last_false = t.now;
        if (!sb.first_false) sb.first_false = t.now;
    }
    if (sb.send_false || !t.ready(n.query)) return;
    const bool urgent = s.role == Role::kDraining || s.node.activity == NodeActivity::kActive;
    const auto pause = n.set.busy() ? Duration{500ms} : urgent ? Duration{50ms} : Duration{200ms};
    auto next = n.query.sent + pause;
    // The first query that can confirm is asked as soon as it can.
    if (sb.hazard_until && n.query.sent < *sb.hazard_until) next = std::min(next, *sb.hazard_until);
    if (!t.due(std::max(next, sb.last_false.value_or(Instant{}) + 1ms))) return;
    t.emit(QueryStatus{t.start(n.query), true});
}

void drive_polls(Turn& t) {
    auto& n = t.s.node;
    // Readiness and metrics share a port, and so a connection.
    if (!n.readiness.busy() && t.due(n.next_metrics) && t.ready(n.metrics)) {
        n.next_metrics = due_again(t.p, t.now, t.p.metrics_interval);
        t.emit(ReadMetrics{t.start(n.metrics)});
    }
    if (!t.due(n.next_poll)) return;
    n.next_poll = due_again(t.p, t.now, t.p.poll_interval);
    t.due(n.next_poll);  // even if nothing is asked now: everything may be in flight
    const bool stalled = health::chain_stalled(t.s.health, t.p, t.now);
    if (stalled && !t.s.stalled_told) t.announce(Notice::kChainStalled);
    t.s.stalled_told = stalled;
    const bool driven =
        t.s.standby.wanted && !t.s.standby.confirmed && !n.process.dead && !t.p.observe;
    if (!n.query.busy() && !driven) t.emit(QueryStatus{t.start(n.query), false});
    if (!n.readiness.busy() && !n.metrics.busy()) t.emit(ReadReadiness{t.start(n.readiness)});
    if (t.p.web3 && !n.tip_slot.busy()) t.emit(ReadTip{t.start(n.tip_slot)});
}

}  // namespace elector::core
