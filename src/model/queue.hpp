// Owns what the queue alone tells a candidate: whether it is the head, and for whom it has to make
// way. Thread rule: pure functions.
#pragma once

#include <string>

#include "model/election_view.hpp"

namespace elector::model {

// `create` is of the candidate key that asks.

bool is_head(const ElectionView& view, Revision create);

/// A strictly better eligible member than `mine` waits behind it: by priority, then by lag.
bool outranked(const ElectionView& view, Revision create, const MemberRecord& mine);

/// A switchover to a member behind it was ordered, and it is not `member` itself.
bool in_the_way(const ElectionView& view, Revision create, const std::string& member);

/// The record lists it as a foreign key.
bool taken_for_foreign(const ElectionView& view, Revision create);

}  // namespace elector::model
