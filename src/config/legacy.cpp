#include "config/legacy.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "config/text.hpp"

namespace elector::config {
namespace {

struct Flag {
    std::string_view name;
    std::string_view path;  ///< the key it sets
    std::string_view standard;
    bool is_list = false;
};

// In the order of the TOML text, one line each, so that a problem's line leads back to its flag.
constexpr std::array<Flag, 5> kFlags{{
    {"value", "member.name", "", false},
    {"key", "election.key", "/iotex-server", false},
    {"etcd", "etcd.endpoints", "http://127.0.0.1:2379", true},
    {"iotexAdmin", "node.admin", "http://127.0.0.1:9009", false},
    {"iotexProbe", "node.probe", "http://127.0.0.1:8080", false},
}};

constexpr std::string_view kSource = "command line";
constexpr std::string_view kUsage =
    "; the flags are -etcd=URL -iotexAdmin=URL -iotexProbe=URL -key=KEY -value=NAME";

using Values = std::array<std::optional<std::string>, kFlags.size()>;

std::size_t find_flag(std::string_view name) {
    const auto same = [name](const Flag& flag) { return flag.name == name; };
    return static_cast<std::size_t>(std::find_if(kFlags.begin(), kFlags.end(), same) -
                                    kFlags.begin());
}

struct Argument {
    std::string_view name;
    std::optional<std::string> value;
};

/// "-name", "--name", "-name=value"; nothing when it is no flag at all.
std::optional<Argument> split(std::string_view text) {
    if (text.size() < 2 || text.front() != '-') return std::nullopt;
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return Argument{text, std::nullopt};
    return Argument{text.substr(0, equals), std::string(text.substr(equals + 1))};
}

/// Fills `values`; answers what is wrong, worded as Go words it, or "".
std::string read_flags(std::span<const std::string> arguments, Values& values) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        auto argument = split(arguments[i]);
        if (!argument) return "unexpected argument: " + shown(arguments[i]);
        const std::string_view name = argument->name;
        if (name.empty() || name.front() == '-' || name.front() == '=') {
            return "bad flag syntax: " + shown(arguments[i]);
        }
        const std::size_t flag = find_flag(name);
        if (flag == kFlags.size()) {
            return "flag provided but not defined: -" + shown_key(name);
        }
        if (!argument->value) {
            if (i + 1 == arguments.size()) return "flag needs an argument: -" + std::string(name);
            argument->value = arguments[++i];
        }
        values.at(flag) = std::move(argument->value);
    }
    return "";
}

std::string toml_value(const Flag& flag, const std::string& value) {
    return flag.is_list ? "[" + quoted(value) + "]" : quoted(value);
}

/// Problems of the TOML text, told in terms of the flags.
std::vector<Problem> as_flags(std::vector<Problem> problems) {
    for (Problem& problem : problems) {
        problem.at = {};
        const auto* const flag =
            std::find_if(kFlags.begin(), kFlags.end(),
                         [&](const Flag& candidate) { return candidate.path == problem.path; });
        if (flag != kFlags.end()) problem.source = "-" + std::string(flag->name);
    }
    return problems;
}

LegacyResult refused(std::string message) {
    LegacyResult result;
    result.loaded.problems.push_back({std::string(kSource), {}, "", std::move(message)});
    return result;
}

}  // namespace

bool is_legacy_command_line(std::span<const std::string> arguments) {
    if (arguments.empty()) return false;
    const auto first = split(arguments.front());
    return first && find_flag(first->name) != kFlags.size();
}

LegacyResult load_legacy(std::span<const std::string> arguments, const Environment& environment,
                         Use use) {
    Values values;
    const std::string fault = read_flags(arguments, values);
    if (!fault.empty()) return refused(fault + std::string(kUsage));
    LegacyResult result;
    std::string pairs;
    for (std::size_t i = 0; i < kFlags.size(); ++i) {
        const Flag& flag = kFlags.at(i);
        const std::string fallback =
            flag.standard.empty() ? environment.host_name : std::string(flag.standard);
        const std::string value = toml_value(flag, values.at(i).value_or(fallback));
        const std::size_t dot = flag.path.find('.');
        const std::string_view table = flag.path.substr(0, dot);
        if (result.toml.find("[" + std::string(table) + "]\n") == std::string::npos) {
            result.toml += "[" + std::string(table) + "]\n";
        }
        result.toml += std::string(flag.path.substr(dot + 1)) + " = " + value + "\n";
        pairs += (pairs.empty() ? "" : "; ") + std::string(flag.path) + " = " + value;
    }
    result.loaded = load(result.toml, kSource, environment, use);
    result.loaded.problems = as_flags(std::move(result.loaded.problems));
    result.loaded.warnings = as_flags(std::move(result.loaded.warnings));
    result.loaded.spared = as_flags(std::move(result.loaded.spared));
    result.note = "older command line accepted; as a configuration file: " + pairs;
    return result;
}

}  // namespace elector::config
