// Owns runs of many seeds on several threads, and what they came to in sum.
// Must never let the number of threads change a result. Thread rule: each run has its own thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/simulation.hpp"

namespace elector::sim {

struct Failure {
    std::uint64_t seed = 0;
    Violation violation;
};

struct Batch {
    std::uint64_t seeds = 0;  ///< that were run
    Counts counts;
    Duration length{};              ///< virtual time in sum
    Duration slowest{};             ///< the longest way from healing to one active node
    std::uint64_t hash = 0;         ///< of all runs, in whatever order they ended
    std::vector<Failure> failures;  ///< by seed

    const Failure* first() const { return failures.empty() ? nullptr : &failures.front(); }
    /// "swarm: no failure", or the first one in words.
    std::string in_words() const;
};

struct BatchOptions {
    Options options;
    std::uint64_t from = 1;
    std::uint64_t to = 1;  ///< inclusive
    unsigned jobs = 2;
    Mutant mutant = Mutant::kNone;
    bool keep_going = false;  ///< else no seed above the lowest failing one is needed
};
Batch run_seeds(const BatchOptions& options);

/// The rows of the transition table, "candidate -> leader: claimed", that no run went through.
std::vector<std::string> rows_never_seen(const Counts& counts);

}  // namespace elector::sim
