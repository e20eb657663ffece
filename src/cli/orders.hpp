// Owns the commands that pause a group's election and let it go on: `pause`, `resume`.
// Must never touch a holder record or a candidate key. Thread rule: called from main.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace elector::cli {

/// `pause --reason TEXT [--for DUR] [--json] [--config FILE]`: nobody claims until `resume`, or
/// until DUR has passed; who leads goes on. Returns 0, 1 when refused or failed, 2 for a wrong
/// command line or configuration.
int pause(const std::vector<std::string>& arguments, const Means& means);
int resume(const std::vector<std::string>& arguments, const Means& means);

}  // namespace elector::cli
