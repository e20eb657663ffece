// Owns the rules between keys: what a single value cannot show to be wrong.
// Internal to this folder. Must never change a value. Thread rule: pure functions but for
// files.cpp.
#pragma once

#include "config/config.hpp"
#include "config/environment.hpp"
#include "config/report.hpp"

namespace elector::config {

/// Timing of the holding against the node's bounds (budget.hpp). In check_timing.cpp.
void check_timing(const Config& config, Report& report);

/// Everything else that needs no file. In check.cpp.
void check_consistency(const Config& config, Report& report);

/// Reads the secrets into `config` and looks at every file named. In files.cpp.
void read_files(Config& config, const Environment& environment, Report& report, Use use);

}  // namespace elector::config
