// Owns what `doctor` looks at on this host: clock, state folder, the service's process. Must never
// change anything, nor start a process. Thread rule: called from main; blocks on /proc only.
#pragma once

#include "cli/diagnosis.hpp"

namespace elector::cli {

HostFacts look_at_host(const config::Config& config);

/// Where the admin port of `node` listens in this network namespace.
std::vector<std::string> admin_listeners(const config::Node& node);

}  // namespace elector::cli
