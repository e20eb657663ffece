// The leader: confirming the holding, ending it in time, activating the node once, and giving up.
#include "core/eligibility.hpp"
#include "core/takeover.hpp"
#include "core/turn.hpp"

namespace elector::core {
namespace {

void begin_holding(Turn& t, const StoredRecord& stored) {
    auto& s = t.s;
    auto& h = s.holding;
    const auto gate_tip = h.gate_tip;
    const auto gate_open_at = h.gate_open_at;
    h = Holding{};
    h.gate_tip = gate_tip;
    h.gate_open_at = gate_open_at;
    h.term = s.session.create;
    h.record = stored;
    h.key = s.session.key;
    h.hold = s.candidacy.claim.hold;  // of the record, whatever a reload says since
    h.renew = std::min(t.p.renew, h.hold / 3);
    h.claimed_at = t.now;
    h.valid_until = s.candidacy.claim_sent + shrunk(t.p, h.hold);  // SAFETY: S3
    h.next_confirm = due_again(t.p, s.candidacy.claim_sent, h.renew);
    h.node_life = s.node.process.life;
    s.candidacy.claim = HolderRecord{};
    s.standby.wanted = false;
    s.staying_told = false;
    become(t, Role::kLeader, Cause::kClaimed);
}

void on_confirm(Turn& t, const RecordAnswered& e) {
    auto& s = t.s;
    auto& h = s.holding;
    const auto sent = h.confirm.sent;
    if (e.outcome == StoreOutcome::kDone || e.outcome == StoreOutcome::kGuardFailed) {
        t.finished(h.confirm);
    } else {
        t.failed(h.confirm);
    }
    if (s.role != Role::kLeader) return;  // SAFETY: S4: draining ends the holding
    if (e.outcome == StoreOutcome::kGuardFailed)
        return begin_draining(t, Cause::kConfirmationRefused);
    if (e.outcome != StoreOutcome::kDone) return;
    h.valid_until = std::max(h.valid_until, sent + shrunk(t.p, h.hold));  // SAFETY: S3
    h.next_confirm = due_again(t.p, sent, h.renew);
}

void on_claim(Turn& t, const RecordAnswered& e) {
    auto& s = t.s;
    t.want_read();
    const bool still_mine =
        s.role == Role::kCandidate && s.session.create == s.candidacy.claim.term;
    if (e.outcome == StoreOutcome::kDone && still_mine) return begin_holding(t, e.holder);
    // Unknown: the record is read back, see drive_own_record.
    if (e.outcome == StoreOutcome::kGuardFailed) s.candidacy.claim = HolderRecord{};
}

bool gate_still_open(const Turn& t) {
    const auto& h = t.s.holding;
    const auto& n = t.s.node;
    if (!h.gate_tip || t.now >= h.gate_open_at) return true;
    const auto& tip = t.s.health.tip;
    return tip && t.s.health.tip_exact && n.tip_life == h.node_life && n.tip_sent >= h.claimed_at &&
           *tip > *h.gate_tip;
}

/// Reads what the activation still needs; true when all of it is there.
bool activation_ready(Turn& t) {
    auto& s = t.s;
    auto& h = s.holding;
    auto& n = s.node;
    if (t.p.guardian && h.armed_until - t.now <= 3 * t.p.margin) return false;
    const bool open = gate_still_open(t);
    const bool first_read = n.tip_sent < h.claimed_at;
    if (!open && t.ready(n.tip_slot) && (first_read || t.due(n.tip_slot.sent + 100ms)))
        t.emit(ReadTip{t.start(n.tip_slot)});
    if (!open) t.due(h.gate_open_at);
    const bool sets_settled = !n.set.busy() && t.due(n.unanswered_until.value_or(t.now));
    const bool fresh = n.status_sent >= h.claimed_at && n.activity == NodeActivity::kStandby &&
                       t.now - n.status_at <= 100ms;
    // Asked beside the tip at first; again only when nothing else is missing.
    const bool ask = n.status_sent < h.claimed_at || (open && sets_settled);
    if (!fresh && ask && t.ready(n.query)) t.emit(QueryStatus{t.start(n.query), false});
    return open && sets_settled && fresh && !n.query.busy();
}

/// The order speaks to this holding: hand over once the target is next, or say why not.
void obey_switchover(Turn& t) {
    auto& s = t.s;
    const auto& view = s.known.view;
    const auto& order = view.switchover;
    if (!order || order->term != s.holding.term || order->to == t.p.member) return;
    if (order->mod == s.refused_order || !knowledge::would_show(s.known, t.p, order->to)) return;
    const auto* next = view.queue.size() > 1 ? owner_of(view, view.queue[1].key) : nullptr;
    const auto* target = order->to.empty() ? next : find_member(view, order->to);
    const bool paused = view.pause.has_value();
    const bool fit = !paused && target && target->record.eligible &&
                     find_key(view, target->record.candidate_key);
    if (!fit) {
        s.refused_order = order->mod;
        const auto whom = order->to.empty() ? std::string("the next member") : order->to;
        return t.announce(Notice::kSwitchoverRefused,
                          paused    ? "the election is paused"
                          : !target ? whom + " is not there"
                                    : whom + " is not eligible: " + target->record.blocked_by);
    }
    if (next == target) begin_draining(t, Cause::kSwitchover);
}

}  // namespace

void on_record(Turn& t, const RecordAnswered& e) {
    auto& s = t.s;
    if (s.holding.confirm.answers(e.op)) return on_confirm(t, e);
    auto& slot = s.candidacy.record_slot;
    if (!slot.answers(e.op)) return;
    const auto kind = s.candidacy.record_op;
    const bool done = e.outcome == StoreOutcome::kDone;
    const bool definite = done || e.outcome == StoreOutcome::kGuardFailed;
    definite ? t.finished(slot) : t.failed(slot);
    if (kind == RecordOp::kDepose) {
        slot.retry = t.now + 100ms;
        if (done) learn_own_write(t, Revision{}, s.candidacy.deposing);
        return t.want_read();
    }
    if (done)
        learn_own_write(t, e.holder.mod, kind == RecordOp::kDrain ? s.holding.term : Revision{});
    if (definite) learn_holder(t, e.holder);
    if (kind == RecordOp::kClaim) return on_claim(t, e);
    if (kind == RecordOp::kDrain) return on_drained(t, e);
    if (kind == RecordOp::kUnfenced) return on_unfenced(t, e);
    slot.retry = std::max(slot.retry, t.now + 100ms);  // a refused one is judged again first
    t.want_read();
}

void on_armed(Turn& t, const GuardianArmed& e) {
    auto& h = t.s.holding;
    if (!h.arm.answers(e.op)) return;
    t.finished(h.arm);
    h.armed_until = h.arm_asked;
}

// SAFETY: S2. The first thing every step does: a holding that nears its end is over.
void guard_holding(Turn& t) {
    auto& s = t.s;
    if (s.role != Role::kLeader) return;
    const auto& h = s.holding;
    if (t.due(h.valid_until - 2 * t.p.margin)) return begin_draining(t, Cause::kHoldingEnding);
    if (s.guardian_lost) return begin_draining(t, Cause::kGuardianLost);
    const auto& view = s.known.view;
    if (view.revision < h.record.mod) return;
    if (view.holder.mod != h.record.mod || surely_gone(view, h.term))
        begin_draining(t, Cause::kConfirmationRefused);
}

void judge_leader(Turn& t) {
    auto& s = t.s;
    if (s.role != Role::kLeader) return;
    auto& n = s.node;
    if (s.shutting_down) return begin_draining(t, Cause::kShutdown);
    // A query may block while the node changes; else one that hangs for a block is not normal.
    const bool changes = s.holding.activation != Activation::kVerified;
    const auto hung = changes ? unconfirmed_after(t.p) : t.p.block_interval;
    if (n.query.busy() && t.due(n.query.sent + hung)) {
        t.failed(n.query);  // the next one goes on a connection of its own
        return begin_draining(t, Cause::kStatusHung);
    }
    if (s.holding.activation == Activation::kNone && n.status_failures >= t.p.fall)
        return begin_draining(t, Cause::kActivationFailed);
    const auto may_activate = std::max(s.holding.claimed_at, s.holding.gate_open_at);
    if (s.holding.activation == Activation::kNone && t.due(may_activate + late_set(t.p)))
        return begin_draining(t, Cause::kActivationFailed);
    if (s.holding.activation == Activation::kAnswered &&
        t.due(s.holding.activation_sent + late_set(t.p)))
        return begin_draining(t, Cause::kActivationFailed);
    obey_switchover(t);
    if (s.role != Role::kLeader) return;
    const bool ready = s.health.ready.good;
    const bool frozen = health::frozen(s.health);
    const bool bad = !ready || frozen;
    if (!bad) {
        s.staying_told = false;
        return;
    }
    if (health::moving_rival(s.health, t.p, s.known.view, t.now))
        return begin_draining(t, ready ? Cause::kTipFrozen : Cause::kUnready);
    if (s.staying_told) return;
    s.staying_told = true;
    t.announce(Notice::kStayingAlone, frozen ? "tip frozen" : "not ready");
}

void drive_confirm(Turn& t) {
    auto& s = t.s;
    auto& h = s.holding;
    if (s.role != Role::kLeader) return;
    if (t.p.guardian && !h.arm.busy() && h.arm_asked < h.valid_until) {
        h.arm_asked = h.valid_until;
        t.emit(ArmGuardian{t.start(h.arm), h.valid_until, h.term, h.record.record->nonce,
                           s.session.lease, h.key, h.record, h.gate_open_at});
    }
    if (h.confirm.busy() || !t.due(std::max(h.next_confirm, h.confirm.retry))) return;
    h.next_confirm = due_again(t.p, t.now, h.renew);
    t.emit(Confirm{t.start(h.confirm), h.key, h.term, h.record.mod});
}

void drive_own_record(Turn& t) {
    auto& s = t.s;
    if (s.role != Role::kFollower && s.role != Role::kCandidate) return;
    if (!is_own_leftover(t.p, s) || s.candidacy.record_slot.busy()) return;
    const auto& holder = s.known.view.holder;
    const auto& claim = s.candidacy.claim;
    const bool read_back = claim.nonce != Nonce{} && holder.record->nonce == claim.nonce;
    const bool still_queued = s.role == Role::kCandidate &&
                              holder.record->term == s.session.create &&
                              find_created(s.known.view, s.session.create);
    const bool in_time = t.now < s.candidacy.claim_sent + shrunk(t.p, claim.hold) - 2 * t.p.margin;
    if (read_back && still_queued && in_time) return begin_holding(t, holder);
    // Everybody waits for this node already, or has to be told to: the ladder.
    const bool unfenced = holder.record->state == HolderRecord::State::kUnfenced;
    const bool overdue = s.standby.first_false && !s.standby.confirmed && t.due(overdue_at(t));
    if (!unfenced && !overdue && !s.standby.dead && !standby_certain(s)) return;
    auto& h = s.holding;
    h = Holding{};
    h.term = holder.record->term;
    h.record = holder;
    const auto* key = find_created(s.known.view, h.term);
    if (key) h.key = key->key;
    h.claimed_at = t.now;
    const auto run = s.draining.fence;
    s.draining = Draining{};
    if (run.slot.busy()) s.draining.fence = run;
    s.draining.own_record = true;
    s.draining.unfenced_written = s.draining.unfenced_told = unfenced;
    s.draining.since = t.now;
    s.draining.cause = Cause::kOwnRecord;
    become(t, Role::kDraining, Cause::kOwnRecord);
}

// SAFETY: S1. The only place from which an activation leaves.
void drive_activation(Turn& t) {
    auto& s = t.s;
    auto& h = s.holding;
    auto& n = s.node;
    if (s.role != Role::kLeader || h.activation == Activation::kVerified) return;
    if (h.activation != Activation::kNone) {
        const bool again = h.activation == Activation::kAnswered && t.ready(n.query);
        if (again && t.due(n.query.sent + 20ms)) t.emit(QueryStatus{t.start(n.query), false});
        return;
    }
    const auto not_after = h.valid_until - 3 * t.p.margin;
    if (t.now >= not_after || n.process.life != h.node_life || !t.ready(n.activation)) return;
    if (!activation_ready(t)) return;
    h.activation = Activation::kSent;
    h.activation_sent = t.now;
    h.ever_sent = true;
    t.emit(Activate{t.start(n.activation), n.connection, not_after});
    t.announce(Notice::kActivationSent);
}

}  // namespace elector::core
