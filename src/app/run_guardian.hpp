// Owns how a configuration becomes a guardian: its lock, its log, its children's command lines.
// Must never talk to etcd. Thread rule: called from main, blocks until the end.
#pragma once

#include <string>

#include "app/log.hpp"
#include "app/run.hpp"

namespace elector::app {

/// Runs the guardian and, under it, the elector. The exit code of the service.
int run_guardian(const RunOptions& options);

/// Brings the nodes of this host to standby, without etcd; says what it saw. 0: certain of all; 1:
/// not, or refused because a service that works has one. `force` does it all the same.
int fence_node(const config::Config& config, bool force);

/// The nodes that are guarded, in their order, as a word of the elector's command line: a restarted
/// elector must not lead another one, nor take one for another.
std::string wards_text(const config::Config& config);

/// What is said when another elector has the node.
void tell_locked(const Log& log, const config::Config& config, const std::string& why);

}  // namespace elector::app
