#include "config/load.hpp"

#include <doctest/doctest.h>

#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;
using namespace std::chrono_literals;

TEST_CASE("an empty file is valid and gives the built-in defaults") {
    Config expected;
    expected.member.name = "host-1";
    for (const std::string_view text : {"", "\n\n", "# nothing\n", "[member]\n[etcd]\n"}) {
        const LoadResult result = load_text(text);
        REQUIRE(rendered(result.problems) == Lines{});
        CHECK(rendered(result.warnings) == Lines{});
        CHECK(*result.config == expected);
    }
}

TEST_CASE("ten mistakes in one file are reported at once, each at its place") {
    constexpr std::string_view text = R"([member]
name = "a/b"
mode = "contrl"
priority = "high"

[election]
key = "/group.d"
hold = "2s"
renew = "1s"
margn = "1s"

[etcd]
endpoints = ["http://a:2379", "http://A:2379/", 5]

[node]
block_interval = 2.5
poll_interval = "20s"

[eletion]
hold = 5
)";
    CHECK(
        problems_of(text) ==
        Lines{
            "elector.toml:2:8: member.name = \"a/b\" must not contain \"/\"; it is part of a key",
            "elector.toml:3:8: member.mode = \"contrl\" must be \"control\" or \"observe\"; did "
            "you mean \"control\"?",
            "elector.toml:4:12: member.priority = \"high\" must be an integer, for example "
            "priority = 10 (found a text)",
            "elector.toml:7:7: election.key = \"/group.d\" must not end in \".d\"; that ending is "
            "kept for the group's records",
            "elector.toml:8:8: election.hold = \"2s\" must be at least 3 x election.renew "
            "(\"1s\"); raise hold or lower renew",
            "elector.toml:10:1: unknown key election.margn; did you mean \"margin\"?",
            "elector.toml:13:31: etcd.endpoints[1] = \"http://A:2379/\" is given twice",
            "elector.toml:13:49: etcd.endpoints[2] = 5 must be a text in quotes (found an "
            "integer)",
            "elector.toml:16:18: node.block_interval = 2.5 must be a duration in quotes, for "
            "example block_interval = \"2.5s\" (found a float)",
            "elector.toml:17:17: node.poll_interval = \"20s\" must be from \"500ms\" to \"10s\"",
            "elector.toml:19:2: unknown table [eletion]; did you mean [election]?",
        });
    CHECK_FALSE(load_text(text).config.has_value());
}

TEST_CASE("a problem carries its parts as well as its text") {
    const LoadResult result = load_text("[election]\nhold = \"2s\"\nrenew = \"1s\"\n");
    CHECK(result.problems ==
          std::vector<Problem>{{"elector.toml",
                                {2, 8},
                                "election.hold",
                                "election.hold = \"2s\" must be at least 3 x election.renew "
                                "(\"1s\"); raise hold or lower renew"}});
}

TEST_CASE("a syntax error is told with its place and the parser's cause") {
    CHECK(problems_of("[member\nname = 1\n") ==
          Lines{"elector.toml:1:8: syntax error in table header: expected ']', saw '\\n'"});
    CHECK(problems_of("a = \n") ==
          Lines{"elector.toml:1:5: syntax error in key-value pair: expected value, saw '\\n'"});
    CHECK(problems_of("[member]\nname = \"a\"\nname = \"b\"\n") ==
          Lines{"elector.toml:3:8: syntax error in key-value pair: cannot redefine existing string "
                "'name'"});
    CHECK(problems_of("[member]\n[log]\n[member]\n") ==
          Lines{"elector.toml:3:1: syntax error in table header: cannot redefine existing table "
                "'member'"});
}

