// Owns the written form of an effective configuration. Must never contain a secret.
// Thread rule: pure function.
#pragma once

#include <string>

#include "config/config.hpp"

namespace elector::config {

/// TOML with every key at its effective value; load() of it gives the same Config, secrets aside
/// (they are named by file and come from there, or from the environment).
std::string render_toml(const Config& config);

}  // namespace elector::config
