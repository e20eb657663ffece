// Owns what is told to people outside: one event as a value, and its written forms. Must never hold
// a secret. Thread rule: values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elector::notify {

enum class Severity : std::uint8_t { kInfo, kWarning, kError, kAlarm };
std::string_view word(Severity severity);

struct Message {
    std::string at;     ///< UTC, as in the log
    std::string event;  ///< name as in the log
    Severity severity = Severity::kInfo;
    std::string group;  ///< election.key
    std::string member;
    std::string role;
    std::int64_t term = 0;  ///< of this member's holding; 0: it holds nothing
    std::string reason;     ///< reason code of a role change, or empty
    std::string sentence;   ///< for the operator, as in the log's `why`
    std::string detail;
    std::string node;  ///< last verified: active, standby, unknown
    /// How many earlier ones were lost on the way to this reader; set when it is sent.
    std::uint64_t lost_before = 0;
    /// Name of the group's [[group]] table; empty, and not told: the file has none.
    std::string table{};
    bool operator==(const Message&) const = default;
};

enum class Format : std::uint8_t { kJson, kSlack };

/// One JSON object with a fixed order of fields, without a line end. Long texts are cut.
std::string written(const Message& message, Format format);

/// What a command gets: names ELECTOR_*, and values.
std::vector<std::pair<std::string, std::string>> variables(const Message& message);

/// Whether somebody who asked for `events` wants to hear of it. An event is asked for by name, or
/// by class: "role", "alarm", "warning" (errors too), "node".
bool wanted(const std::vector<std::string>& events, std::string_view event, Severity severity);

}  // namespace elector::notify
