#include "config/render.hpp"

#include <algorithm>

#include "config/duration.hpp"
#include "config/keys.hpp"
#include "config/text.hpp"
#include "config/values.hpp"

namespace elector::config {
namespace {

std::string assignment(const KeySpec& key, const Config& config) {
    return std::string(key.leaf()) + " = " + value_text(key, config) + "\n";
}

/// The key table's rows for [[notify]] speak of the last such table, so give it one at a time.
std::string render_notify(const Notify& notify) {
    Config one;
    one.notify.push_back(notify);
    std::string out = "\n[[notify]]\n";
    for (const KeySpec& key : notify_keys()) out += assignment(key, one);
    return out;
}

/// More groups than these are shown by what differs.
constexpr std::size_t kShownWhole = 8;

/// One key in the groups of a file; without groups, in the file.
struct Row {
    const KeySpec& key;
    bool of_groups = false;
    std::vector<std::string> values{};  ///< as many as groups, or one
    bool shared = true;                 ///< stands in the file's own tables
};

bool is_of_groups(const KeySpec& key, const Config& file) {
    const auto tables = group_table_names();
    return !file.groups.empty() &&
           std::find(tables.begin(), tables.end(), key.table()) != tables.end();
}

std::vector<Row> rows_of(const Config& file) {
    std::vector<Row> rows;
    for (const KeySpec& key : keys()) {
        Row row{key, is_of_groups(key, file)};
        for (const Config& one : row.of_groups ? file.each() : std::span(&file, 1))
            row.values.push_back(value_text(key, one));
        const bool whole = file.groups.size() <= kShownWhole;
        const auto other = [&row](const std::string& v) { return v != row.values.front(); };
        const bool differ = std::any_of(row.values.begin(), row.values.end(), other);
        row.shared = !row.of_groups || (!whole && !differ);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string line_of(const Row& row, std::size_t place) {
    return std::string(row.key.leaf()) + " = " + row.values[place] + "\n";
}

/// Assignments, with a header where another table begins.
template <class Wanted>
std::string tables_text(const std::vector<Row>& rows, const std::string& prefix, std::size_t place,
                        Wanted wanted) {
    std::string out;
    std::string_view table;
    for (const Row& row : rows) {
        if (!wanted(row)) continue;
        if (row.key.table() != table) {
            table = row.key.table();
            out += (out.empty() ? "[" : "\n[") + prefix + std::string(table) + "]\n";
        }
        out += line_of(row, place);
    }
    return out;
}

}  // namespace

std::string render_toml(const Config& config) {
    const auto rows = rows_of(config);
    const auto is_shared = [](const Row& row) { return row.shared; };
    std::string out = tables_text(rows, "", 0, is_shared);
    for (const Notify& notify : config.notify) out += render_notify(notify);
    for (std::size_t i = 0; i < config.groups.size(); ++i) {
        out += "\n[[group]]\nname = " + quoted(config.groups[i].group) + "\n";
        out += "\n" + tables_text(rows, "group.", i, [](const Row& row) { return !row.shared; });
    }
    return out;
}

std::string target_text(const Notify& notify) {
    if (!notify.command.empty()) return notify.command.front();
    const auto parsed = parse_web_address(notify.url);
    const auto* address = std::get_if<WebAddress>(&parsed);
    return address ? address->server.text() : "";
}

std::string render_targets(const Config& config) {
    std::string out;
    for (const Notify& notify : config.notify) {
        std::string events;
        for (const std::string& event : notify.events) {
            events += (events.empty() ? "" : ", ") + event;
        }
        const std::string format(kNotifyFormats.at(static_cast<std::size_t>(notify.format)));
        out += "  " + std::string(notify.command.empty() ? "posts to " : "runs ") +
               target_text(notify) + ": " + events + "; " + format + ", " +
               format_duration(notify.timeout) + " each" +
               (notify.token.empty() ? "" : ", with a token") + "\n";
    }
    return out.empty() ? "  none\n" : out;
}

}  // namespace elector::config
