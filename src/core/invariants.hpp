// Owns what must be true after every step, in production too. Separate from the code it checks.
// Thread rule: pure functions.
#pragma once

#include <stdexcept>

#include "core/state.hpp"
#include "model/effect.hpp"
#include "model/policy.hpp"

namespace elector::core {

/// A broken invariant: the state is not to be trusted any more. The app logs the last events, sends
/// one deactivation and ends with exit code 70; see docs/safety.md.
class InvariantBroken : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

/// Throws InvariantBroken with `what` when `holds` is false.
inline void require(bool holds, const char* what) {
    if (!holds) throw InvariantBroken(what);
}

/// Judges one finished step: the state it left and the effects it asks for.
void check_invariants(const Policy& policy, const State& state, const Effects& effects);

}  // namespace elector::core
