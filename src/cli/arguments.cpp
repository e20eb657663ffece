#include "cli/arguments.hpp"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include "cli/table.hpp"
#include "config/text.hpp"

namespace elector::cli {
namespace {

constexpr const char* kUsualFile = "/etc/iotex-elector/elector.toml";

bool contains(const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

std::nullopt_t refuse(const std::string& text, const char* usage) {
    std::fprintf(stderr, "iotex-elector: %s\nusage: %s\n", text.c_str(), usage);
    return std::nullopt;
}

/// "east, west", cut to what a line can hold.
std::string names_of(const config::Config& file) {
    constexpr std::size_t most = 20;
    std::string out;
    for (std::size_t i = 0; i < std::min(most, file.groups.size()); ++i)
        out += (i > 0 ? ", " : "") + plain(file.groups[i].group);
    if (file.groups.size() > most)
        out += " and " + std::to_string(file.groups.size() - most) + " more";
    return out;
}

/// The value of --group; empty: none was named.
std::string group_named(const Arguments& arguments) {
    const auto found = arguments.find("--group");
    return found == arguments.end() ? "" : found->second;
}

/// None: it cannot be used, and that was said. What is spared is told.
std::optional<config::LoadResult> loaded_for(const Arguments& arguments, const char* usage,
                                             config::Use use) {
    const auto path = configuration_file(arguments, usage);
    if (!path) return std::nullopt;
    auto loaded = config::load_file(*path, config::system_environment(), use);
    for (const auto& problem : loaded.spared)
        std::fprintf(stderr, "warning: %s\n", problem.render().c_str());
    if (loaded.config) return loaded;
    complain(loaded);
    return std::nullopt;
}

}  // namespace

std::optional<Arguments> parse(const std::vector<std::string>& words,
                               const std::vector<std::string>& valued,
                               const std::vector<std::string>& flags, const char* usage) {
    Arguments found;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto cut = words[i].find('=');
        const auto name = words[i].substr(0, cut);
        const bool has_value = cut != std::string::npos;
        if (!has_value && contains(flags, name)) {
            found[name];
        } else if (!contains(valued, name)) {
            return refuse("unknown argument '" + words[i] + "'", usage);
        } else if (has_value) {
            found[name] = words[i].substr(cut + 1);
        } else if (++i < words.size()) {
            found[name] = words[i];
        }
        if (contains(valued, name) && found[name].empty())
            return refuse("the value of " + name + " is missing", usage);
    }
    return found;
}

std::optional<Arguments> parse(const std::vector<std::string>& words, const Command& command) {
    std::vector<std::string> valued;
    std::vector<std::string> flags;
    for (const auto& o : command.options) (o.value.empty() ? flags : valued).emplace_back(o.name);
    return parse(words, valued, flags, usage_of(command).c_str());
}

bool asks_for_help(const std::vector<std::string>& words) {
    return contains(words, "--help") || contains(words, "-h");
}

int complain(const config::LoadResult& loaded) {
    for (const auto& problem : loaded.problems)
        std::fprintf(stderr, "%s\n", problem.render().c_str());
    const auto n = loaded.problems.size();
    std::fprintf(stderr, "%zu problem%s\n", n, n == 1 ? "" : "s");
    return 2;
}

std::optional<std::string> configuration_file(const Arguments& arguments, const char* usage) {
    const auto given = arguments.find("--config");
    const bool usual = given == arguments.end() && ::access(kUsualFile, F_OK) == 0;
    if (given == arguments.end() && !usual)
        return refuse(std::string("--config FILE is missing, and there is no ") + kUsualFile,
                      usage);
    return usual ? std::string(kUsualFile) : given->second;
}

std::string group_fault(const config::LoadResult& loaded, const std::string& name) {
    const auto& file = *loaded.config;
    if (file.groups.empty())
        return name.empty() ? "" : "--group has no meaning: the file has no [[group]] tables";
    if (file.find(name)) return "";
    if (name.empty()) return "--group NAME is missing; the groups are " + names_of(file);
    const auto& out = loaded.left_out;
    if (std::find(out.begin(), out.end(), "group " + config::quoted(name)) != out.end())
        return "group " + plain(name) + " cannot be used as the file has it; see the warnings";
    std::vector<std::string_view> names;
    for (const auto& one : file.groups) names.emplace_back(one.group);
    const auto near = config::closest(name, names);
    const auto hint = near.empty() ? "" : "did you mean " + plain(near) + "? ";
    return "there is no group " + plain(name) + "; " + hint + "The groups are " + names_of(file);
}

std::optional<config::Config> configuration(const Arguments& arguments, const char* usage,
                                            config::Use use) {
    auto loaded = loaded_for(arguments, usage, use);
    if (!loaded) return std::nullopt;
    return std::move(loaded->config);
}

std::optional<config::LoadResult> load_named(const Arguments& arguments, const Command& command,
                                             config::Use use) {
    return loaded_for(arguments, usage_of(command).c_str(), use);
}

const config::Config* group_of(const config::LoadResult& loaded, const Arguments& arguments,
                               const Command& command) {
    const auto name = group_named(arguments);
    const auto fault = group_fault(loaded, name);
    if (fault.empty())
        return loaded.config->groups.empty() ? &*loaded.config : loaded.config->find(name);
    refuse(fault, usage_of(command).c_str());
    return nullptr;
}

std::optional<config::Config> configuration_of_group(const Arguments& arguments,
                                                     const Command& command, config::Use use) {
    const auto loaded = load_named(arguments, command, use);
    if (!loaded) return std::nullopt;
    const auto* one = group_of(*loaded, arguments, command);
    if (!one) return std::nullopt;
    return *one;
}

std::optional<config::Config> configuration(const Arguments& arguments, const Command& command,
                                            config::Use use) {
    return configuration(arguments, usage_of(command).c_str(), use);
}

}  // namespace elector::cli