TEST_CASE("an unknown key says what was likely meant") {
    CHECK(problems_of("[node]\nhold = \"3s\"\n") ==
          Lines{"elector.toml:2:1: unknown key node.hold; it belongs in [election]"});
    CHECK(problems_of("[guardian]\nflavour = 1\n") ==
          Lines{"elector.toml:2:1: unknown key guardian.flavour; the keys here are enabled"});
    CHECK(problems_of("hold = \"3s\"\n") ==
          Lines{"elector.toml:1:1: unknown key hold; it belongs in [election]"});
    CHECK(problems_of("nodee = 1\n") ==
          Lines{"elector.toml:1:1: unknown key nodee; did you mean [node]?"});
    CHECK(
        problems_of("[etcd]\npassword = \"hunter2\"\n") ==
        Lines{"elector.toml:2:1: unknown key etcd.password; the keys here are endpoints, ca_file, "
              "cert_file, key_file, server_name, username, password_file, request_timeout, "
              "dial_timeout"});
    CHECK(problems_of("[zebra]\n") ==
          Lines{"elector.toml:1:2: unknown table [zebra]; the tables are member, election, etcd, "
                "node, health, fence, guardian, state, api, log, notify, group"});
    CHECK(problems_of("[election.hold]\nx = 1\n") ==
          Lines{"elector.toml:1:1: election.hold = {...} must be a duration in quotes, for example "
                "hold = \"5s\" (found a table)"});
}

TEST_CASE("a table in the wrong shape says how to write it") {
    CHECK(problems_of("election = 5\n[[member]]\n[notify]\n") ==
          Lines{"elector.toml:1:1: election must be a table: write [election] on a line of its own "
                "(found an integer)",
                "elector.toml:2:3: member must be a table: write [member] on a line of its own "
                "(found a list)",
                "elector.toml:3:2: notify must be a list of tables: write [[notify]]"});
}

TEST_CASE("profiles set the hold and single values override them") {
    const auto timing = [](std::string_view text) {
        const LoadResult result = load_text(text);
        REQUIRE(rendered(result.problems) == Lines{});
        const Config& c = *result.config;
        return std::vector<Duration>{c.election.hold, c.election.renew, c.etcd.request_timeout};
    };
    using Timing = std::vector<Duration>;
    CHECK(timing("[election]\nprofile = \"fast\"\n") == Timing{3s, 600ms, 500ms});
    CHECK(timing("[election]\nprofile = \"standard\"\n") == Timing{5s, 1s, 500ms});
    CHECK(timing("[election]\nprofile = \"wan\"\n") == Timing{15s, 3s, 500ms});
    CHECK(timing("[election]\nprofile = \"wan\"\nhold = \"8s\"\n") == Timing{8s, 1600ms, 500ms});
    CHECK(timing("[election]\nprofile = \"wan\"\nrenew = \"1s\"\n") == Timing{15s, 1s, 500ms});
}

TEST_CASE("web3 auto asks beside the admin port, off asks nowhere") {
    const auto web3 = [](std::string_view value) {
        const LoadResult result = load_text("[node]\nadmin = \"http://127.0.0.2:9009\"\nweb3 = \"" +
                                            std::string(value) + "\"\n");
        REQUIRE(rendered(result.problems) == Lines{});
        return std::pair(result.config->node.web3_mode, result.config->node.web3.text());
    };
    CHECK(web3("auto") == std::pair(Web3Mode::kAuto, std::string("http://127.0.0.2:15014")));
    CHECK(web3("") == std::pair(Web3Mode::kOff, std::string()));
    CHECK(web3("http://127.0.0.1:8545") ==
          std::pair(Web3Mode::kUrl, std::string("http://127.0.0.1:8545")));
}

TEST_CASE("the state directory comes from the service manager unless it is written") {
    FakeMachine machine;
    machine.variables["STATE_DIRECTORY"] = "/run/state:/run/other";
    CHECK(load_on(machine, "").config->state.dir == "/run/state");
    CHECK(load_on(machine, "[state]\ndir = \"\"\n").config->state.dir == "/run/state");
    CHECK(load_on(machine, "[state]\ndir = \"/srv\"\n").config->state.dir == "/srv");
    machine.variables["STATE_DIRECTORY"] = "relative";
    CHECK(
        rendered(load_on(machine, "").problems) ==
        Lines{"elector.toml: state.dir is not set, and $STATE_DIRECTORY = \"relative\" must be an "
              "absolute path, beginning with \"/\""});
}

TEST_CASE("a host name that cannot serve as member name asks for one") {
    FakeMachine machine;
    machine.host_name = "";
    CHECK(
        rendered(load_on(machine, "").problems) ==
        Lines{"elector.toml: member.name is not set, and this host's name \"\" cannot stand in: it "
              "must not be empty; set member.name"});
    CHECK(load_on(machine, "[member]\nname = \"a\"\n").config->member.name == "a");
}
