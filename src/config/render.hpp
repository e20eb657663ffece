// Owns the written form of an effective configuration. Must never contain a secret.
// Thread rule: pure function.
#pragma once

#include <string>

#include "config/config.hpp"

namespace elector::config {

/// TOML with every key at its effective value; load() of it gives the same Config, secrets aside
/// (they are named by file and come from there, or from the environment).
/// Of more groups than a page holds, what all have in common stands in the file's own tables.
std::string render_toml(const Config& config);

/// Where a notification goes, without what may be secret: "https://hooks.example.org:443",
/// "/usr/local/bin/page-me"; "" when the target was left out.
std::string target_text(const Notify& notify);

/// One line for each target, or "  none".
std::string render_targets(const Config& config);

}  // namespace elector::config
