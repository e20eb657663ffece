// How this member's knowledge of the store grows: whole reads, watch batches, and what follows from
// them.
#include "core/eligibility.hpp"
#include "core/takeover.hpp"
#include "core/turn.hpp"

namespace elector::core {
namespace {

// SAFETY: S8. Compared with what had been seen when the read was *sent*: answers may overtake each
// other.
bool gone_back(const Knowledge& k, const ElectionView& view) {
    if (!k.read) return false;
    return view.cluster_id != k.view.cluster_id || view.revision < k.floor_revision ||
           view.raft_term < k.floor_raft_term ||
           (view.holder.mod != Revision{} && view.holder.mod < k.floor_holder_mod);
}

void forget_everything(Turn& t) {
    auto& k = t.s.known;
    k.view = ElectionView{};
    k.seen_revision = {};
    k.seen_raft_term = 0;
    k.seen_holder_mod = {};
    k.own_writes = {};
    k.record_mod = {};
    k.record_watched = false;
    k.record_learned = t.now;
    k.key_gone_since.reset();
    k.observed_since = t.now;
    k.head = {};
    k.missing.clear();
    // Nothing of ours is known to be there any more.
    t.s.candidacy.create = {};
    t.s.session.registered = false;
    t.s.session.member_mod = {};
    t.s.session.published.reset();
}

void set_back(Turn& t) {
    t.announce(Notice::kStoreSetBack);
    forget_everything(t);
    t.s.known.set_back = true;
    if (t.s.role == Role::kLeader) begin_draining(t, Cause::kStoreSetBack);
}

void learn_record(Turn& t, bool first) {
    auto& k = t.s.known;
    const auto& holder = k.view.holder;
    if (first || holder.mod != k.record_mod) {
        k.record_watched = !first;
        k.record_mod = holder.mod;
        k.record_learned = t.now;
        k.key_gone_since.reset();
    }
    k.seen_holder_mod = std::max(k.seen_holder_mod, holder.mod);
    const bool present = holder.record && find_created(k.view, holder.record->term);
    if (present) {
        k.key_gone_since.reset();
    } else if (!k.key_gone_since) {
        k.key_gone_since = t.now;
    }
}

void learn_head(Turn& t) {
    auto& k = t.s.known;
    const auto head = k.view.queue.empty() ? Revision{} : k.view.queue.front().create;
    const bool paused = k.view.pause.has_value() || k.was_paused;  // nobody can claim in a pause
    k.was_paused = k.view.pause.has_value();
    if (head != k.head) k.headed_since = t.now;
    if (head == k.head && k.record_learned <= k.head_since && !paused) return;
    k.head = head;
    k.head_since = t.now;
}

/// The store is right about what is ours: key and member record.
void learn_own(Turn& t) {
    auto& s = t.s;
    const auto& view = s.known.view;
    if (view.revision < s.known.own_writes) return;
    if (s.session.lease != LeaseId{}) {
        const auto* mine = find_key(view, s.candidacy.key);
        s.candidacy.create = mine ? mine->create : Revision{};
    }
    if (!s.session.registered) return;
    const auto* entry = find_member(view, t.p.member);
    if (entry && entry->record.instance == t.p.instance) {
        s.session.member_mod = entry->mod;
    } else {
        s.session.registered = false;  // deleted, or taken: register again
        s.session.published.reset();
    }
}

void learn(Turn& t, bool first) {
    auto& k = t.s.known;
    k.seen_revision = std::max(k.seen_revision, k.view.revision);
    k.seen_raft_term = std::max(k.seen_raft_term, k.view.raft_term);
    if (k.roll_call != k.view.roll_call) {
        k.roll_call = k.view.roll_call;
        k.roll_call_learned = t.now;
    }
    learn_record(t, first);
    learn_head(t);
    health::learn_members(t.s.health, t.p, k.view, t.now);
    learn_own(t);
}

}  // namespace

void learn_read(Turn& t, const ElectionView& view) {
    auto& k = t.s.known;
    bool first = !k.read;
    if (gone_back(k, view)) {
        set_back(t);
        first = true;
    }
    if (first) k.observed_since = t.now;
    k.read = true;
    k.read_sent = k.read_slot.sent;
    if (view.revision < k.view.revision) return;             // overtaken by the watch
    if (view.revision < k.own_writes) return t.want_read();  // or by our own writes
    // SAFETY: S8. Our key was there; its deletion has to come by the watch before anything newer.
    const auto mine = t.s.candidacy.create;
    if (!k.gap && find_created(k.view, mine) && !find_created(view, mine))
        k.missing = t.s.candidacy.key;
    k.gap = k.gap && k.read_wanted;  // made good by a read that was sent after it
    k.view = view;
    k.read_revision = view.revision;
    if (first && t.p.cluster == 0) t.emit(PinCluster{view.cluster_id});
    if (first && other_cluster(t.p, t.s)) t.announce(Notice::kOtherCluster);
    learn(t, first);
}

void learn_own_write(Turn& t, Revision at, Revision key_gone) {
    auto& k = t.s.known;
    k.own_writes = std::max(k.own_writes, at);
    if (key_gone == Revision{}) return;
    std::erase_if(k.view.queue, [&](const Candidate& c) { return c.create == key_gone; });
    if (t.s.candidacy.create == key_gone) t.s.candidacy.create = {};
}

void learn_holder(Turn& t, const StoredRecord& holder) {
    auto& k = t.s.known;
    if (!k.read || holder.mod <= k.view.holder.mod) return;
    k.view.holder = holder;
    learn_record(t, false);
    learn_head(t);
}

void learn_changes(Turn& t, const StoreChanged& batch) {
    auto& k = t.s.known;
    if (!k.read) return;
    for (const auto& change : batch.changes) {
        const auto* gone = std::get_if<CandidateGone>(&change.what);
        if (gone && gone->key == k.missing) k.missing.clear();
    }
    if (!k.missing.empty() && batch.revision > k.read_revision) {
        set_back(t);
        k.read = false;
        return t.want_read();
    }
    if (apply(k.view, batch.changes, batch.revision)) learn(t, false);
}

void drive_reads(Turn& t) {
    auto& s = t.s;
    auto& k = s.known;
    // The holder only confirms; everybody else looks now and then, should the watch have gone
    // silent.
    const bool holder = s.role == Role::kLeader || s.role == Role::kDraining;
    const bool wanted = k.read_wanted || (!holder && t.due(k.read_sent + 5s));
    if (!wanted || !t.ready(k.read_slot)) return;
    k.read_wanted = false;
    k.floor_revision = std::max(k.seen_revision, k.own_writes);
    k.floor_raft_term = k.seen_raft_term;
    k.floor_holder_mod = k.seen_holder_mod;
    t.emit(ReadElection{t.start(k.read_slot)});
}

}  // namespace elector::core
