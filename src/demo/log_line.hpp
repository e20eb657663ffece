// Owns the reading of what a member logs: one JSON object a line, from its guardian, its elector
// and its closer. Must never trust it: what is no such line is none. Thread rule: pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "model/clock.hpp"

namespace elector::demo {

struct LogLine {
    model::Instant at;  ///< by the line's own time, which is cut to a millisecond
    std::string level;  ///< debug info warn error
    std::string event;
    std::string process;                        ///< guardian elector closer
    std::map<std::string, std::string> fields;  ///< all others

    /// Empty when there is none.
    std::string_view operator[](const std::string& field) const {
        const auto found = fields.find(field);
        return found == fields.end() ? std::string_view{} : found->second;
    }
    bool is(std::string_view name) const { return event == name; }
    bool operator==(const LogLine&) const = default;
};

/// `epoch`: the instant of 1970-01-01, by the wall clock as it stands.
std::optional<LogLine> parse_log_line(std::string_view text, model::Instant epoch);

/// For the onlooker: what an operator would read in it, after the process when it is not the
/// elector.
std::string sentence(const LogLine& line);

}  // namespace elector::demo
