#include "model/election_view.hpp"

#include <algorithm>

#include "model/overloaded.hpp"

namespace elector::model {
namespace {

template <class Is>
const Candidate* find_candidate(const ElectionView& view, Is is) {
    for (const auto* keys : {&view.queue, &view.crowd.beyond})
        for (const auto& candidate : *keys)
            if (is(candidate)) return &candidate;
    return nullptr;
}

void put(std::vector<Candidate>& queue, const Candidate& candidate) {
    std::erase_if(queue, [&](const Candidate& c) { return c.key == candidate.key; });
    const auto at = std::upper_bound(
        queue.begin(), queue.end(), candidate,
        [](const Candidate& a, const Candidate& b) { return a.create < b.create; });
    queue.insert(at, candidate);
}

void put(std::vector<MemberEntry>& members, const MemberEntry& entry) {
    for (auto& known : members) {
        if (known.record.name == entry.record.name) {
            known = entry;
            return;
        }
    }
    members.push_back(entry);
}

void come(ElectionView& view, const Candidate& candidate) {
    auto& crowd = view.crowd;
    if (crowd.front == 0 || !crowd.cut) put(view.queue, candidate);
    if (crowd.front == 0 || (!crowd.cut && view.queue.size() <= crowd.front)) return;
    // Behind keys that we do not see. Our own is not lost for that.
    if (!crowd.cut) view.queue.pop_back();
    if (candidate.key == crowd.own) put(crowd.beyond, candidate);
    crowd.cut = true;
}

void go(ElectionView& view, const std::string& key) {
    const auto same = [&](const Candidate& c) { return c.key == key; };
    std::erase_if(view.queue, same);
    std::erase_if(view.crowd.beyond, same);
}

/// Of a crowd: those in the queue that we see, those we asked for, and whoever is active.
bool followed(const ElectionView& view, const MemberEntry& entry) {
    const auto& r = entry.record;
    return view.crowd.front == 0 || r.activity == NodeActivity::kActive ||
           find_member(view, r.name) || find_key(view, r.candidate_key);
}

void hear_of(ElectionView& view, const MemberEntry& entry) {
    const auto& r = entry.record;
    if (followed(view, entry)) return put(view.members, entry);
    if (r.eligible && r.tip && !r.candidate_key.empty()) view.crowd.heard = entry;
}

void lose_sight(ElectionView& view, const std::string& name) {
    auto& heard = view.crowd.heard;
    std::erase_if(view.members, [&](const MemberEntry& m) { return m.record.name == name; });
    if (heard && heard->record.name == name) heard.reset();
}

void apply_one(ElectionView& view, const Change& change) {
    std::visit(Overloaded{
                   [&](const CandidateCame& c) { come(view, c.candidate); },
                   [&](const CandidateGone& c) { go(view, c.key); },
                   [&](const MemberCame& c) { hear_of(view, c.entry); },
                   [&](const MemberGone& c) { lose_sight(view, c.name); },
                   [&](const HolderChanged& c) {
                       // Our own writes are learned from their answers, ahead of the watch.
                       if (change.at >= view.holder.mod) view.holder = c.holder;
                   },
                   [&](const PauseChanged& c) { view.pause = c.pause; },
                   [&](const SwitchoverChanged& c) { view.switchover = c.order; },
                   [&](const RollCallChanged& c) { view.roll_call = c.roll_call; },
               },
               change.what);
}

}  // namespace

bool apply(ElectionView& view, const std::vector<Change>& changes, Revision up_to) {
    bool any = false;
    for (const auto& change : changes) {
        if (change.at <= view.revision) continue;
        apply_one(view, change);
        any = true;
    }
    if (up_to > view.revision) view.revision = up_to;
    if (view.crowd.front != 0 && !view.crowd.far) view.crowd.queue_at = view.revision;
    return any;
}

const Candidate* find_key(const ElectionView& view, const std::string& key) {
    return find_candidate(view, [&](const Candidate& c) { return same_key(c.key, key); });
}

const Candidate* find_created(const ElectionView& view, Revision create) {
    return find_candidate(view, [&](const Candidate& c) { return c.create == create; });
}

// SAFETY: S33. What sorts before a key that a read of the queue's first keys showed was shown with
// it. A far member looks at some keys by name: that says nothing of the others.
bool surely_gone(const ElectionView& view, Revision create) {
    if (find_created(view, create)) return false;
    const auto& crowd = view.crowd;
    if (crowd.front == 0) return true;
    if (!crowd.cut) return create <= crowd.queue_at;
    return !crowd.far && !view.queue.empty() && create <= view.queue.back().create;
}

const MemberEntry* find_member(const ElectionView& view, const std::string& name) {
    for (const auto& m : view.members)
        if (same_key(m.record.name, name)) return &m;
    return nullptr;
}

const MemberEntry* owner_of(const ElectionView& view, const std::string& key) {
    for (const auto& m : view.members)
        if (same_key(m.record.candidate_key, key)) return &m;
    return nullptr;
}

bool is_foreign(const ElectionView& view, const Candidate& candidate) {
    const auto& record = view.holder.record;
    if (record && record->term == candidate.create) return false;
    return owner_of(view, candidate.key) == nullptr;
}

bool any_foreign(const ElectionView& view) {
    for (const auto& candidate : view.queue)
        if (is_foreign(view, candidate)) return true;
    return false;
}

}  // namespace elector::model
