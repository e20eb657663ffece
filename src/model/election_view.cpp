#include "model/election_view.hpp"

#include <algorithm>

#include "model/overloaded.hpp"

namespace elector::model {
namespace {

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

void apply_one(ElectionView& view, const Change& change) {
    std::visit(Overloaded{
                   [&](const CandidateCame& c) { put(view.queue, c.candidate); },
                   [&](const CandidateGone& c) {
                       std::erase_if(view.queue,
                                     [&](const Candidate& q) { return q.key == c.key; });
                   },
                   [&](const MemberCame& c) { put(view.members, c.entry); },
                   [&](const MemberGone& c) {
                       std::erase_if(view.members,
                                     [&](const MemberEntry& m) { return m.record.name == c.name; });
                   },
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
    return any;
}

namespace {

/// Keys of one election differ at their ends: most are told apart without a look at the rest.
bool same_key(const std::string& a, const std::string& b) {
    return a.size() == b.size() && (a.empty() || a.back() == b.back()) && a == b;
}

}  // namespace

const Candidate* find_key(const ElectionView& view, const std::string& key) {
    const auto it = std::find_if(view.queue.begin(), view.queue.end(),
                                 [&](const Candidate& c) { return same_key(c.key, key); });
    return it == view.queue.end() ? nullptr : &*it;
}

const Candidate* find_created(const ElectionView& view, Revision create) {
    const auto it = std::find_if(view.queue.begin(), view.queue.end(),
                                 [&](const Candidate& c) { return c.create == create; });
    return it == view.queue.end() ? nullptr : &*it;
}

const MemberEntry* find_member(const ElectionView& view, const std::string& name) {
    const auto it =
        std::find_if(view.members.begin(), view.members.end(),
                     [&](const MemberEntry& m) { return same_key(m.record.name, name); });
    return it == view.members.end() ? nullptr : &*it;
}

const MemberEntry* owner_of(const ElectionView& view, const std::string& key) {
    const auto it =
        std::find_if(view.members.begin(), view.members.end(),
                     [&](const MemberEntry& m) { return same_key(m.record.candidate_key, key); });
    return it == view.members.end() ? nullptr : &*it;
}

bool is_foreign(const ElectionView& view, const Candidate& candidate) {
    const auto& record = view.holder.record;
    if (record && record->term == candidate.create) return false;
    return owner_of(view, candidate.key) == nullptr;
}

bool any_foreign(const ElectionView& view) {
    return std::any_of(view.queue.begin(), view.queue.end(),
                       [&](const Candidate& c) { return is_foreign(view, c); });
}

}  // namespace elector::model
