// Claims about the older elector's command line, whatever its arguments are.
#include "config/legacy.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"

namespace elector::fuzz {

void fuzz_command_line(std::string_view bytes) {
    std::vector<std::string> arguments;
    for (const auto word : split(bytes, "\n")) {
        if (word.find('\0') == std::string_view::npos) arguments.emplace_back(word);
    }
    auto here = config::empty_environment();
    here.host_name = "host-1";
    const auto legacy = config::load_legacy(arguments, here);
    const auto& loaded = legacy.loaded;
    require(loaded.config.has_value() == loaded.problems.empty(),
            "there is a configuration, or a problem");
    for (const auto& problem : loaded.problems) {
        require(!problem.message.empty(), "a problem has words");
        require(problem.render().find_first_of("\n\r\t\x1b\x7f") == std::string::npos,
                "a problem is one line without control characters", problem.render());
        require(problem.at.line == 0, "a command line has no lines", problem.render());
    }
    require(legacy.toml.empty() == legacy.note.empty(), "a note comes with its configuration");
    if (!loaded.config) return;
    require(config::is_legacy_command_line(arguments) || arguments.empty(),
            "only what looks like it is taken for an older command line", bytes);
    const auto again = config::load(legacy.toml, "rendered.toml", here);
    require(again.config == loaded.config, "it is the same as a file", legacy.toml);
}

}  // namespace elector::fuzz
