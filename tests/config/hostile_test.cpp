// Texts that nobody writes in good faith: the loader answers with problems and stays upright.
#include <doctest/doctest.h>

#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

std::string repeated(std::string_view part, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += part;
    return out;
}

}  // namespace

TEST_CASE("the parser's words stay on one line") {
    CHECK(problems_of("[api]\nenabled = fals\n") ==
          Lines{"elector.toml:2:15: syntax error in boolean: expected 'false', saw 'fals '"});
}

TEST_CASE("a letter beyond ASCII in a key without quotes is a syntax error") {
    const auto problems = problems_of("[node]\nam\xc5\x88 = 1\n");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].starts_with("elector.toml:2:3: syntax error"));
}

TEST_CASE("numbers beyond all bounds are told as what they are") {
    CHECK(problems_of("[health]\nfall = 99999999999999999999999\n") ==
          Lines{"elector.toml:2:31: syntax error in decimal integer: '99999999999999999999999' is "
                "not representable in 64 bits"});
    CHECK(
        problems_of("[health]\nfall = 9223372036854775807\nrise = nan\nmax_lag = -inf\n"
                    "max_tip_age = 1979-05-27\n") ==
        Lines{"elector.toml:2:8: health.fall = 9223372036854775807 must be from 1 to 100",
              "elector.toml:3:8: health.rise = nan must be an integer, for example rise = 2 (found "
              "a float)",
              "elector.toml:4:11: health.max_lag = -inf must be an integer, for example max_lag = "
              "2 (found a float)",
              "elector.toml:5:15: health.max_tip_age = 1979-05-27 must be a duration in quotes, "
              "for example max_tip_age = \"10s\" (found a date or time)"});
}

TEST_CASE("a list of everything but texts reports every element") {
    CHECK(
        problems_of("[fence]\ncommand = [1, \"a\", [2], {b = 1}, 1.5, true]\n") ==
        Lines{"elector.toml:2:12: fence.command[0] = 1 must be a text in quotes (found an integer)",
              "elector.toml:2:20: fence.command[2] = [...] must be a text in quotes (found a list)",
              "elector.toml:2:25: fence.command[3] = {...} must be a text in quotes (found a "
              "table)",
              "elector.toml:2:34: fence.command[4] = 1.5 must be a text in quotes (found a float)",
              "elector.toml:2:39: fence.command[5] = true must be a text in quotes (found true or "
              "false)"});
}

TEST_CASE("lists have an end") {
    const std::string many = repeated("\"x\", ", 65);
    CHECK(problems_of("[fence]\ncommand = [" + many + "]\n") ==
          Lines{"elector.toml:2:11: fence.command = [...] must not have more than 64 elements"});
    CHECK(problems_of(repeated("[[notify]]\nurl = \"http://h\"\n", 17)) ==
          Lines{"elector.toml:1:3: there are more than 16 [[notify]] tables"});
}

