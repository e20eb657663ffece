// The queue: joining, leaving, giving way, and clearing away heads that do nothing or are not ours.
#include <algorithm>

#include "core/takeover.hpp"
#include "core/turn.hpp"
#include "model/queue.hpp"
#include "model/waits.hpp"

namespace elector::core {
namespace {

/// Not more often than rank_settle.
bool may_requeue(const Turn& t) {
    const auto& c = t.s.candidacy;
    return !c.requeued_ever || t.now - c.last_requeue >= t.p.rank_settle;
}

std::optional<Cause> leave_because(const Turn& t) {
    if (!unfit_because(t.p, t.s, t.now).none()) return Cause::kNotEligible;
    const auto& view = t.s.known.view;
    const auto create = t.s.session.create;
    if (taken_for_foreign(view, create)) return Cause::kForeignCandidacy;
    if (is_head(view, create)) return std::nullopt;
    if (in_the_way(view, create, t.p.member)) return Cause::kSwitchoverAhead;
    const Rank rank{t.p.priority, t.s.health.lag_bucket};
    if (may_requeue(t) && outranked(view, create, rank)) return Cause::kOutranked;
    return std::nullopt;
}

void leave(Turn& t, Cause cause) {
    auto& s = t.s;
    if (s.session.releasing || !t.ready(s.session.member_slot)) return;
    if (cause == Cause::kOutranked) {
        s.candidacy.last_requeue = t.now;
        s.candidacy.requeued_ever = true;
    }
    s.candidacy.release_cause = cause;
    session::release(s.session, t, own_record(t));
}

void join(Turn& t) {
    auto& s = t.s;
    const bool may =
        s.session.registered && !s.session.revoking && !s.session.replace && s.known.read;
    if (s.session.create != Revision{}) return;
    if (!may || !unfit_because(t.p, s, t.now).none() || !t.ready(s.session.member_slot)) return;
    if (is_own_leftover(t.p, s)) return;
    session::queue(s.session, t, own_record(t));
}

/// A head that could claim but does not, for longer than any wait it might have to observe.
void depose_idle_head(Turn& t) {
    auto& s = t.s;
    const auto& k = s.known;
    if (!k.read || k.view.queue.empty() || k.view.pause || s.candidacy.record_slot.busy()) return;
    const auto& head = k.view.queue.front();
    const auto& record = k.view.holder.record;
    if (head.create == s.session.create || is_foreign(k.view, head)) return;
    if (record) {
        const bool never =
            record->state == HolderRecord::State::kUnfenced || !record->foreign.empty();
        if (never || record->term == head.create) return;
    }
    if (!t.due(std::max(k.head_since, k.record_learned) + longest_wait(t.p, record) + 5s)) return;
    if (!t.ready(s.candidacy.record_slot)) return;
    t.announce(Notice::kDeposed, head.value);
    s.candidacy.record_op = RecordOp::kDepose;
    s.candidacy.deposing = head.create;
    t.emit(Depose{t.start(s.candidacy.record_slot), head.key, head.create, k.view.holder});
}

void relax_when_stranded(Turn& t) {
    auto& s = t.s;
    const auto& view = s.known.view;
    const auto& record = view.holder.record;
    const bool held =
        record && record->state == HolderRecord::State::kActive && !surely_gone(view, record->term);
    if (held) return health::stop_relaxing(s.health);
    const bool anybody = std::any_of(view.members.begin(), view.members.end(),
                                     [](const MemberEntry& m) { return m.record.eligible; });
    if (!s.known.read || !s.session.registered || anybody) {
        // An eligible member may be one only by what was dropped for it.
        if (s.health.relaxing.dropped == 0) health::stop_relaxing(s.health);
        return;
    }
    if (const auto dropped = health::relax(s.health, t.p, t.now))
        t.announce(Notice::kRelaxed, std::string(*dropped));
    t.due(health::relaxes_at(s.health, t.p));
}

void tell_waiting(Turn& t) {
    auto& s = t.s;
    const bool head = is_head(s.known.view, s.session.create);
    const auto blocked = head ? blocked_because(t.p, s, t.now) : Blockers{};
    if (blocked.none()) {
        s.told_blockers = 0;
        return;
    }
    // A countdown: again every ten seconds.
    if (blocked.bits() == s.told_blockers && !t.due(s.told_at + 10s)) return;
    s.told_at = t.now;
    s.told_blockers = blocked.bits();
    const auto judgement = judge_record(t.p, s, t.now);
    auto detail = codes(blocked);
    if (!judgement.open && judgement.at != kNever) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(judgement.at - t.now);
        detail += " for " + std::to_string(left.count()) + " ms at most";
    }
    t.announce(Notice::kWaiting, detail);
}

/// SAFETY: S9. Only the member that the key named clears it: it has verified its own node since the
/// key went, and the full wait starts at the clearing (an active record counts from its own
/// revision).
void clear_foreign(Turn& t, const HolderRecord& record) {
    auto& s = t.s;
    const auto& view = s.known.view;
    const auto gone =
        std::find_if(record.foreign.begin(), record.foreign.end(), [&](const ForeignKey& f) {
            return f.value == t.p.member && knowledge::key_gone(t.s.known, f.key, f.create);
        });
    if (!view.holder.record || gone == record.foreign.end())
        return s.candidacy.foreign_gone_since.reset();
    if (!s.candidacy.foreign_gone_since) s.candidacy.foreign_gone_since = t.now;
    if (!standby_certain(s) || s.node.status_sent <= *s.candidacy.foreign_gone_since) return;
    if (!t.ready(s.candidacy.record_slot)) return;
    s.candidacy.record_op = RecordOp::kForeign;
    t.announce(Notice::kForeignCleared, gone->key);
    const auto op = t.start(s.candidacy.record_slot);
    t.emit(ClearForeign{op, view.holder, *gone, without_foreign(t.p, record, *gone)});
}

}  // namespace

