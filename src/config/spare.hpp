// Owns which problems are in the way of a use of the configuration, and what is left out instead.
// Internal to this folder. Must never read a file. Thread rule: pure functions.
#pragma once

#include <vector>

#include "config/load.hpp"
#include "config/report.hpp"

namespace elector::config {

/// What was found, parted by whether it counts for this use; no configuration.
LoadResult judge(const Report& report, Use use);

/// Nothing half-read is run, and nothing is served without what was to protect it. A program that
/// is only not there now may be back when it is needed.
void leave_out(Config& config, const std::vector<Problem>& spared, const Report& report);

}  // namespace elector::config
