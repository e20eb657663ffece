#include "app/stamp.hpp"

#include "model/overloaded.hpp"
#include "model/transition_table.hpp"

namespace elector::app {
namespace {

/// The order that this draining obeys; one of another term was obeyed by nobody here.
bool ended_by_order(const model::Drain& e, const model::ElectionView& view) {
    const auto* row = model::find_transition(model::Role::kLeader, model::Role::kDraining,
                                             model::Cause::kSwitchover);
    return e.history.reason == row->code && view.switchover &&
           view.switchover->term == e.record.term;
}

}  // namespace

model::Effect stamped(model::Effect effect, const model::ElectionView& view, std::int64_t unix_ms) {
    using namespace model;
    std::visit(Overloaded{
                   [&](Register& e) { e.record.unix_ms = unix_ms; },
                   [&](PublishMember& e) { e.record.unix_ms = unix_ms; },
                   [&](Queue& e) { e.record.unix_ms = unix_ms; },
                   [&](Release& e) { e.record.unix_ms = unix_ms; },
                   [&](RecordDoubleActive& e) { e.entry.unix_ms = unix_ms; },
                   [&](Drain& e) {
                       e.history.unix_ms = unix_ms;
                       if (ended_by_order(e, view)) e.history.actor = view.switchover->who;
                   },
                   [](auto&) {},
               },
               effect);
    return effect;
}

}  // namespace elector::app
