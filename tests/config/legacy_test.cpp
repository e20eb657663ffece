#include "config/legacy.hpp"

#include <doctest/doctest.h>

#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

LegacyResult run(const Lines& arguments) {
    return load_legacy(arguments, FakeMachine{}.environment());
}

Lines problems(const Lines& arguments) { return rendered(run(arguments).loaded.problems); }

constexpr const char* kUsage =
    "; the flags are -etcd=URL -iotexAdmin=URL -iotexProbe=URL -key=KEY -value=NAME";

}  // namespace

TEST_CASE("the older command line becomes a configuration, its text and a note") {
    const LegacyResult result =
        run({"-etcd=http://etcd:2379", "-iotexAdmin=http://127.0.0.1:9119",
             "-iotexProbe=http://127.0.0.1:8181", "-key=/group", "-value=delegate-a"});
    REQUIRE(rendered(result.loaded.problems) == Lines{});
    CHECK(result.toml ==
          "[member]\n"
          "name = \"delegate-a\"\n"
          "[election]\n"
          "key = \"/group\"\n"
          "[etcd]\n"
          "endpoints = [\"http://etcd:2379\"]\n"
          "[node]\n"
          "admin = \"http://127.0.0.1:9119\"\n"
          "probe = \"http://127.0.0.1:8181\"\n");
    CHECK(result.note ==
          "older command line accepted; as a configuration file: member.name = \"delegate-a\"; "
          "election.key = \"/group\"; etcd.endpoints = [\"http://etcd:2379\"]; "
          "node.admin = \"http://127.0.0.1:9119\"; node.probe = \"http://127.0.0.1:8181\"");
    CHECK(*load_text(result.toml).config == *result.loaded.config);
}

TEST_CASE("flags left out have the older defaults and the rest today's") {
    const LegacyResult result = run({});
    REQUIRE(result.loaded.config);
    Config expected = *load_text("").config;
    CHECK(*result.loaded.config == expected);
    CHECK(expected.member.name == "host-1");
}

TEST_CASE("one dash or two, with an equals sign or a space, the last one counts") {
    const Lines forms[] = {
        {"-value=b"}, {"--value=b"}, {"-value", "b"}, {"--value", "b"}, {"-value=a", "-value=b"}};
    for (const Lines& form : forms) {
        CAPTURE(form);
        const LegacyResult result = run(form);
        REQUIRE(result.loaded.config);
        CHECK(result.loaded.config->member.name == "b");
    }
    const LegacyResult dashes = run({"-value", "-key"});
    REQUIRE(dashes.loaded.config);
    CHECK(dashes.loaded.config->member.name == "-key");
}

TEST_CASE("flags that cannot be read are refused in Go's words") {
    const std::string usage = kUsage;
    CHECK(problems({"-foo=1"}) ==
          Lines{"command line: flag provided but not defined: -foo" + usage});
    CHECK(problems({"-iotexadmin=x"}) ==
          Lines{"command line: flag provided but not defined: -iotexadmin" + usage});
    CHECK(problems({"-key"}) == Lines{"command line: flag needs an argument: -key" + usage});
    CHECK(problems({"---key=a"}) == Lines{"command line: bad flag syntax: \"---key=a\"" + usage});
    CHECK(problems({"-=a"}) == Lines{"command line: bad flag syntax: \"-=a\"" + usage});
    CHECK(problems({"-key=/a", "run"}) ==
          Lines{"command line: unexpected argument: \"run\"" + usage});
    CHECK(problems({"-"}) == Lines{"command line: unexpected argument: \"-\"" + usage});
    CHECK(run({"-foo"}).toml == "");
}

TEST_CASE("values that cannot be accepted name their flag") {
    CHECK(
        problems({"-value=a/b", "-key=/x/", "-etcd=etcd:2379", "-iotexAdmin=http://10.0.0.1:9009",
                  "-iotexProbe="}) ==
        Lines{"-value: member.name = \"a/b\" must not contain \"/\"; it is part of a key",
              "-key: election.key = \"/x/\" must not end in \"/\"; candidates queue under the key "
              "plus \"/\"",
              "-etcd: etcd.endpoints[0] = \"etcd:2379\" must begin with http:// or https://; write "
              "it like \"http://127.0.0.1:2379\"",
              "-iotexAdmin: node.admin = \"http://10.0.0.1:9009\" must be on this host's loopback, "
              "for example \"http://127.0.0.1:9009\"; a node elsewhere could go on signing when "
              "this host is lost",
              "-iotexProbe: node.probe = \"\" must begin with http:// or https://; write it like "
              "\"http://127.0.0.1:2379\""});
}

TEST_CASE("a value cannot smuggle keys into the configuration") {
    const LegacyResult result = run({"-value=a\"\nmode = \"observe"});
    CHECK(rendered(result.loaded.problems) ==
          Lines{"-value: member.name = \"a\\\"\\nmode = \\\"observe\" must not contain control "
                "characters"});
}

TEST_CASE("the older command line is recognised by its first flag") {
    const auto is = [](const Lines& arguments) { return is_legacy_command_line(arguments); };
    CHECK(is({"-etcd=http://a:1"}));
    CHECK(is({"--value", "x"}));
    CHECK_FALSE(is({}));
    CHECK_FALSE(is({"run", "--config", "f"}));
    CHECK_FALSE(is({"--version"}));
    CHECK_FALSE(is({"-h"}));
}
