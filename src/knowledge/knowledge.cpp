#include "knowledge/knowledge.hpp"

#include <algorithm>

#include "knowledge/crowd.hpp"

namespace elector::knowledge {
namespace {

/// Terms only rise: a record that was written over an older one than we have seen is of another
/// past, however far its revisions have got.
bool term_falls(const Knowledge& k, const StoredRecord& holder) {
    return holder.record && holder.record->term != Term{} && holder.record->term < k.seen_term;
}

// SAFETY: S8. Compared with what had been seen when the read was *sent*: answers may overtake each
// other.
bool gone_back(const Knowledge& k, const ElectionView& view) {
    if (!k.read) return false;
    return view.cluster_id != k.view.cluster_id || view.revision < k.floor_revision ||
           view.raft_term < k.floor_raft_term ||
           (view.holder.mod != Revision{} && view.holder.mod < k.floor_holder_mod) ||
           (view.revision >= k.view.revision && term_falls(k, view.holder));
}

void forget_everything(Knowledge& k, Instant now) {
    k.view = ElectionView{};
    k.seen_revision = {};
    k.seen_raft_term = 0;
    k.seen_holder_mod = {};
    k.seen_term = {};
    k.own_writes = {};
    k.record_mod = {};
    k.record_watched = false;
    k.record_learned = now;
    k.key_gone_since.reset();
    k.observed_since = now;
    k.head = {};
    k.missing.clear();
    k.set_back = true;
}

/// What a watch or an answer of ours told cannot be; only a whole read says where the store is.
News set_back_until_read(Knowledge& k, Instant now) {
    forget_everything(k, now);
    k.read = false;
    k.read_wanted = true;
    News news;
    news.set_back = true;
    return news;
}

void learn_record(Knowledge& k, Instant now, bool first) {
    const auto& holder = k.view.holder;
    if (first || holder.mod != k.record_mod) {
        k.record_watched = !first;
        k.record_mod = holder.mod;
        k.record_learned = now;
        k.key_gone_since.reset();
    }
    k.seen_holder_mod = std::max(k.seen_holder_mod, holder.mod);
    if (holder.record) k.seen_term = std::max(k.seen_term, holder.record->term);
    // SAFETY: S6, S33. A key that we do not see is not gone for that.
    const bool present = holder.record && !surely_gone(k.view, holder.record->term);
    if (present) {
        k.key_gone_since.reset();
    } else if (!k.key_gone_since) {
        k.key_gone_since = now;
    }
}

void learn_head(Knowledge& k, Instant now) {
    const auto head = k.view.queue.empty() ? Revision{} : k.view.queue.front().create;
    const bool paused = k.view.pause.has_value() || k.was_paused;  // nobody can claim in a pause
    k.was_paused = k.view.pause.has_value();
    if (head != k.head) k.headed_since = now;
    if (head == k.head && k.record_learned <= k.head_since && !paused) return;
    k.head = head;
    k.head_since = now;
}

void learn(Knowledge& k, Instant now, bool first) {
    k.seen_revision = std::max(k.seen_revision, k.view.revision);
    k.seen_raft_term = std::max(k.seen_raft_term, k.view.raft_term);
    if (k.roll_call != k.view.roll_call) {
        k.roll_call = k.view.roll_call;
        k.roll_call_learned = now;
    }
    learn_record(k, now, first);
    learn_head(k, now);
}

News learn_view(Knowledge& k, Instant now, const ElectionView& view, const OwnKey& own) {
    News news;
    news.set_back = gone_back(k, view);
    const bool first = !k.read || news.set_back;
    if (news.set_back) forget_everything(k, now);
    if (first) k.observed_since = now;
    k.read = true;
    k.read_sent = k.read_slot.sent;
    if (view.revision < k.view.revision) {  // overtaken by the watch
        k.read_wanted = k.read_wanted || k.view.crowd.far;
        return news;
    }
    if (view.revision < k.own_writes) {  // or by our own writes
        k.read_wanted = true;
        return news;
    }
    // SAFETY: S8. Our key was there; its deletion has to come by the watch before anything newer.
    if (unexplained(k, view, own)) k.missing = own.key;
    k.gap = k.gap && k.read_wanted;  // made good by a read that was sent after it
    k.view = view;
    k.read_revision = view.revision;
    learn(k, now, first);
    news.first = first;
    news.changed = true;
    return news;
}

}  // namespace

News learn_read(Knowledge& k, Means& m, const ElectionRead& e, const OwnKey& own) {
    if (!k.read_slot.answers(e.op)) return {};
    if (e.outcome != StoreOutcome::kDone) {
        m.failed(k.read_slot);
        k.read_wanted = true;
        return {};
    }
    k.crowded = e.view.crowd.front != 0;
    if (!k.crowded) k.first_names.clear();
    std::optional<ElectionView> fitted;
    if (k.crowded) fitted = e.view;
    if (fitted && !fits_crowd(k, m, *fitted, own)) {
        m.failed(k.read_slot);
        k.read_wanted = true;
        k.sorted.reset();
        return {};
    }
    m.finished(k.read_slot);
    const auto news = learn_view(k, m.now, fitted ? *fitted : e.view, own);
    if (news.changed) follow_crowd(k, m, e);
    make_way(k, m.p);
    return news;
}

News learn_changes(Knowledge& k, Means& m, const StoreChanged& batch, const OwnKey& own) {
    if (!k.read || batch.watch != k.watch) return {};
    for (const auto& change : batch.changes) {
        const auto* gone = std::get_if<CandidateGone>(&change.what);
        if (gone && gone->key == k.missing) k.missing.clear();
    }
    if (!k.missing.empty() && batch.revision > k.read_revision)
        return set_back_until_read(k, m.now);
    if (k.view.crowd.front != 0) k.view.crowd.own = own.key;
    if (!apply(k.view, batch.changes, batch.revision)) return {};
    if (term_falls(k, k.view.holder)) return set_back_until_read(k, m.now);
    k.read_wanted = k.read_wanted || outgrown(k);
    narrow(k, m, own);
    make_way(k, m.p);
    learn(k, m.now, false);
    News news;
    news.changed = true;
    return news;
}

void on_resumed(Knowledge& k, const WatchResumed& e) {
    if (e.gap) k.missing.clear();  // perhaps that was what it missed
    k.gap = k.gap || e.gap;
    k.read_wanted = true;
}

void learn_own_write(Knowledge& k, Revision at, Revision key_gone) {
    k.own_writes = std::max(k.own_writes, at);
    if (key_gone == Revision{}) return;
    std::erase_if(k.view.queue, [&](const Candidate& c) { return c.create == key_gone; });
}

News learn_holder(Knowledge& k, Instant now, const StoredRecord& holder) {
    if (!k.read || holder.mod <= k.view.holder.mod) return {};
    if (term_falls(k, holder)) return set_back_until_read(k, now);
    k.view.holder = holder;
    learn_record(k, now, false);
    learn_head(k, now);
    return {};
}

void drive_reads(Knowledge& k, Means& m, bool now_and_then, const OwnKey& own) {
    const bool moved = k.read && k.view.crowd.far && own.create != k.bell_for;
    const bool wanted = k.read_wanted || moved || (now_and_then && m.due(k.read_sent + 5s));
    if (!wanted || !m.ready(k.read_slot)) return;
    k.read_wanted = false;
    k.whole = k.whole && !now_and_then;
    k.floor_revision = std::max(k.seen_revision, k.own_writes);
    k.floor_raft_term = k.seen_raft_term;
    k.floor_holder_mod = k.seen_holder_mod;
    k.asking = question(k, m.p, m.now, own);
    k.asking.op = m.start(k.read_slot);
    m.emit(k.asking);
}

}  // namespace elector::knowledge
