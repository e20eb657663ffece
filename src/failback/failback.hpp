// Owns when a preferred member asks for the lead back: never before it was fit to lead for a whole
// span without interruption, and never what would only be refused. Must never touch the store: the
// order is a value. Thread rule: pure functions.
#pragma once

#include <optional>

#include "model/election_view.hpp"
#include "model/policy.hpp"

namespace elector::failback {

using namespace model;

/// What is known when somebody looks.
struct Sight {
    const ElectionView* view = nullptr;  ///< null: the store was never read whole
    Revision create;   ///< of this member's candidate key; 0: it is not in the queue
    bool fit = false;  ///< this member's own word: in the queue as a candidate, nothing against it
};

struct State {
    std::optional<Instant> fit_since;
    Revision fit_as;                 ///< the candidacy that it is fit with
    std::optional<Instant> ordered;  ///< when the last order was given out
};

/// A switchover to this member, and what has to stand when it is written.
struct Order {
    SwitchoverOrder order;
    Revision holder_mod;  ///< of the record that was judged
    std::string key;      ///< this member's candidate key
    Revision create;
    std::string from;  ///< who leads
};

/// Who an order of ours is by, in the store, the log and the history.
inline constexpr std::string_view kActor = "failback";

/// Has to be called whenever the role changes, too: an interruption that nobody saw is none.
/// `after`: the time of election.failback; nothing: manual, no order ever. At most one order in
/// that time.
std::optional<Order> look(State& state, const Policy& policy, std::optional<Duration> after,
                          const Sight& sight, Instant now);

}  // namespace elector::failback
