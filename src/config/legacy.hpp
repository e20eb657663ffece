// Owns the command line of the older elector: its five flags, read as Go's flag package reads them,
// and the configuration they amount to. Must never grow a flag. Thread rule: pure functions.
#pragma once

#include <span>
#include <string>

#include "config/environment.hpp"
#include "config/load.hpp"

namespace elector::config {

struct LegacyResult {
    LoadResult loaded;  ///< problems name the flag: `-iotexAdmin: node.admin = ...`
    std::string toml;   ///< the same as a file; empty when the flags could not be read
    std::string note;   ///< one line for the log
};

/// Whether the first argument is one of the older elector's flags.
bool is_legacy_command_line(std::span<const std::string> arguments);

/// `arguments` without the program's name. Each of -etcd, -iotexAdmin, -iotexProbe, -key, -value
/// with one or two dashes, as `-flag=value` or `-flag value`; the last one given counts.
LegacyResult load_legacy(std::span<const std::string> arguments, const Environment& environment,
                         Use use = Use::kAll);

}  // namespace elector::config
