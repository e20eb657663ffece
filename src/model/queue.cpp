#include "model/queue.hpp"

#include <algorithm>

namespace elector::model {
namespace {

bool better(const MemberRecord& other, Rank mine) {
    if (other.priority != mine.priority) return other.priority > mine.priority;
    return other.lag_bucket < mine.lag_bucket;
}

}  // namespace

bool is_head(const ElectionView& view, Revision create) {
    return !view.queue.empty() && view.queue.front().create == create;
}

bool outranked(const ElectionView& view, Revision create, Rank mine) {
    // Mostly nobody is better: known from a few numbers, before keys are compared.
    bool any = false;
    for (const auto& m : view.members) any |= m.record.eligible && better(m.record, mine);
    if (!any) return false;
    for (const auto& c : view.queue) {
        if (c.create <= create) continue;
        const auto* owner = owner_of(view, c.key);
        if (owner && owner->record.eligible && better(owner->record, mine)) return true;
    }
    return false;
}

bool in_the_way(const ElectionView& view, Revision create, const std::string& member) {
    const auto& order = view.switchover;
    const auto& record = view.holder.record;
    if (!order || order->to.empty() || order->to == member) return false;
    if (!record || record->term != order->term || record->state != HolderRecord::State::kActive)
        return false;
    const auto* target = find_member(view, order->to);
    const auto* candidate = target ? find_key(view, target->record.candidate_key) : nullptr;
    return candidate && candidate->create > create;
}

bool taken_for_foreign(const ElectionView& view, Revision create) {
    const auto& record = view.holder.record;
    return record && std::any_of(record->foreign.begin(), record->foreign.end(),
                                 [&](const ForeignKey& f) { return f.create == create; });
}

bool lists(const std::vector<ForeignKey>& foreign, const Candidate& candidate) {
    return std::any_of(foreign.begin(), foreign.end(), [&](const ForeignKey& f) {
        return f.key == candidate.key && f.create == candidate.create;
    });
}

}  // namespace elector::model
