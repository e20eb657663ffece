// docs/state-machine.md is what the transition table says; `model_tests --rewrite` writes it anew.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "model/transition_table.hpp"

using namespace elector::model;

namespace {

constexpr const char* kFile = ELECTOR_MODEL_TESTS_DIR "/../../docs/state-machine.md";

constexpr const char* kHead = R"(# State machine

A member is in one of four roles. Every change of role is one of the rows below; a change without a
row is refused, and ends the process as a broken invariant. The log shows a change as
`event=role_change` with `from`, `to`, the code as `reason` and the sentence as `why`.

This file is what `src/model/transition_table.cpp` says: `model_tests --rewrite` writes it, and
`model_tests` fails while it says anything else.

)";

std::string slurp(const char* path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

bool rewriting() {
    return slurp("/proc/self/cmdline").find(std::string("--rewrite") + '\0') != std::string::npos;
}

/// Every code on the arrow between its two roles, in the order of the table.
std::string diagram() {
    std::vector<std::pair<std::string, std::string>> arrows;
    for (const auto& row : transition_table()) {
        const auto arrow = std::string(name(row.from)) + " --> " + std::string(name(row.to));
        const auto same = [&arrow](const auto& a) { return a.first == arrow; };
        const auto known = std::find_if(arrows.begin(), arrows.end(), same);
        if (known == arrows.end())
            arrows.emplace_back(arrow, row.code);
        else
            known->second += "<br/>" + std::string(row.code);
    }
    std::string out = "```mermaid\nstateDiagram-v2\n    [*] --> follower\n";
    for (const auto& [arrow, codes] : arrows) out += "    " + arrow + ": " + codes + "\n";
    return out + "```\n\n";
}

std::string table() {
    std::string out = "| from | to | code | what the log says |\n|---|---|---|---|\n";
    for (const auto& row : transition_table())
        out += "| " + std::string(name(row.from)) + " | " + std::string(name(row.to)) + " | `" +
               std::string(row.code) + "` | " + std::string(row.sentence) + " |\n";
    return out;
}

}  // namespace

TEST_CASE("the document of the state machine is the transition table") {
    const auto text = kHead + diagram() + table();
    if (rewriting()) std::ofstream(kFile) << text;
    CHECK(slurp(kFile) == text);
}