void drive_candidacy(Turn& t) {
    auto& s = t.s;
    if (s.role == Role::kLeader || s.role == Role::kDraining) return depose_idle_head(t);
    if (s.shutting_down) return;
    relax_when_stranded(t);
    t.due(unfit_changes_at(t.p, s, t.now));
    // SAFETY: S16. A key that has claimed never claims again: its lease is being replaced.
    const bool queued = s.session.create != Revision{} && !s.session.replace;
    if (s.role == Role::kFollower && queued) become(t, Role::kCandidate, Cause::kQueued);
    if (s.role == Role::kCandidate && !queued && !s.session.releasing)
        become(t, Role::kFollower, Cause::kCandidacyLost);
    if (s.role == Role::kFollower) join(t);
    const bool claiming =
        s.candidacy.record_slot.busy() && s.candidacy.record_op == RecordOp::kClaim;
    if (s.role == Role::kCandidate && !claiming) {
        if (const auto cause = leave_because(t)) leave(t, *cause);
        tell_waiting(t);
    }
    depose_idle_head(t);
}

// A key at the head that is neither the record's term nor named by a member, seen in one whole
// read.
void drive_foreign(Turn& t) {
    auto& s = t.s;
    auto& k = s.known;
    const bool any = k.read && any_foreign(k.view);
    if (any && s.role != Role::kDraining && k.view.revision > k.read_revision) {
        if (!k.read_slot.busy()) t.want_read();
        return;
    }
    if (any && !s.candidacy.foreign_announced) t.announce(Notice::kForeignSeen, "in the queue");
    s.candidacy.foreign_announced = any;
    auto& slot = s.candidacy.record_slot;
    if (!k.read || s.role == Role::kLeader || s.role == Role::kDraining || slot.busy()) return;
    const auto& holder = k.view.holder;
    if (!any && (!holder.record || holder.record->foreign.empty()))
        return s.candidacy.foreign_gone_since.reset();
    HolderRecord record;
    record.hold = t.p.max_hold;
    record.quiesce = t.p.quiesce;
    record.gate.wait = t.p.settle;
    record.reason = "foreign";
    if (holder.record) record = *holder.record;
    auto& foreign = record.foreign;
    if (any && is_foreign(k.view, k.view.queue.front()) && !lists(foreign, k.view.queue.front())) {
        if (!t.ready(slot)) return;
        const auto& head = k.view.queue.front();
        const ForeignKey entry{head.key, head.create, head.value};
        std::erase_if(foreign, [&](const ForeignKey& f) { return f.value == entry.value; });
        foreign.push_back(entry);
        s.candidacy.record_op = RecordOp::kForeign;
        t.announce(Notice::kForeignRecorded, head.value);
        t.emit(RecordForeign{t.start(slot), holder, entry, record});
        return;
    }
    clear_foreign(t, record);
}

}  // namespace elector::core
