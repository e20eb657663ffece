// Owns the defaults that follow from other values: the profile, the block interval, the machine.
// Internal to this folder. Must never report anything. Thread rule: pure function.
#pragma once

#include "config/config.hpp"
#include "config/environment.hpp"
#include "config/report.hpp"

namespace elector::config {

/// Fills in every key that was not written, or written wrongly.
void derive(Config& config, const Report& report, const Environment& environment);

}  // namespace elector::config
