// Owns small helpers for the wording of messages: quoting, shortening, "did you mean".
// Must never know a key. Thread rule: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace elector::config {

/// `text` as a TOML basic string, control characters escaped; reads back unchanged.
std::string quoted(std::string_view text);

/// quoted(), cut to what fits a message, with the user part of an address hidden.
std::string shown(std::string_view text);

/// A key as it may be printed: bare, or quoted and cut when it is not a bare TOML key.
std::string shown_key(std::string_view key);

/// "a", "a or b", "a, b or c"; every item in quotes.
std::string alternatives(std::span<const std::string_view> items);

/// The closest candidate, or "" when none is close enough to be a slip of the finger.
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

/// The first control character (below 0x20, or 0x7f) is at the answer; npos: there is none.
std::size_t find_control(std::string_view text);

}  // namespace elector::config
