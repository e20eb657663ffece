// Owns the way from a failing seed to its smallest failing schedule.
// Must never accept a schedule that fails another check. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/simulation.hpp"

namespace elector::sim {

struct Shrunk {
    std::size_t drawn = 0;          ///< faults of the whole schedule
    std::size_t prefix = 0;         ///< the first so many of them are enough
    std::vector<std::size_t> keep;  ///< and of those, these
    Violation violation;            ///< of the smallest schedule
    int runs = 0;
};

/// The run of `options` violates a check. Finds the shortest prefix of its faults that still
/// violates the same check, then leaves out every single fault that is not needed.
Shrunk shrink(const Options& options, Mutant mutant, const Violation& violation);

}  // namespace elector::sim
