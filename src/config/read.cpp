#include "config/read.hpp"

#include <algorithm>

#include "config/duration.hpp"
#include "config/keys.hpp"
#include "config/text.hpp"

namespace elector::config {
namespace {

constexpr std::size_t kMostNotifyTables = 16;

std::string_view kind_text(Tree::Kind kind) {
    switch (kind) {
        case Tree::Kind::kBoolean:
            return "true or false";
        case Tree::Kind::kInteger:
            return "an integer";
        case Tree::Kind::kFloat:
            return "a float";
        case Tree::Kind::kString:
            return "a text";
        case Tree::Kind::kDate:
            return "a date or time";
        case Tree::Kind::kArray:
            return "a list";
        case Tree::Kind::kTable:
            return "a table";
    }
    return "";
}

std::string written(const Tree& value) {
    switch (value.kind) {
        case Tree::Kind::kBoolean:
            return value.boolean ? "true" : "false";
        case Tree::Kind::kInteger:
            return std::to_string(value.integer);
        case Tree::Kind::kFloat:
        case Tree::Kind::kDate:
            return value.text;
        case Tree::Kind::kString:
            return shown(value.text);
        case Tree::Kind::kArray:
            return value.children.empty() ? "[]" : "[...]";
        case Tree::Kind::kTable:
            return "{...}";
    }
    return "";
}

/// Reads one value into one key's field.
class Reader {
  public:
    Reader(Config& config, Report& report, const KeySpec& key, std::string path)
        : config_(config), report_(report), key_(key), path_(std::move(path)) {}

    void read(const Tree& value) {
        report_.given(path_, value.at, key_.is_secret() ? "\"...\"" : written(value));
        std::visit([&](const auto& field) { store(field, value); }, key_.field);
    }

  private:
    void store(const BoolField& field, const Tree& value) {
        if (value.kind != Tree::Kind::kBoolean) return wrong_type("true or false", value);
        field.ref(config_) = value.boolean;
    }

    void store(const IntField& field, const Tree& value) {
        if (value.kind != Tree::Kind::kInteger) return wrong_type("an integer", value);
        if (value.integer < field.min || value.integer > field.max) {
            return report_.fault(path_, "must be from " + std::to_string(field.min) + " to " +
                                            std::to_string(field.max));
        }
        field.ref(config_) = value.integer;
    }

    void store(const DurationField& field, const Tree& value) {
        if (value.kind != Tree::Kind::kString) return wrong_type("a duration in quotes", value);
        const auto parsed = parse_duration(value.text);
        if (const auto* bad = std::get_if<Bad>(&parsed)) return report_.fault(path_, bad->why);
        const Duration span = std::get<Duration>(parsed);
        if (span < field.min || span > field.max) {
            return report_.fault(path_, "must be from " + quoted(format_duration(field.min)) +
                                            " to " + quoted(format_duration(field.max)));
        }
        field.ref(config_) = span;
    }

    void store(const TextField& field, const Tree& value) {
        if (value.kind != Tree::Kind::kString) return wrong_type("a text in quotes", value);
        const std::string fault = field.parse(config_, value.text);
        if (!fault.empty()) report_.fault(path_, fault);
    }

    void store(const ListField& field, const Tree& value) {
        if (value.kind != Tree::Kind::kArray) return wrong_type("a list of texts", value);
        if (value.children.size() > field.max_size) {
            return report_.fault(
                path_, "must not have more than " + std::to_string(field.max_size) + " elements");
        }
        field.clear(config_);
        for (std::size_t i = 0; i < value.children.size(); ++i) {
            store_element(field, value.children[i], i);
        }
    }

    void store_element(const ListField& field, const Tree& element, std::size_t index) {
        const std::string name = path_ + "[" + std::to_string(index) + "]";
        std::string fault =
            element.kind == Tree::Kind::kString
                ? field.add(config_, element.text)
                : "must be a text in quotes (found " + std::string(kind_text(element.kind)) + ")";
        if (fault.empty()) return;
        report_.problem(element.at, path_, name + " = " + written(element) + " " + fault);
    }

    void wrong_type(std::string_view expected, const Tree& value) {
        report_.fault(path_, "must be " + std::string(expected) + ", for example " +
                                 std::string(key_.leaf()) + " = " + std::string(key_.example) +
                                 " (found " + std::string(kind_text(value.kind)) + ")");
    }

