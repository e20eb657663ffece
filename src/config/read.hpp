// Owns the first pass of the loader: from the document's tree to fields of Config, one key at a
// time. Internal to this folder. Must never relate two keys to each other. Thread rule: pure
// function.
#pragma once

#include "config/config.hpp"
#include "config/document.hpp"
#include "config/report.hpp"

namespace elector::config {

/// Stores every acceptable value in `config` and reports everything else. [[group]] is let be.
void read_tree(const Tree& root, Config& config, Report& report);

/// The same of one table of a known name; `where` is how it is written: "[node]", "[group.node]".
void read_section(const Tree& table, const std::string& where, Config& config, Report& report);

/// The table that a key of this name belongs to, or "".
std::string_view home_of(std::string_view leaf);

}  // namespace elector::config
