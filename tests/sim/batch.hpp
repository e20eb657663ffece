// Owns the running of many seeds at once, for the tests. Must never print. Thread rule: starts and
// joins its own threads.
#pragma once

#include <optional>
#include <string>

#include "sim/simulation.hpp"

namespace elector::sim {

struct Failure {
    std::uint64_t seed = 0;
    Violation violation;
};

struct Batch {
    std::uint64_t seeds = 0;  ///< that were run
    Counts counts;
    std::optional<Failure> failure;  ///< the one of the lowest seed
};

/// Runs the seeds [from, to] on `jobs` threads; stops early after a failure.
Batch run_seeds(const Options& options, std::uint64_t from, std::uint64_t to, unsigned jobs,
                Mutant mutant = Mutant::kNone);

std::string in_words(const std::optional<Failure>& failure);

}  // namespace elector::sim
