// Owns what the queue alone tells a candidate: whether it is the head, and for whom it has to make
// way. Thread rule: pure functions.
#pragma once

#include <string>
#include <vector>

#include "model/election_view.hpp"

namespace elector::model {

// `create` is of the candidate key that asks.

bool is_head(const ElectionView& view, Revision create);

/// What members are ranked by, in this order.
struct Rank {
    int priority = 0;
    int lag_bucket = 0;
};

/// A strictly better eligible member than `mine` waits behind it.
bool outranked(const ElectionView& view, Revision create, Rank mine);

/// A switchover to a member behind it was ordered, and it is not `member` itself.
bool in_the_way(const ElectionView& view, Revision create, const std::string& member);

/// The record lists it as a foreign key.
bool taken_for_foreign(const ElectionView& view, Revision create);

/// The key is one of these.
bool lists(const std::vector<ForeignKey>& foreign, const Candidate& candidate);

}  // namespace elector::model
