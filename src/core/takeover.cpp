#include "core/takeover.hpp"

#include "core/turn.hpp"
#include "model/queue.hpp"
#include "model/waits.hpp"

namespace elector::core {
namespace {

/// Our own node's exact tip, read in its present life.
std::optional<Height> exact_tip(const State& s) {
    if (!s.health.tip_exact || s.node.tip_life != s.node.process.life) return std::nullopt;
    return s.health.tip;
}

Judgement wait_until(Blocker because, Instant at, Instant now) {
    return Judgement{now >= at, because, at, std::nullopt};
}

// SAFETY: S6. Counted from when *we* learned that the holder's candidate key is gone: no
// confirmation can succeed after the deletion.
Judgement judge_active(const Policy& p, const State& s, const HolderRecord& r, Instant now) {
    const auto& k = s.known;
    if (!k.key_gone_since) return Judgement{false, Blocker::kHeld, kNever, std::nullopt};
    const auto since = std::max(*k.key_gone_since, k.record_learned);
    return wait_until(Blocker::kDirtyWait, since + stretched(p, full_wait(p, r)), now);
}

// SAFETY: S5, S7. A marker counts only when this process saw it come, or has watched the store long
// enough.
Judgement judge_drained(const Policy& p, const State& s, const HolderRecord& r, Instant now) {
    const auto& k = s.known;
    const auto observed = k.observed_since + unknown_wait(p);
    if (!k.record_watched && now < observed)
        return wait_until(Blocker::kRecordUnknown, observed, now);
    const auto by_time = k.record_learned + stretched(p, r.gate.wait);
    if (!r.gate.tip) return wait_until(Blocker::kGateTime, by_time, now);
    const auto tip = exact_tip(s);
    const bool above = tip && *tip > *r.gate.tip;
    return Judgement{above || now >= by_time, Blocker::kGateHeight, by_time, r.gate.tip};
}

}  // namespace

Judgement judge_record(const Policy& p, const State& s, Instant now) {
    const auto& k = s.known;
    if (!k.read || !k.missing.empty())
        return Judgement{false, Blocker::kRecordUnread, kNever, std::nullopt};
    const auto& record = k.view.holder.record;
    // SAFETY: S8. After a step back nothing that the store says counts, not even a marker that was
    // seen to come: it may be owed by an earlier holder than the one that the store forgot.
    const auto observed = k.observed_since + unknown_wait(p);
    if (k.set_back && now < observed) return wait_until(Blocker::kRecordUnknown, observed, now);
    if (!record) {
        // Absence has no revision: a claim may have come and gone unseen. But only a head can have
        // made it, so that its key went before ours became the head.
        const auto since = std::max({k.observed_since, k.record_learned, k.headed_since});
        return wait_until(Blocker::kRecordUnknown, since + unknown_wait(p), now);
    }
    if (!record->foreign.empty()) return Judgement{false, Blocker::kForeign, kNever, std::nullopt};
    const bool mine = record->instance == p.instance;
    switch (record->state) {
        case HolderRecord::State::kDrained:
            return judge_drained(p, s, *record, now);
        case HolderRecord::State::kUnfenced:
            return Judgement{false, mine ? Blocker::kOwnRecord : Blocker::kUnfenced, kNever,
                             std::nullopt};
        case HolderRecord::State::kActive:
            break;
    }
    if (mine) return Judgement{false, Blocker::kOwnRecord, kNever, std::nullopt};
    return judge_active(p, s, *record, now);
}

bool is_own_leftover(const Policy& p, const State& s) {
    const auto& record = s.known.view.holder.record;
    if (!s.known.read || !record || !same_key(record->instance, p.instance)) return false;
    if (record->state == HolderRecord::State::kDrained) return false;
    return !(s.holding.held() && s.holding.term == record->term);
}

/// Queued, and not the head: then nothing that the record says matters.
bool behind(const State& s) {
    return s.session.create != Revision{} && !is_head(s.known.view, s.session.create);
}

Blockers blocked_because(const Policy& p, const State& s, Instant now) {
    auto b = unfit_because(p, s, now);
    if (!s.session.registered) b.add(Blocker::kNotRegistered);
    if (s.session.create == Revision{}) b.add(Blocker::kNotQueued);
    if (behind(s)) b.add(Blocker::kNotHead);
    if (s.known.view.pause) b.add(Blocker::kPaused);
    const auto judgement = judge_record(p, s, now);
    if (!judgement.open) b.add(judgement.because);
    return b;
}

namespace {

/// The last whole read and, for a height gate, the last tip were asked for after `since`.
bool checked_since(const State& s, Instant since, bool by_height) {
    if (s.known.read_sent < since || s.known.read_slot.busy()) return false;
    return !by_height || (s.node.tip_sent >= since && s.health.tip_exact);
}

void send_claim(Turn& t, const Judgement& judgement) {
    auto& c = t.s.candidacy;
    const auto& ses = t.s.session;
    // A new nonce each time: an earlier attempt of unknown outcome that commits late is then told
    // apart from this one and drained, never adopted with the wrong send time.
    c.claim = HolderRecord{};
    c.claim.term = ses.create;
    c.claim.member = t.p.member;
    c.claim.instance = t.p.instance;
    c.claim.nonce = Nonce{t.random() | 1};
    c.claim.hold = t.p.hold;
    c.claim.quiesce = t.p.quiesce;
    c.claim.gate.wait = t.p.settle;
    c.claim.reason = "claimed";
    c.claim_sent = t.now;
    auto& h = t.s.holding;
    h.gate_tip = judgement.over;
    h.gate_open_at = judgement.over ? judgement.at : t.now;
    c.checking = false;
    c.record_op = RecordOp::kClaim;
    t.emit(Claim{t.start(c.record_slot), ses.key, ses.create, t.s.known.view.holder, c.claim});
}

}  // namespace

void drive_takeover(Turn& t) {
    auto& s = t.s;
    if (s.role != Role::kCandidate || s.shutting_down) return;
    s.candidacy.checking = s.candidacy.checking && !behind(s);
    if (behind(s)) return;
    const auto judgement = judge_record(t.p, s, t.now);
    const auto blocked = blocked_because(t.p, s, t.now);
    if (!blocked.none()) {
        s.candidacy.checking = false;
        t.due(judgement.at);
        // REQUIRES: one block after the marker is noticed at once, not at the next poll.
        const bool near_gate = judgement.over && !judgement.open;
        if (near_gate && t.p.web3 && t.ready(s.node.tip_slot) &&
            t.due(s.node.tip_slot.sent + 100ms)) {
            t.emit(ReadTip{t.start(s.node.tip_slot)});
        }
        return;
    }
    if (s.candidacy.record_slot.busy() || s.session.releasing ||
        !t.due(s.candidacy.record_slot.retry))
        return;
    const bool by_height = judgement.over && t.now < judgement.at;
    if (!s.candidacy.checking) {
        s.candidacy.checking = true;
        s.candidacy.check_started = t.now;
    }
    if (checked_since(s, s.candidacy.check_started, by_height)) return send_claim(t, judgement);
    if (s.known.read_sent < s.candidacy.check_started && t.ready(s.known.read_slot)) t.want_read();
    if (by_height && s.node.tip_sent < s.candidacy.check_started && t.ready(s.node.tip_slot)) {
        t.emit(ReadTip{t.start(s.node.tip_slot)});
    }
}

}  // namespace elector::core
