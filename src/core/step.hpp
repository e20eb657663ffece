// Owns the one function that decides: what a member does when something happened.
// Pure and total: no clock, no randomness but the state's, no I/O. The same function runs in
// production, in the scenarios, in the simulator and in the replay tool.
// Thread rule: pure function; the caller owns the state.
#pragma once

#include "core/state.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace elector::core {

/// A member that has just started. `seed` feeds lease ids, nonces and jitter.
State initial_state(Instant now, std::uint64_t seed);

/// Records what happened, then decides from the whole state. Appends to `effects`.
/// REQUIRES: `now` never goes back between two steps of one state.
void step(const Policy& policy, State& state, Instant now, const Event& event, Effects& effects);

/// When step() wants a Woke without any other event. A Woke before that changes nothing.
inline Instant wake_at(const State& state) { return state.exited ? kNever : state.wake; }

}  // namespace elector::core
