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

/// What else a group's own tables must keep, and needs no file. In check.cpp.
void check_group(const Config& config, Report& report);

/// The same of the tables that a file has once. In check.cpp.
void check_file(const Config& config, Report& report);

/// Reads the secrets of the tables that a file has once into `config`, and looks at every file
/// that they name. In files.cpp.
void read_files(Config& config, const Environment& environment, Report& report, Use use);

/// Looks at what a group's own tables name. In files.cpp.
void look_at_programs(const Config& config, const Environment& environment, Report& report);

}  // namespace elector::config
