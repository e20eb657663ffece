// What this member learns of its node: status, ports, readiness, tip; and the polls that ask.
#include "core/eligibility.hpp"
#include "core/turn.hpp"

namespace elector::core {
namespace {

void count(Hysteresis& h, bool ok, int fall, int rise) {
    if (ok == h.good) {
        h.streak = 0;
    } else if (++h.streak >= (h.good ? fall : rise)) {
        h.good = ok;
        h.streak = 0;
    }
}

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
    ++s.node.life;
    s.node.tip.reset();
    s.node.ready = s.node.fresh = s.node.near = Hysteresis{};
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
    s.node.dead = true;
    ++s.node.life;
    s.node.activity = NodeActivity::kUnknown;
    s.node.tip.reset();
    t.announce(Notice::kNodeDead);
    if (s.role == Role::kDraining && s.draining.cause == Cause::kNodeLost)
        s.draining.cause = Cause::kNodeDead;
    if (s.role == Role::kLeader) begin_draining(t, Cause::kNodeDead);
}

void judge_tip(Turn& t) {
    auto& s = t.s;
    const auto best = best_known_tip(s);
    const auto height = s.node.tip.value_or(Height{});
    s.node.lag = best.value > height.value ? best.value - height.value : 0;
    const std::uint64_t slack = s.node.tip_exact ? 0 : 4;  // gauges are up to 10 s old
    count(s.node.near, s.node.lag <= t.p.max_lag + slack, t.p.fall, t.p.rise);
    if (s.node.lag >= 2 + slack) s.node.lag_bucket = 1;
    if (s.node.lag == 0) s.node.lag_bucket = 0;
    bool others_ahead = false;
    if (const auto* rival = moving_rival(t.p, s, t.now))
        others_ahead = rival->record.tip && *rival->record.tip > height;
    count(s.node.moving, !(height == s.node.last_checked_tip && others_ahead), t.p.fall, 1);
    s.node.last_checked_tip = height;
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
    n.dead = false;
    n.admin.refused_since.reset();
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
    auto& s = t.s;
    auto& n = s.node;
    auto& port = e.port == NodePort::kAdmin ? n.admin : n.probe;
    auto& other = e.port == NodePort::kAdmin ? n.probe : n.admin;
    switch (e.state) {
        case PortState::kLost:
            port.lost = t.now;
            // Both connections ending together is the end of the process, not of a connection.
            if (other.lost && t.now - *other.lost < 1s) {
                port.lost.reset();
                other.lost.reset();
                node_lost(t);
            }
            n.next_poll = t.now;
            return;
        case PortState::kConnected:
            port.refused_since.reset();
            return;
        case PortState::kUnreachable:
            return;
        case PortState::kRefused:
            break;
    }
    if (!port.refused_since) port.refused_since = t.now;
    port.last_refused = t.now;
    // SAFETY: S12. Refusals of both ports, seen again after the grace.
    const auto grace = t.p.refused_grace;
    const bool dead = n.admin.refused_since && n.probe.refused_since &&
                      n.admin.last_refused >= *n.admin.refused_since + grace &&
                      n.probe.last_refused >= *n.probe.refused_since + grace;
    if (dead && !n.dead) node_died(t);
}

void on_readiness(Turn& t, const ReadinessRead& e) {
    auto& n = t.s.node;
    if (!n.readiness.answers(e.op)) return;
    t.finished(n.readiness);
    count(n.ready, e.failure == NodeFailure::kNone && e.ready, t.p.fall, t.p.rise);
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
        if (n.tip_slot.failures >= t.p.fall)
            n.tip_exact = false;  // health comes from /metrics then
        return;
    }
    n.tip = e.height;
    n.tip_exact = true;
    n.tip_sent = sent;
    n.tip_at = t.now;
    n.tip_life = n.life;
    note_own_tip(t);
    count(n.fresh, e.age <= t.p.max_tip_age, t.p.fall, t.p.rise);
    judge_tip(t);
}

void on_metrics(Turn& t, const MetricsRead& e) {
    auto& s = t.s;
    auto& n = s.node;
    if (!n.metrics.answers(e.op)) return;
    t.finished(n.metrics);
    if (e.failure != NodeFailure::kNone) {
        if (!n.tip_exact) n.fresh.good = false;
        return;
    }
    n.target = e.target;
    const bool changed = !n.operator_address.empty() && !e.operator_address.empty() &&
                         n.operator_address != e.operator_address;
    if (!e.operator_address.empty()) n.operator_address = e.operator_address;
    if (changed && s.role == Role::kLeader) begin_draining(t, Cause::kOperatorChanged);
    const auto group = group_address(t.p, s);
    const bool differs =
        !group.empty() && !n.operator_address.empty() && group != n.operator_address;
    if (differs && !n.address_told) t.announce(Notice::kOperatorAddressDiffers, n.operator_address);
    n.address_told = differs;
    if ((t.p.web3 && n.tip_exact) || !e.height) return;
    n.tip = e.height;  // no exact tip to be had: health only, never a gate
    n.tip_exact = false;
    n.tip_at = t.now;
    note_own_tip(t);
    count(n.fresh, !tip_stands(t.p, s, t.now), 1, 1);
    judge_tip(t);
}

// SAFETY: S10. A deactivation never waits for anything; it goes on a connection of its own.
void drive_standby(Turn& t) {
    auto& s = t.s;
    auto& sb = s.standby;
    auto& n = s.node;
    if (!sb.wanted) return;
    if (n.dead) {
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
        n.next_metrics = t.now + t.p.metrics_interval;
        t.emit(ReadMetrics{t.start(n.metrics)});
    }
    if (!t.due(n.next_poll)) return;
    n.next_poll = t.now + t.p.poll_interval;
    t.due(n.next_poll);  // even if nothing is asked now: everything may be in flight
    const bool stalled = chain_stalled(t.p, t.s, t.now);
    if (stalled && !t.s.stalled_told) t.announce(Notice::kChainStalled);
    t.s.stalled_told = stalled;
    const bool driven = t.s.standby.wanted && !t.s.standby.confirmed && !n.dead && !t.p.observe;
    if (!n.query.busy() && !driven) t.emit(QueryStatus{t.start(n.query), false});
    if (!n.readiness.busy() && !n.metrics.busy()) t.emit(ReadReadiness{t.start(n.readiness)});
    if (t.p.web3 && !n.tip_slot.busy()) t.emit(ReadTip{t.start(n.tip_slot)});
}

}  // namespace elector::core
