// The table of commands, and that help, completions and the manual page name all of it.
#include "cli/commands.hpp"

#include <doctest/doctest.h>

#include "cli/arguments.hpp"
#include "cli/help.hpp"

using namespace elector::cli;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// As a manual page writes it.
std::string dashed(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '-' ? std::string("\\-") : std::string(1, c);
    return out;
}

}  // namespace

TEST_CASE("every command says what it does, how it is used and how it ends") {
    for (const auto& c : commands()) {
        CAPTURE(c.name);
        CHECK_FALSE(c.summary.empty());
        CHECK_FALSE(c.forms.empty());
        CHECK_FALSE(c.exits.empty());
        CHECK(find_command(c.name) == &c);
    }
    CHECK(find_command("elector") == nullptr);  // the guardian's, not an operator's
}

TEST_CASE("the forms of a command name each of its options, and no other") {
    for (const auto& c : commands()) {
        CAPTURE(c.name);
        auto usage = usage_of(c);
        for (const auto& o : c.options) {
            CAPTURE(o.name);
            CHECK(contains(usage, o.name));
        }
        for (auto at = usage.find("--"); at != std::string::npos; at = usage.find("--", at + 2)) {
            const auto name = usage.substr(at, usage.find_first_of(" ]\n", at) - at);
            CAPTURE(name);
            bool known = false;
            for (const auto& o : c.options) known = known || o.name == name;
            CHECK(known);
        }
    }
}

TEST_CASE("help, manual page and completions name every command and every option") {
    const auto man = man_page("1.2.3");
    for (const auto& c : commands()) {
        CAPTURE(c.name);
        CHECK(contains(help_of_all(), "\n  " + std::string(c.name)));
        CHECK(contains(man, ".SS " + std::string(c.name) + "\n"));
        CHECK(contains(*completion("zsh"), "'" + std::string(c.name) + ":"));
        CHECK(contains(*completion("fish"), " -a " + std::string(c.name) + " -d"));
        for (const auto& o : c.options) {
            CAPTURE(o.name);
            CHECK(contains(help_of(c), "\n  " + std::string(o.name)));
            CHECK(contains(man, "\n.B " + dashed(o.name)));
            CHECK(contains(*completion("bash"), o.name));
            CHECK(contains(*completion("zsh"), "'" + std::string(o.name) + "["));
            CHECK(contains(*completion("fish"), " -l " + std::string(o.name.substr(2)) + " "));
        }
    }
    CHECK(completion("tcsh") == std::nullopt);
}

TEST_CASE("help is no wider than a hundred columns") {
    for (const auto& c : commands()) {
        const auto text = help_of(c) + help_of_all();
        for (std::size_t from = 0; from < text.size();) {
            const auto to = text.find('\n', from);
            CAPTURE(text.substr(from, to - from));
            CHECK(to - from <= 100);
            from = to + 1;
        }
    }
}

TEST_CASE("arguments are read by the table") {
    const auto& pause = command("pause");
    const auto found = parse({"--reason", "disks", "--for=2h", "--json"}, pause);
    REQUIRE(found);
    CHECK(*found == Arguments{{"--reason", "disks"}, {"--for", "2h"}, {"--json", ""}});
    CHECK_FALSE(parse({"--watch"}, pause));
    CHECK(parse({"--watch"}, command("status")));
}
