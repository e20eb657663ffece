#include "cli/arguments.hpp"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

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

std::optional<config::Config> configuration(const Arguments& arguments, const char* usage,
                                            config::Use use) {
    const auto path = configuration_file(arguments, usage);
    if (!path) return std::nullopt;
    const auto loaded = config::load_file(*path, config::system_environment(), use);
    for (const auto& problem : loaded.spared)
        std::fprintf(stderr, "warning: %s\n", problem.render().c_str());
    if (!loaded.config) complain(loaded);
    return loaded.config;
}

std::optional<config::Config> configuration(const Arguments& arguments, const Command& command,
                                            config::Use use) {
    return configuration(arguments, usage_of(command).c_str(), use);
}

}  // namespace elector::cli
