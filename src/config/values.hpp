// Owns how the values that are written as strings are read and written: names, paths, choices,
// addresses, percentages. Must never relate two keys to each other. Thread rule: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace elector::config {

// In the order of the enumerations of config.hpp.
inline constexpr std::array<std::string_view, 2> kModes{"control", "observe"};
inline constexpr std::array<std::string_view, 3> kProfiles{"fast", "standard", "wan"};
inline constexpr std::array<std::string_view, 3> kFencePolicies{"none", "try", "require"};
inline constexpr std::array<std::string_view, 5> kLogLevels{"trace", "debug", "info", "warn",
                                                            "error"};
inline constexpr std::array<std::string_view, 2> kLogFormats{"logfmt", "json"};
inline constexpr std::array<std::string_view, 2> kNotifyFormats{"json", "slack"};
/// Classes of events; notify/message knows what belongs to each.
inline constexpr std::array<std::string_view, 4> kNotifyClasses{"role", "alarm", "warning", "node"};

// Each answers "" when `text` is acceptable, else what is wrong with it, worded to follow the
// value.
std::string member_name_fault(std::string_view text);
std::string election_key_fault(std::string_view text);
std::string path_fault(std::string_view text);  ///< "" (none) is acceptable
std::string program_fault(std::string_view text);
std::string plain_fault(std::string_view text);  ///< any short text without control characters
std::string webhook_fault(std::string_view text);
/// A class of events, or the name of one that the election tells of.
std::string notify_event_fault(std::string_view text);
/// An address at which the node itself answers: plain http on this host's loopback.
std::string node_address_fault(const Url& url);

/// "1%", "0.5%": parts per million.
Parsed<std::int64_t> parse_percent(std::string_view text);
std::string format_percent(std::int64_t ppm);

/// "manual" is nothing; "after 10m".
Parsed<std::optional<Duration>> parse_failback(std::string_view text);
std::string format_failback(std::optional<Duration> after);

/// `must be "a" or "b"; did you mean "a"?`
std::string choice_fault(std::string_view text, std::span<const std::string_view> names);

}  // namespace elector::config