TEST_CASE("deep nesting ends in an answer, not in an exhausted stack") {
    const std::string dots =
        "syntax error: more than 64 dots in one line; this is no configuration";
    CHECK(problems_of("a" + repeated(".a", 30'000) + " = 1\n") ==
          Lines{"elector.toml:1:1: " + dots});
    CHECK(problems_of("\n[" + repeated("a.", 30'000) + "a]\n") ==
          Lines{"elector.toml:2:1: " + dots});
    CHECK(problems_of("a = " + repeated("[", 30'000)).size() == 1);
    CHECK(problems_of("a = " + repeated("{a = ", 10'000)).size() == 1);
    const std::string level = "[{" + repeated("a.", 60) + "a =\n";
    CHECK(problems_of("a = " + repeated(level, 200)).size() == 1);
    CHECK(
        problems_of("[member." + repeated("a.", 60) + "a]\n[member." + repeated("b.", 60) + "b]\n")
            .size() == 2);
}

TEST_CASE("a text of several lines hides no deep nesting") {
    const std::string deep = repeated("a.", 30'000) + "a = 1";
    for (const std::string quotes : {"\"\"\"", "'''"}) {
        CHECK(problems_of("a = {b = " + quotes + "\n#" + quotes + ", " + deep + "}\n") ==
              Lines{"elector.toml:2:1: syntax error: more than 64 dots in one line; this is no "
                    "configuration"});
    }
    CHECK(problems_of("a = {b = \"\\\"#\", " + deep + "}\n")
              .front()
              .starts_with("elector.toml:1:1: syntax error: more than 64 dots"));
}

TEST_CASE("texts may have as many dots as they like") {
    const std::string dots = repeated("a.", 40);
    CHECK(problems_of("[fence]\ncommand = [\"/x\", \"" + dots + "\", '" + dots + "'] # it's\n") ==
          Lines{"elector.toml:2:11: fence.command = [...] names \"/x\", which cannot be run: No "
                "such file or directory"});
}

TEST_CASE("comments may have as many dots as they like") {
    CHECK(problems_of("  # " + repeated(".", 1000) + "\n") == Lines{});
}

TEST_CASE("what is not UTF-8 is a syntax error") {
    CHECK(problems_of("[member]\nname = \"\xff\xfe\"\n") ==
          Lines{"elector.toml:2:8: syntax error: Encountered invalid utf-8 sequence"});
    CHECK(problems_of("\xef\xbb\xbf[member]\nname = \"a\"\n") == Lines{});
}

TEST_CASE("a mistyped table header is a syntax error") {
    CHECK(problems_of("[,api]\n") ==
          Lines{"elector.toml:1:2: syntax error in key: expected bare key starting character or "
                "string delimiter, saw ','"});
    CHECK(problems_of("[[=]]\n") ==
          Lines{"elector.toml:1:3: syntax error in key: expected bare key starting character or "
                "string delimiter, saw '='"});
}

TEST_CASE("control characters in values and keys never reach the terminal") {
    const Lines problems = problems_of(
        "[member]\nname = \"\\u001b[2J\"\nmode = \"\\u0000\"\n\"\\u001b[31m\" = 1\n[\"a\\nb\"]\n");
    CHECK(
        problems ==
        Lines{"elector.toml:2:8: member.name = \"\\u001b[2J\" must not contain control characters",
              "elector.toml:3:8: member.mode = \"\\u0000\" must be \"control\" or \"observe\"",
              "elector.toml:4:1: unknown key member.\"\\u001b[31m\"; the keys here are name, mode, "
              "priority, nofailover",
              "elector.toml:5:2: unknown table [\"a\\nb\"]; the tables are member, election, etcd, "
              "node, health, fence, guardian, state, api, log, notify, group"});
}

TEST_CASE("endless names are cut in messages") {
    const std::string name(60'000, 'x');
    CHECK(problems_of("[member]\nmode = \"" + name + "\"\n") ==
          Lines{"elector.toml:2:8: member.mode = \"" + name.substr(0, 60) +
                "\"... must be \"control\" or \"observe\""});
    CHECK(
        problems_of(name + " = 1\n") ==
        Lines{"elector.toml:1:1: unknown key \"" + name.substr(0, 60) +
              "\"...; the tables are member, election, etcd, node, health, fence, guardian, state, "
              "api, log, notify, group"});
}

TEST_CASE("a text larger than any configuration is refused unread") {
    CHECK(problems_of(std::string(524'289, '#')) ==
          Lines{"elector.toml:1:1: syntax error: the text is longer than 512 KiB; this is no "
                "configuration"});
    CHECK(problems_of(std::string(524'288, '#')) == Lines{});
}

TEST_CASE("every prefix of a valid file is answered") {
    const std::string text =
        "[member]\nname = \"a\"\n[etcd]\nendpoints = [\"http://a:1\", 'http://b:1']\n"
        "[[notify]]\nurl = \"http://h\"\nevents = [\"alarm\"]\n";
    for (std::size_t length = 0; length <= text.size(); ++length) {
        CAPTURE(length);
        const LoadResult result = load_text(text.substr(0, length));
        CHECK(result.config.has_value() == result.problems.empty());
    }
}