    Config& config_;
    Report& report_;
    const KeySpec& key_;
    std::string path_;
};

std::string hint_for(const Tree& unknown, std::span<const KeySpec> siblings) {
    std::vector<std::string_view> names;
    for (const KeySpec& key : siblings) names.push_back(key.leaf());
    const std::string_view near = closest(unknown.key, names);
    if (!near.empty()) return "; did you mean " + quoted(near) + "?";
    const std::string_view home = home_of(unknown.key);
    if (!home.empty()) return "; it belongs in [" + std::string(home) + "]";
    std::string all;
    for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    return "; the keys here are " + all;
}

/// The keys of one table; `prefix` is how the table is named in messages.
void read_table(const Tree& table, std::span<const KeySpec> known, const std::string& prefix,
                Config& config, Report& report) {
    for (const Tree& entry : table.children) {
        const auto key = std::find_if(known.begin(), known.end(), [&](const KeySpec& candidate) {
            return candidate.leaf() == entry.key;
        });
        const std::string path = prefix + "." + shown_key(entry.key);
        if (key == known.end()) {
            report.problem(entry.key_at, path, "unknown key " + path + hint_for(entry, known));
        } else {
            Reader(config, report, *key, path).read(entry);
        }
    }
}

std::span<const KeySpec> keys_of(std::string_view table) {
    const auto all = keys();
    const auto mine = [&](const KeySpec& key) { return key.table() == table; };
    const auto first = std::find_if(all.begin(), all.end(), mine);
    const auto last = std::find_if_not(first, all.end(), mine);
    return {first, last};
}

void read_notify(const Tree& list, Config& config, Report& report) {
    const auto is_table = [](const Tree& element) { return element.kind == Tree::Kind::kTable; };
    const bool tables = list.kind == Tree::Kind::kArray &&
                        std::all_of(list.children.begin(), list.children.end(), is_table);
    if (!tables) {
        return report.problem(list.key_at, "notify",
                              "notify must be a list of tables: write [[notify]]");
    }
    if (list.children.size() > kMostNotifyTables) {
        return report.problem(list.key_at, "notify", "there are more than 16 [[notify]] tables");
    }
    for (std::size_t i = 0; i < list.children.size(); ++i) {
        const std::string name = "notify[" + std::to_string(i) + "]";
        config.notify.emplace_back();
        report.given(name, list.children[i].at, "");
        read_table(list.children[i], notify_keys(), name, config, report);
    }
}

void report_unknown_table(const Tree& entry, Report& report) {
    const std::string name = shown_key(entry.key);
    const std::string_view home = home_of(entry.key);
    const std::string_view near = closest(entry.key, table_names());
    const bool table = entry.kind == Tree::Kind::kTable;
    std::string message = table ? "unknown table [" + name + "]" : "unknown key " + name;
    if (!table && !home.empty()) {
        message += "; it belongs in [" + std::string(home) + "]";
    } else if (!near.empty()) {
        message += "; did you mean [" + std::string(near) + "]?";
    } else {
        std::string all;
        for (const auto known : table_names())
            all += (all.empty() ? "" : ", ") + std::string(known);
        message += "; the tables are " + all;
    }
    report.problem(entry.key_at, name, message);
}

}  // namespace

std::string_view home_of(std::string_view leaf) {
    for (const KeySpec& key : keys()) {
        if (key.leaf() == leaf) return key.table();
    }
    return "";
}

void read_section(const Tree& table, const std::string& where, Config& config, Report& report) {
    if (table.kind == Tree::Kind::kTable)
        return read_table(table, keys_of(table.key), table.key, config, report);
    report.problem(table.key_at, table.key,
                   table.key + " must be a table: write " + where +
                       " on a line of its own (found " + std::string(kind_text(table.kind)) + ")");
}

void read_tree(const Tree& root, Config& config, Report& report) {
    for (const Tree& entry : root.children) {
        if (entry.key == "group") continue;
        if (entry.key == "notify") {
            read_notify(entry, config, report);
        } else if (keys_of(entry.key).empty()) {
            report_unknown_table(entry, report);
        } else {
            read_section(entry, "[" + entry.key + "]", config, report);
        }
    }
}

}  // namespace elector::config
