// Owns the first pass of the loader: from the document's tree to fields of Config, one key at a
// time. Internal to this folder. Must never relate two keys to each other. Thread rule: pure
// function.
#pragma once

#include "config/config.hpp"
#include "config/document.hpp"
#include "config/report.hpp"

namespace elector::config {

/// Stores every acceptable value in `config` and reports everything else.
void read_tree(const Tree& root, Config& config, Report& report);

}  // namespace elector::config
