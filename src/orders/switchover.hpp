// Owns what becomes of a switchover that is asked for: a plan, or every reason against it with what
// to do. The running elector only logs a refusal, so what would be refused is refused here.
// Must never touch the store: an order is a value. Thread rule: pure functions.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "etcd/transactions.hpp"
#include "model/election_view.hpp"
#include "model/policy.hpp"
#include "report/conditions.hpp"

namespace elector::orders {

/// What an order was judged by, and what must still be so when it is written.
struct Basis {
    model::Revision holder_mod;
    std::string key;         ///< the target's candidate key
    model::Revision create;  ///< and its create revision
    model::Revision stale;   ///< an order to an earlier holder, which is replaced; 0: none
    bool operator==(const Basis&) const = default;
};

struct Request {
    std::string to;  ///< empty: whoever is next
    std::string who;
    std::string why;
};

struct Plan {
    std::string from;
    model::SwitchoverOrder order;
    Basis basis;
    std::vector<std::string> ahead;  ///< those who make way first, in the order of the queue
    bool foreign_waits = false;      ///< an older elector is in the queue: the holder waits longer
    bool operator==(const Plan&) const = default;
};

struct Judgement {
    Plan plan;                                ///< of value only when nothing is refused
    std::vector<report::Condition> refusals;  ///< all that apply
};

Judgement judge(const model::Policy& policy, const model::ElectionView& view,
                const Request& request);

/// The order under `lease`, if nothing of what it was judged by has changed.
etcd::Txn to_txn(const etcd::Keys& keys, const model::SwitchoverOrder& order, const Basis& basis,
                 std::int64_t lease);

/// The member whose node is verified active under the record as it stands; null: nobody's is.
const model::MemberEntry* verified_holder(const model::Policy& policy,
                                          const model::ElectionView& view);

/// What a hand-over takes, by the time budget.
struct Expected {
    model::Duration standby;  ///< until the old node is confirmed standby; typical
    model::Duration standby_at_most;
    model::Duration gate;  ///< then until the next may go; typical
    model::Duration gate_at_most;
    model::Duration total() const { return standby + gate; }
    model::Duration total_at_most() const { return standby_at_most + gate_at_most; }
    bool operator==(const Expected&) const = default;
};
Expected expected(const config::Config& config, const Plan& plan);

/// Of the chain: each delegate proposes once in so many blocks.
inline constexpr int kProducers = 24;
/// Of our proposals, how many fall into a silence of that span on average: the delegate proposes
/// once in a round of all producers.
double missed_blocks(model::Duration silence, model::Duration block_interval);

}  // namespace elector::orders
