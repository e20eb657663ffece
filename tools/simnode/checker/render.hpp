// Owns how a report is shown: a table for people, JSON for programs.
// Thread rule: values only.
#pragma once

#include <string>
#include <vector>

#include "simnode/checker/checker.hpp"

namespace elector::checker {

/// Times are shown relative to the log's first line, in seconds.
std::string render_text(const Report& r, const std::vector<std::string>& names);

/// One line. Times are absolute nanoseconds.
std::string render_json(const Report& r, const std::vector<std::string>& names);

}  // namespace elector::checker
