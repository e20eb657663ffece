#include "failback/failback.hpp"

#include <algorithm>

namespace elector::failback {
namespace {

/// In the queue, and fit by its own published word.
const MemberEntry* fit_owner(const ElectionView& view, const Candidate& candidate) {
    const auto* owner = owner_of(view, candidate.key);
    return owner && owner->record.eligible ? owner : nullptr;
}

/// The member whose node is verified active under the record as it stands; null: nobody's is.
const MemberEntry* verified_holder(const ElectionView& view) {
    const auto& record = view.holder.record;
    if (!record || record->state != HolderRecord::State::kActive || !record->foreign.empty())
        return nullptr;
    const auto* key = find_created(view, record->term);
    const auto* holder = key ? owner_of(view, key->key) : nullptr;
    if (!holder || holder->record.instance != record->instance) return nullptr;
    return holder->record.activity == NodeActivity::kActive ? holder : nullptr;
}

/// Somebody else who is preferred more, or as much and will be next: one order is enough.
bool better_asks(const ElectionView& view, const Policy& p, const Candidate& mine) {
    return std::any_of(view.queue.begin(), view.queue.end(), [&](const Candidate& c) {
        const auto* other = c.create == mine.create ? nullptr : fit_owner(view, c);
        if (!other) return false;
        if (other->record.priority != p.priority) return other->record.priority > p.priority;
        return c.create < mine.create;
    });
}

/// The order that would be obeyed now, whatever the time.
std::optional<Order> possible(const Policy& p, const Sight& sight) {
    const auto& view = *sight.view;
    // SAFETY: S9. Where an older elector waits nobody hurries the lead along.
    if (view.pause || view.switchover || !view.roll_call.empty() || any_foreign(view))
        return std::nullopt;
    const auto* holder = verified_holder(view);
    const auto* mine = find_created(view, sight.create);
    if (!holder || !mine || holder->record.priority >= p.priority) return std::nullopt;
    const auto* me = fit_owner(view, *mine);
    if (!me || me->record.name != p.member || better_asks(view, p, *mine)) return std::nullopt;
    SwitchoverOrder order;
    order.term = view.holder.record->term;
    order.to = p.member;
    order.who = kActor;
    order.why = "priority " + std::to_string(p.priority) + " over " +
                std::to_string(holder->record.priority);
    return Order{order, view.holder.mod, mine->key, mine->create, holder->record.name};
}

}  // namespace

std::optional<Order> look(State& state, const Policy& policy, std::optional<Duration> after,
                          const Sight& sight, Instant now) {
    const bool fit = sight.view && sight.fit && sight.create != Revision{} && !policy.nofailover &&
                     !policy.observe;
    if (!fit || sight.create != state.fit_as) state.fit_since.reset();
    if (!fit) return std::nullopt;
    if (!state.fit_since) state.fit_since = now;
    state.fit_as = sight.create;
    if (!after || now - *state.fit_since < *after) return std::nullopt;
    if (state.ordered && now - *state.ordered < *after) return std::nullopt;
    auto order = possible(policy, sight);
    if (order) state.ordered = now;
    return order;
}

}  // namespace elector::failback
