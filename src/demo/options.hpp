// Owns the words after `demo` and what they mean. Thread rule: pure functions.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace elector::demo {

struct Options {
    std::string profile = "fast";  ///< fast | standard
    bool unattended = false;
    bool help = false;
    std::string log_file;  ///< the members' logs; empty: nowhere
    bool operator==(const Options&) const = default;
};

extern const char* const kUsage;

/// The options, or what is wrong with the words.
std::variant<Options, std::string> parse_options(const std::vector<std::string>& arguments);

}  // namespace elector::demo
