// Owns the parsed text of a TOML file as a small tree with positions; the only user of toml++ is
// its .cpp. Must never know a key of ours. Thread rule: pure function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace elector::config {

/// Line and column count from 1; line 0 means "no position".
struct Position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    auto operator<=>(const Position&) const = default;
};

/// A TOML value. Which of the value fields holds depends on `kind`.
struct Tree {
    enum class Kind { kBoolean, kInteger, kFloat, kString, kDate, kArray, kTable };
    Kind kind = Kind::kTable;
    Position at;      ///< of the value
    std::string key;  ///< empty for the root and for elements of an array
    Position key_at;
    bool boolean = false;
    std::int64_t integer = 0;
    std::string text;            ///< kString: the content; kFloat and kDate: as written
    std::vector<Tree> children;  ///< kArray: in order; kTable: in the order of the file
};

struct SyntaxError {
    Position at;
    std::string cause;
};

/// Larger texts are no configuration.
inline constexpr std::size_t kMaxDocumentBytes = 512 * 1024;

/// Parses TOML 1.0. What lies deeper than any key of ours can is cut off.
std::variant<Tree, SyntaxError> parse_document(std::string_view text);

}  // namespace elector::config
