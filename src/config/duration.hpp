// Owns the written form of durations: "300ms", "2.5s", "10m", "1h".
// Must never accept a bare number: it would have no unit. Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "config/parsed.hpp"
#include "model/clock.hpp"

namespace elector::config {

/// One non-negative decimal number and one unit (ms, s, m, h), together a whole number of
/// milliseconds, at most 1000 h.
Parsed<model::Duration> parse_duration(std::string_view text);

/// The shortest written form that parse_duration reads back. Parts of a millisecond are cut off.
std::string format_duration(model::Duration span);

}  // namespace elector::config
