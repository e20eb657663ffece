// Owns what a member adds to its records for people, on their way to the store: the wall clock's
// time, and which operator ordered a switchover. Must never add what anything is decided by.
// Thread rule: pure functions.
#pragma once

#include <cstdint>

#include "model/effect.hpp"
#include "model/election_view.hpp"

namespace elector::app {

/// The same effect, to be written. `view` is what the member knows of the store, with the orders
/// that it obeys.
model::Effect stamped(model::Effect effect, const model::ElectionView& view, std::int64_t unix_ms);

}  // namespace elector::app
