#include "cli/check.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "config/budget.hpp"
#include "config/legacy.hpp"
#include "config/load.hpp"
#include "config/render.hpp"

namespace elector::cli {
namespace {

void print(std::FILE* to, const std::string& text) { std::fputs(text.c_str(), to); }

void warn(const config::LoadResult& loaded) {
    for (const auto& warning : loaded.warnings)
        print(stderr, "warning: " + warning.render() + "\n");
}

/// Each budget once, under the names of the groups that have it.
std::string budgets(const config::Config& file) {
    if (file.groups.empty()) return "\n# time budget\n" + config::render_budget(file);
    constexpr std::size_t most_names = 8;
    std::vector<std::pair<std::string, std::vector<std::string>>> shared;
    for (const auto& one : file.groups) {
        const auto text = config::render_budget(one);
        auto at = std::find_if(shared.begin(), shared.end(),
                               [&text](const auto& row) { return row.first == text; });
        if (at == shared.end()) at = shared.insert(at, {text, {}});
        at->second.push_back(one.group);
    }
    std::string out;
    for (const auto& [text, names] : shared) {
        out += "\n# time budget of ";
        for (std::size_t i = 0; i < std::min(most_names, names.size()); ++i)
            out += (i > 0 ? ", " : "") + names[i];
        if (names.size() > most_names)
            out += " and " + std::to_string(names.size() - most_names) + " more";
        out += "\n" + text;
    }
    return out;
}

int check_flags(const std::vector<std::string>& flags) {
    const auto legacy = config::load_legacy(flags, config::system_environment());
    if (!legacy.loaded.config) return complain(legacy.loaded);
    warn(legacy.loaded);
    print(stdout, legacy.toml);
    return 0;
}

}  // namespace

int check(const std::vector<std::string>& arguments) {
    if (!arguments.empty() && arguments.front() == "--from-flags")
        return check_flags({arguments.begin() + 1, arguments.end()});
    if (arguments.size() != 1 || arguments.front().rfind('-', 0) == 0) {
        print(stderr, "usage: " + usage_of(command("check")) + "\n");
        return 2;
    }
    const auto loaded = config::load_file(arguments.front(), config::system_environment());
    if (!loaded.config) return complain(loaded);
    warn(loaded);
    print(stdout, "# effective values\n" + config::render_toml(*loaded.config));
    print(stdout, budgets(*loaded.config));
    print(stdout, "\n# notifications\n" + config::render_targets(*loaded.config));
    return 0;
}

}  // namespace elector::cli
