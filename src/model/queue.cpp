#include "model/queue.hpp"

#include <algorithm>

namespace elector::model {
namespace {

bool better(const MemberRecord& other, const MemberRecord& mine) {
    if (other.priority != mine.priority) return other.priority > mine.priority;
    return other.lag_bucket < mine.lag_bucket;
}

}  // namespace

bool is_head(const ElectionView& view, Revision create) {
    return !view.queue.empty() && view.queue.front().create == create;
}

bool outranked(const ElectionView& view, Revision create, const MemberRecord& mine) {
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

}  // namespace elector::model
