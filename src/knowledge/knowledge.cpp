#include "knowledge/knowledge.hpp"

#include <algorithm>

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

/// Our key was there and is not, and the watch would have to tell.
bool unexplained(const Knowledge& k, const ElectionView& view, const OwnKey& own) {
    return !k.gap && !k.view.crowd.far && find_created(k.view, own.create) &&
           !find_created(view, own.create);
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

/// The head, and who is next: with fewer nothing can be decided.
constexpr std::size_t kNext = 2;
/// How much of the front those follow who are far from it.
std::size_t few(const Policy& p) { return std::max(kNext, p.front / 4); }
/// A far member looks the front up anew after a minute, whatever its bell says; the later the
/// larger the crowd, since etcd goes over all keys for it, and not all at once.
Instant sort_again(const Knowledge& k, const OwnKey& own) {
    const auto minutes = 1 + static_cast<std::int64_t>(k.view.crowd.members / 128);
    return *k.sorted + 60s * minutes + 1s * (own.create.value % 16);
}
/// Active members that are followed wherever they are.
constexpr std::size_t kActive = 4;
/// A longer name is no member's.
constexpr std::size_t kLongestName = 200;

template <class T>
bool among(const std::vector<T>& all, const T& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

/// Once, and only what can be a member's name: the queue may hold anything.
void ask_for(std::vector<std::string>& names, const std::string& name) {
    if (!name.empty() && name.size() <= kLongestName && !among(names, name)) names.push_back(name);
}

/// The front is known well enough to look at it key by key, without having the queue sorted.
bool may_only_look(const Knowledge& k, Instant now, const OwnKey& own) {
    const auto& crowd = k.view.crowd;
    const bool shown = k.sorted && crowd.far && crowd.cut && k.view.queue.size() >= kNext;
    if (!k.read || !shown) return false;
    if (own.create != k.bell_for || now >= sort_again(k, own)) return false;
    return own.create == Revision{} || !k.bell.empty();
}

ReadElection question(Knowledge& k, const Policy& p, Instant now, const OwnKey& own) {
    ReadElection e;
    e.front = p.front;
    if (k.whole) e.front = 0;
    if (e.front == 0 || !k.crowded) return e;
    const auto& view = k.view;
    ask_for(e.members, p.member);
    if (!own.key.empty()) e.keys.push_back(own.key);
    if (const auto& record = view.holder.record) {
        ask_for(e.members, record->member);
        for (const auto& f : record->foreign)
            if (f.value == p.member && !among(e.keys, f.key)) e.keys.push_back(f.key);
    }
    const auto ask_for_key_of = [&](const std::string& name) {
        const auto* member = find_member(view, name);
        const auto* key = member ? &member->record.candidate_key : nullptr;
        if (key && key->starts_with(p.queue_prefix) && !among(e.keys, *key)) e.keys.push_back(*key);
    };
    ask_for_key_of(p.member);  // of an earlier session, perhaps
    if (view.switchover) {
        ask_for(e.members, view.switchover->to);
        ask_for_key_of(view.switchover->to);
    }
    std::size_t active = 0;
    for (const auto& member : view.members)
        if (member.record.activity == NodeActivity::kActive && active++ < kActive)
            ask_for(e.members, member.record.name);
    const bool look = may_only_look(k, now, own);
    for (const auto& c : view.queue) {
        if (look && e.queue.size() == few(p)) break;
        if (look) e.queue.push_back(c.key);
        ask_for(e.members, c.value);
        if (const auto* owner = owner_of(view, c.key)) ask_for(e.members, owner->record.name);
    }
    if (look) {
        if (!k.bell.empty() && !among(e.keys, k.bell)) e.keys.push_back(k.bell);
        return e;
    }
    for (const auto& name : k.first_names) ask_for(e.members, name);
    e.before = own.create;
    return e;
}

/// Makes the answer what this member follows of a crowd. False: it names others than were asked
/// for, so that it has to be read again. SAFETY: S33. A key whose member was not read must not look
/// foreign.
bool fits_crowd(Knowledge& k, const Means& m, ElectionView& view, const OwnKey& own) {
    auto& crowd = view.crowd;
    const bool look = !k.asking.queue.empty();
    if (look) {
        crowd.members = k.view.crowd.members;
        // Who has queued again has the name of his old key, and is at the end.
        std::erase_if(view.queue,
                      [&](const Candidate& c) { return !find_created(k.view, c.create); });
    } else {
        k.first_names.clear();
        for (const auto& c : view.queue) ask_for(k.first_names, c.value);
    }
    const auto mine = [&](const Candidate& c) { return c.key == own.key; };
    const bool in_front = std::any_of(view.queue.begin(), view.queue.end(), mine);
    crowd.far = look || !in_front;
    // The watch that has to explain it goes on.
    if (!k.missing.empty() || unexplained(k, view, own)) crowd.far = k.view.crowd.far;
    if (crowd.far && view.queue.size() > few(m.p)) {
        view.queue.resize(few(m.p));
        crowd.cut = true;
    }
    if (!among(k.asking.members, m.p.member)) return false;
    if (!own.key.empty() && !among(k.asking.keys, own.key)) return false;
    std::vector<std::string> needed;
    for (const auto& c : view.queue) ask_for(needed, c.value);
    return std::all_of(needed.begin(), needed.end(),
                       [&](const std::string& name) { return among(k.asking.members, name); });
}

void watch_anew(Knowledge& k, Means& m) {
    if (k.view.crowd.far == k.watch_far) return;
    k.watch_far = k.view.crowd.far;
    k.watch = OpId{++m.last_op};
    m.emit(WatchElection{k.watch, k.watch_far, k.view.revision});
}

/// The watch has told of more members than all of are followed.
bool is_crowd(const Knowledge& k) {
    const auto front = k.asking.front;
    return front != 0 && std::max(k.view.queue.size(), k.view.members.size()) > front;
}

/// Members that start together would each be told of all others until a read: whoever is not in
/// front is far from now on, and the read says more. It judges nothing of what it does not see
/// (S33).
void narrow(Knowledge& k, Means& m, const OwnKey& own) {
    auto& view = k.view;
    if (view.crowd.front != 0 || !is_crowd(k) || !k.missing.empty()) return;
    const auto front = std::min(view.queue.size(), k.asking.front);
    const auto mine = [&](const Candidate& c) { return c.create == own.create; };
    if (std::any_of(view.queue.begin(), view.queue.begin() + front, mine)) return;
    k.read_wanted = true;
    k.crowded = true;
    k.first_names.clear();
    for (std::size_t i = 0; i < front; ++i) ask_for(k.first_names, view.queue[i].value);
    auto& crowd = view.crowd;
    crowd.front = k.asking.front;
    crowd.cut = crowd.far = true;
    crowd.queue_at = view.revision;
    crowd.members = view.members.size();
    if (const auto* key = find_created(view, own.create)) view.crowd.beyond = {*key};
    view.queue.resize(std::min(view.queue.size(), few(m.p)));
    const auto* holder = view.holder.record ? &view.holder.record->member : nullptr;
    std::erase_if(view.members, [&](const MemberEntry& entry) {
        const auto& r = entry.record;
        const bool ours = r.name == m.p.member || (holder && r.name == *holder);
        return !ours && r.activity != NodeActivity::kActive && !find_key(view, r.candidate_key);
    });
    watch_anew(k, m);
}

/// Who is in front leaves the queue for the target of an order, if he can see that it is behind
/// him.
void make_way(Knowledge& k, const Policy& p) {
    if (k.view.switchover && !k.view.crowd.far) would_show(k, p, k.view.switchover->to);
}

/// The view is the answer's now: from here on, what this member's place in it asks for.
void follow_crowd(Knowledge& k, Means& m, const ElectionRead& e) {
    k.asked = k.asking;
    const bool look = !k.asking.queue.empty();
    const auto* bell = find_key(k.view, k.bell);
    if (!look) {
        k.bell = e.bell;
        k.bell_for = k.asking.before;
        k.sorted = k.read_sent;
    } else if (!k.bell.empty() && (!bell || bell->create > k.bell_for)) {
        k.bell.clear();
        k.read_wanted = true;
    }
    watch_anew(k, m);
}

/// By the watch alone the view does not say any more, or says too little, of who is in front.
bool outgrown(const Knowledge& k) {
    const auto& crowd = k.view.crowd;
    const auto front = k.asking.front;
    if (front == 0 || k.read_slot.busy()) return false;
    if (crowd.front == 0) return is_crowd(k);
    return crowd.cut && k.view.queue.size() < (crowd.far ? kNext : std::max(kNext, front / 2));
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
    auto view = e.view;
    if (k.crowded && !fits_crowd(k, m, view, own)) {
        m.failed(k.read_slot);
        k.read_wanted = true;
        k.sorted.reset();
        return {};
    }
    m.finished(k.read_slot);
    const auto news = learn_view(k, m.now, view, own);
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

bool key_gone(const Knowledge& k, const std::string& key, Revision create) {
    const bool looked = k.view.crowd.front != 0 && among(k.asked.keys, key);
    return surely_gone(k.view, create) || (looked && !find_created(k.view, create));
}

bool would_show(Knowledge& k, const Policy& p, const std::string& name) {
    if (k.view.crowd.front == 0 || name.size() > kLongestName) return true;
    const auto* member = find_member(k.view, name);
    bool shown = name.empty() || member || among(k.asked.members, name);
    if (member && member->record.candidate_key.starts_with(p.queue_prefix)) {
        const auto& key = member->record.candidate_key;
        shown = find_key(k.view, key) || among(k.asked.keys, key);
    }
    if (k.view.crowd.cut && k.view.queue.size() < kNext) shown = false;
    if (!shown && !k.read_slot.busy()) k.read_wanted = true;
    return shown;
}

bool sees_every_key(Knowledge& k) {
    const bool all = k.read && k.view.crowd.front == 0;
    if (!all && !k.read_slot.busy()) k.read_wanted = k.whole = true;
    return all;
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
