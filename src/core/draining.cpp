// Letting go: standby confirmed, the tip read, the drained marker written; or, when standby cannot
// be confirmed, the unfenced marker.
#include "core/eligibility.hpp"
#include "core/turn.hpp"

namespace elector::core {

Instant overdue_at(const Turn& t) {
    const auto& sb = t.s.standby;
    // A node that only refuses is asked, not told; that must not strand the group in silence.
    const auto told = sb.first_false.value_or(t.s.draining.since);
    auto limit = told + unconfirmed_after(t.p);
    // One that hung before it was told has said nothing for some time already.
    if (t.s.role == Role::kDraining && t.s.draining.cause == Cause::kStatusHung)
        limit = std::max(t.s.node.status_sent + unconfirmed_after(t.p), told + 1s);
    // Standby answered, and only a late activation is being waited out: that is no failure yet.
    if (sb.seen_false && sb.hazard_until) limit = std::max(limit, *sb.hazard_until + 500ms);
    return limit;
}

namespace {

/// A guardian acts for a member that takes longer than any healthy node takes to fall silent; not
/// for one whose node is standby, and which only waits for etcd.
void tell_guardian(Turn& t) {
    auto& d = t.s.draining;
    const bool standby = t.s.standby.confirmed.has_value();
    if (!t.p.guardian || d.own_record || std::exchange(d.guardian_told, standby) == standby) return;
    t.emit(TellGuardianDraining{t.now + t.p.quiesce, standby});
}

bool cools_down(Cause cause) {
    return cause == Cause::kStatusHung || cause == Cause::kActivationFailed ||
           cause == Cause::kUnready || cause == Cause::kTipFrozen;
}

void cool_down(Turn& t) {
    const auto pause = health::cool_down(t.s.health, t.p, t.now);
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(pause);
    t.announce(Notice::kCoolingDown, std::to_string(whole.count()) + " s");
}

// SAFETY: S13, S14. No exemption by cause: what is not known exactly makes the gate time only.
Gate drained_gate(const Turn& t) {
    const auto& s = t.s;
    // It is silent. What may still be left over is of the one that was drained before it.
    if (s.standby.dead && !s.draining.own_record)
        return Gate{std::nullopt, std::max(t.p.overtime, s.holding.gate_open_at - t.now)};
    Gate gate{std::nullopt, t.p.settle};
    // A node that was started active may propose once more at the end of its start delay.
    if (s.node.barred_until) gate.wait = std::max(gate.wait, *s.node.barred_until - t.now);
    const bool exact = s.draining.exact && !s.draining.own_record && !s.draining.unfenced_written &&
                       !s.node.seen_active_alone && s.node.process.life == s.holding.node_life;
    if (!exact || !s.draining.tip) return gate;
    gate.tip = std::max(*s.draining.tip, s.holding.gate_tip.value_or(Height{}));
    return gate;
}

HolderRecord closing_record(const Turn& t, HolderRecord::State state) {
    auto record = *t.s.holding.record.record;  // keeps term, nonce, instance and foreign keys
    record.state = state;
    const auto from = t.s.draining.own_record ? Role::kFollower : Role::kLeader;
    record.reason = find_transition(from, Role::kDraining, t.s.draining.cause)->code;
    return record;
}

void write_marker(Turn& t) {
    auto& s = t.s;
    auto& d = s.draining;
    auto record = closing_record(t, HolderRecord::State::kDrained);
    record.gate = drained_gate(t);
    HistoryEntry history{s.holding.term,
                         t.p.member,
                         record.reason,
                         d.since - s.holding.claimed_at,
                         *s.standby.confirmed - d.since,
                         t.now - *s.standby.confirmed};
    s.candidacy.record_op = RecordOp::kDrain;
    t.emit(
        Drain{t.start(s.candidacy.record_slot), s.holding.record, record, s.holding.key, history});
}

/// True once the tip for the gate is known, or known not to be had.
bool tip_settled(Turn& t) {
    auto& s = t.s;
    auto& d = s.draining;
    const bool wanted = t.p.web3 && !s.standby.dead && !d.own_record && !d.unfenced_written &&
                        !s.node.seen_active_alone && s.node.process.life == s.holding.node_life;
    if (!wanted || d.tip_done) return true;
    // SAFETY: S13: a leftover is for the tip as of at most 100 ms after the confirmation, plus one.
    if (!t.due(*s.standby.confirmed + 200ms)) return false;
    const bool retry = d.tip_asked && !s.node.tip_slot.busy();
    if (retry) return d.tip_done = true;  // the answer belonged to an earlier drive
    if (!s.node.tip_slot.busy()) {
        d.tip_asked = true;
        t.emit(ReadTip{t.start(s.node.tip_slot)});
    } else if (!d.tip_asked && t.due(s.node.tip_slot.sent + 1s)) {
        return d.tip_done = true;  // an older query hangs: time only
    }
    return false;
}

void end_draining(Turn& t, Cause cause) {
    auto& s = t.s;
    if (t.p.guardian) t.emit(DisarmGuardian{});
    s.holding = Holding{};
    s.candidacy.claim = HolderRecord{};
    t.want_read();
    become(t, Role::kFollower, cause);
}

/// SAFETY: S15, S27. Written while the key still guards it, before any fence is tried.
void drive_unfenced(Turn& t) {
    auto& s = t.s;
    auto& d = s.draining;
    if (!t.due(overdue_at(t))) return;
    if (!std::exchange(d.unfenced_told, true)) t.announce(Notice::kUnfenced);
    const auto record = closing_record(t, HolderRecord::State::kUnfenced);
    fencing::climb(d.fence, t, d.unfenced_written, record);
    auto& slot = s.candidacy.record_slot;
    if (d.unfenced_written || !t.ready(slot)) return;
    s.candidacy.record_op = RecordOp::kUnfenced;
    t.emit(MarkUnfenced{t.start(slot), s.holding.record, record});
}

/// The record is not what we wrote. True: it still is our holding, under another revision.
bool adopt_changed_record(Turn& t, const StoredRecord& found) {
    auto& h = t.s.holding;
    if (!found.record || found.record->term != h.term ||
        found.record->nonce != h.record.record->nonce)
        return false;
    h.record = found;
    return true;
}

}  // namespace

void begin_draining(Turn& t, Cause cause) {
    auto& s = t.s;
    if (s.role != Role::kLeader) return;
    s.draining = Draining{};
    s.draining.cause = cause;
    s.draining.since = t.now;
    s.draining.exact = t.p.web3;
    want_standby(t, true);
    s.standby.explained = s.holding.ever_sent || cause == Cause::kFoundActive;
    s.node.query.op = {};  // an older query may hang; its answer says nothing about this drive
    s.node.query.retry = t.now;
    if (cools_down(cause)) cool_down(t);
    tell_guardian(t);
    become(t, Role::kDraining, cause);
}

void drive_draining(Turn& t) {
    auto& s = t.s;
    if (s.role != Role::kDraining) return;
    tell_guardian(t);
    if (!s.standby.confirmed) return drive_unfenced(t);
    // An older elector becomes head the moment our key goes, and activates at once.
    const bool alone = knowledge::sees_every_key(s.known) && !any_foreign(s.known.view);
    if (!tip_settled(t)) return;
    if (!s.holding.key.empty() && !alone && !t.due(*s.standby.confirmed + t.p.settle)) return;
    auto& slot = s.candidacy.record_slot;
    if (!slot.busy() && slot.failures >= 3 && !s.draining.owed_told) {
        s.draining.owed_told = true;
        t.announce(Notice::kMarkerOwed);
    }
    if (t.ready(slot)) write_marker(t);
}

void on_drained(Turn& t, const RecordAnswered& e) {
    auto& s = t.s;
    if (s.role != Role::kDraining) return;
    if (e.outcome == StoreOutcome::kDone) {
        t.announce(Notice::kMarkerWritten);
        s.session.create = {};
        return end_draining(t, Cause::kDrained);
    }
    if (e.outcome != StoreOutcome::kGuardFailed) return;
    if (adopt_changed_record(t, e.holder)) {
        if (e.holder.record->state != HolderRecord::State::kDrained) return;  // tried again
        t.announce(Notice::kMarkerWritten);
        // An earlier attempt has written it, or an operator who vouched and left our key.
        s.session.replace = s.session.replace || s.holding.key == s.session.key;
        return end_draining(t, Cause::kDrained);
    }
    // The record is another's; standby is confirmed. The lease goes, and the old key with it.
    s.session.replace = s.session.replace || s.holding.key == s.session.key;
    end_draining(t, Cause::kRecordTaken);
}

void on_unfenced(Turn& t, const RecordAnswered& e) {
    auto& s = t.s;
    if (s.role != Role::kDraining) return;
    if (e.outcome == StoreOutcome::kDone) {
        s.draining.unfenced_written = true;
        s.holding.record = e.holder;
        return;
    }
    if (e.outcome != StoreOutcome::kGuardFailed) return;
    if (!adopt_changed_record(t, e.holder)) {
        s.draining.unfenced_written =
            true;  // not ours any more: nothing to guard, standby still wanted
        s.draining.exact = false;
    } else if (e.holder.record->state == HolderRecord::State::kUnfenced) {
        s.draining.unfenced_written = true;
    }
}

}  // namespace elector::core
