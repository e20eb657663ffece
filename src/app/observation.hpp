// Owns what a member that only looks can honestly say: what it sees, and what it would do.
// Must never act. Thread rule: pure functions.
#pragma once

#include <string>

#include "core/state.hpp"
#include "model/policy.hpp"

namespace elector::app {

/// In words, without anything that changes by time alone: told whenever it differs.
struct Observation {
    std::string node;          ///< as last verified
    std::string holder;        ///< what the record says
    std::string queue;         ///< names, head first
    std::string would;         ///< what mode "control" would do now
    bool foreign = false;      ///< an older elector or etcdctl is in the queue
    bool unexplained = false;  ///< the node is active, and nobody is known to lead it
    bool operator==(const Observation&) const = default;
};

Observation observe(const model::Policy& policy, const core::State& state, model::Instant now);

}  // namespace elector::app
