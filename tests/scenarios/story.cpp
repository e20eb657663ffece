#include "scenarios/story.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "core/invariants.hpp"
#include "scenarios/script.hpp"

namespace elector::scenarios {
namespace {

std::string slurp(const std::string& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

bool rewriting() {
    const auto arguments = slurp("/proc/self/cmdline");
    return arguments.find(std::string("--rewrite") + '\0') != std::string::npos;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

void tell(World& world, const std::string& command, std::string& told) {
    std::string trouble;
    try {
        run_command(world, command);
    } catch (const BadCommand& e) {
        trouble = std::string("          TROUBLE: bad command: ") + e.what() + "\n";
    } catch (const core::InvariantBroken& e) {
        world.kill();
        trouble = std::string("          TROUBLE: invariant broken: ") + e.what() + "\n";
    }
    for (const auto& line : world.trace.take()) told += line + "\n";
    told += trouble;
}

}  // namespace

Outcome run_story(const std::string& path) {
    Outcome outcome{slurp(path), {}};
    World world;
    for (const auto& line : lines_of(outcome.written)) {
        const bool command = line.rfind("> ", 0) == 0;
        if (command || line.empty() || line[0] == '#') outcome.told += line + "\n";
        if (command) tell(world, line.substr(2), outcome.told);
    }
    if (rewriting() && outcome.told != outcome.written) {
        std::ofstream(path) << outcome.told;
        outcome.written = outcome.told;
    }
    return outcome;
}

std::string trouble(const Outcome& outcome) {
    std::string command, found;
    for (const auto& line : lines_of(outcome.told)) {
        if (line.rfind("> ", 0) == 0) command = line;
        if (line.find("TROUBLE: ") != std::string::npos) found += command + "\n" + line + "\n";
    }
    return found;
}

std::string first_difference(const Outcome& outcome) {
    const auto written = lines_of(outcome.written);
    const auto told = lines_of(outcome.told);
    std::size_t i = 0;
    while (i < written.size() && i < told.size() && written[i] == told[i]) ++i;
    if (i == written.size() && i == told.size()) return {};
    std::string text = "line " + std::to_string(i + 1) + ":\n";
    for (auto k = i < 2 ? 0 : i - 2; k < i; ++k) text += "    " + written[k] + "\n";
    for (auto k = i; k < i + 3 && k < written.size(); ++k) text += "  - " + written[k] + "\n";
    for (auto k = i; k < i + 3 && k < told.size(); ++k) text += "  + " + told[k] + "\n";
    return text;
}

}  // namespace elector::scenarios
