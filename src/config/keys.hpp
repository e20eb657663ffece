// Owns the one table of configuration keys: type, range, meaning, reload class, and where the value
// lives. The loader, the renderer, the reload diff and the documentation test all read this table.
// Must never relate two keys to each other (check.cpp does). Thread rule: constants and pure
// functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.hpp"

namespace elector::config {

/// When a changed value takes effect on reload.
enum class ReloadClass { kLive, kNextHolding, kRefused };

struct BoolField {
    bool& (*ref)(Config&);
    const bool& (*get)(const Config&);
};

struct IntField {
    std::int64_t& (*ref)(Config&);
    const std::int64_t& (*get)(const Config&);
    std::int64_t min;
    std::int64_t max;
};

struct DurationField {
    Duration& (*ref)(Config&);
    const Duration& (*get)(const Config&);
    Duration min;
    Duration max;
};

/// Everything written as one string. `parse` stores the value and answers "", or answers what is
/// wrong with it, worded to follow the value.
struct TextField {
    std::string (*parse)(Config&, std::string_view);
    std::string (*format)(const Config&);
};

/// A list of strings; `add` is as TextField's parse, for one element.
struct ListField {
    void (*clear)(Config&);
    std::string (*add)(Config&, std::string_view);
    std::vector<std::string> (*format)(const Config&);
    std::size_t max_size;
};

using Field = std::variant<BoolField, IntField, DurationField, TextField, ListField>;

struct KeySpec {
    std::string_view path;          ///< "election.hold"; "notify.url" for a key of [[notify]]
    ReloadClass reload;             ///< from when on a change counts
    std::string_view example;       ///< as TOML, for messages about a wrong type
    std::string_view default_rule;  ///< how a default that is not constant comes about, or ""
    std::string_view rule;          ///< what is allowed, beyond the field's own range
    std::string_view meaning;       ///< one or two sentences
    Field field;

    std::string_view table() const { return path.substr(0, path.find('.')); }
    std::string_view leaf() const { return path.substr(path.find('.') + 1); }
    bool is_secret() const { return path == "notify.url"; }  ///< such addresses carry tokens
};

/// All keys, in the order of the documentation; tables are contiguous.
std::span<const KeySpec> keys();

/// The keys of one [[notify]] table; their fields refer to the last element of Config::notify.
std::span<const KeySpec> notify_keys();

/// The names of all tables, "notify" and "group" included.
std::span<const std::string_view> table_names();

/// Those that a [[group]] table may have too.
std::span<const std::string_view> group_table_names();

/// The effective value as TOML: `"5s"`, `true`, `["a", "b"]`.
std::string value_text(const KeySpec& key, const Config& config);

/// "duration", "text", ...
std::string_view type_text(const KeySpec& key);

/// The allowed values in words: "2s to 15s; whole seconds". May be empty.
std::string range_text(const KeySpec& key);

/// "now", "next holding", "refused".
std::string_view reload_text(ReloadClass reload);

}  // namespace elector::config
