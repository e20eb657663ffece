// What is refused in a file of [[group]] tables, and what is spared when one of them is wrong.
#include <doctest/doctest.h>

#include "config/groups_text.hpp"
#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

/// A group with this key and ports of its own, nine lines long.
std::string keyed(const std::string& name, const std::string& key, int number) {
    std::string text = group_text(name, number);
    const std::string usual = "key = \"/" + name + "\"";
    text.replace(text.find(usual), usual.size(), "key = \"" + key + "\"");
    return text;
}

/// The problem of the second group's key, which is in its fourth line.
Lines clash(const std::string& first, const std::string& second) {
    return problems_of(keyed("a", first, 0) + keyed("b", second, 1));
}

std::string said(const std::string& key, const std::string& fault) {
    return "elector.toml:12:7: group \"b\": election.key = \"" + key + "\" " + fault;
}

const std::string kTail = "; what one keeps in etcd would be taken for the other's";

LoadResult load_for(Use use, std::string_view text) {
    const FakeMachine machine;
    return load(text, "elector.toml", machine.environment(), use);
}

Lines names(const LoadResult& result) {
    Lines out;
    REQUIRE(result.config.has_value());
    for (const Config& c : result.config->groups) out.push_back(c.group);
    return out;
}

}  // namespace

TEST_CASE("two groups may not have the same key, nor one below the other's") {
    CHECK(clash("/a", "/a") ==
          Lines{said("/a", "is the key of group \"a\" too; each group needs its own")});
    CHECK(clash("/a", "/a/b") == Lines{said("/a/b", "lies below \"/a\" of group \"a\"" + kTail)});
    CHECK(clash("/a", "/a/b/c") ==
          Lines{said("/a/b/c", "lies below \"/a\" of group \"a\"" + kTail)});
    CHECK(clash("/a/b", "/a") == Lines{said("/a", "lies above \"/a/b\" of group \"a\"" + kTail)});
    CHECK(clash("/a", "/a.d/x") ==
          Lines{said("/a.d/x", "lies below \"/a\" of group \"a\"" + kTail)});
    CHECK(clash("/a.d/members/m", "/a") ==
          Lines{said("/a", "lies above \"/a.d/members/m\" of group \"a\"" + kTail)});
    CHECK(clash("/a", "/a.d") ==
          Lines{said("/a.d",
                     "must not end in \".d\"; that ending is kept for the group's "
                     "records")});
    for (const auto& [first, second] :
         std::vector<std::pair<std::string, std::string>>{{"/a", "/b"},
                                                          {"/a", "/ab"},
                                                          {"/a", "/a.e/x"},
                                                          {"/a", "/a.dx"},
                                                          {"/a", "/a-1"},
                                                          {"/a.d/x", "/a.d/y"},
                                                          {"/x/a", "/x/a.east"}}) {
        CAPTURE(first);
        CAPTURE(second);
        CHECK(clash(first, second) == Lines{});
        CHECK(clash(second, first) == Lines{});
    }
}

TEST_CASE("a port of a node serves one group, whatever loopback is called") {
    const auto second = [](const std::string& admin, const std::string& more = "") {
        return problems_of(group_text("a", 0) +
                           "[[group]]\nname = \"b\"\n[group.election]\nkey = \"/b\"\n"
                           "[group.node]\nadmin = \"" +
                           admin + "\"\nprobe = \"http://127.0.0.1:5\"\n" + more);
    };
    const std::string tail = " of group \"a\" too; a node serves one group";
    for (const std::string host : {"127.0.0.1", "localhost", "[::1]", "[0:0:0:0:0:0:0:1]"}) {
        CAPTURE(host);
        const auto problems = second("http://" + host + ":10000");
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].starts_with("elector.toml:14:9: group \"b\": node.admin = "));
        CHECK(problems[0].ends_with(" is node.admin" + tail));
    }
    CHECK(second("http://127.0.0.1:20000").front().ends_with(" is node.probe" + tail));
    CHECK(second("http://127.0.0.1:30000").front().ends_with(" is node.web3" + tail));
    CHECK(second("http://127.0.0.1:4", "web3 = \"http://127.0.0.1:20000\"\n") ==
          Lines{"elector.toml:16:8: group \"b\": node.web3 = \"http://127.0.0.1:20000\" is "
                "node.probe of group \"a\" too; a node serves one group"});
    CHECK(second("http://127.0.0.2:10000") == Lines{});
}

TEST_CASE("every group has a name of its own") {
    CHECK(problems_of(group_text("a", 0) + keyed("a", "/b", 1)) ==
          Lines{"elector.toml:9:1: group \"a\": name is the name of the group at line 1 too; each "
                "needs its own"});
    const std::string rest = group_text("x", 0).substr(20);
    REQUIRE(rest.starts_with("\n[group.election]"));
    CHECK(problems_of("[[group]]\n" + rest) ==
          Lines{"elector.toml:1:1: group 1: name is missing; write for example name = \"west\""});
    CHECK(problems_of("[[group]]\nname = 5" + rest) ==
          Lines{"elector.toml:2:8: group 1: name must be a text in quotes, for example name = "
                "\"west\""});
    CHECK(problems_of("[[group]]\nname = \"a/b\"" + rest) ==
          Lines{"elector.toml:2:8: group 1: name = \"a/b\" must not contain \"/\"; it is part of a "
                "key"});
    const std::string longest(64, 'x');
    CHECK(problems_of("[[group]]\nname = \"" + longest + "\"" + rest) == Lines{});
    CHECK(problems_of("[[group]]\nname = \"" + longest + "x\"" + rest).size() == 1);
}

TEST_CASE("what belongs to one node is told by each group itself") {
    CHECK(problems_of("[election]\nkey = \"/k\"\n[node]\nadmin = \"http://127.0.0.1:1\"\n"
                      "probe = \"http://127.0.0.1:2\"\n[[group]]\nname = \"a\"\n") ==
          Lines{"elector.toml:2:7: election.key = \"/k\" cannot serve every [[group]]; each has "
                "its own, in [group.election]",
                "elector.toml:4:9: node.admin = \"http://127.0.0.1:1\" cannot serve every "
                "[[group]]; each has its own, in [group.node]",
                "elector.toml:5:9: node.probe = \"http://127.0.0.1:2\" cannot serve every "
                "[[group]]; each has its own, in [group.node]"});
    CHECK(problems_of("[[group]]\nname = \"a\"\n") ==
          Lines{"elector.toml:1:1: group \"a\": election.key is missing; each group has its own, "
                "in [group.election]",
                "elector.toml:1:1: group \"a\": node.admin is missing; each group has its own, in "
                "[group.node]",
                "elector.toml:1:1: group \"a\": node.probe is missing; each group has its own, in "
                "[group.node]"});
}

TEST_CASE("problems of a group name it and its lines, all at once") {
    CHECK(problems_of(group_text("a", 0, "hold = \"2s\"\nrenew = \"1s\"\n") +
                      group_text("b", 1, "margn = \"1s\"\nquiesce = 5\n") +
                      "[group.fence]\npolicy = \"try\"\n") ==
          Lines{"elector.toml:5:8: group \"a\": election.hold = \"2s\" must be at least 3 x "
                "election.renew (\"1s\"); raise hold or lower renew",
                "elector.toml:15:1: group \"b\": unknown key election.margn; did you mean "
                "\"margin\"?",
                "elector.toml:16:11: group \"b\": election.quiesce = 5 must be a duration in "
                "quotes, for example quiesce = \"11s\" (found an integer)",
                "elector.toml:22:10: group \"b\": fence.policy = \"try\" needs fence.command"});
}

TEST_CASE("what is wrong with a value that many groups have is told once") {
    CHECK(problems_of("[health]\nmax_tip_age = \"4s\"\n" + many_groups(40)) ==
          Lines{"elector.toml:2:15: group \"g0\" and 39 more: health.max_tip_age = \"4s\" must be "
                "at least 2 x node.block_interval = \"5s\"; a healthy node's newest block may be "
                "older than one interval"});
    CHECK(problems_of("[health]\nfall = 0\n" + many_groups(40)) ==
          Lines{"elector.toml:2:8: health.fall = 0 must be from 1 to 100"});
    CHECK(warnings_of("[node]\npoll_interval = \"500ms\"\n" + many_groups(2)) ==
          Lines{"elector.toml:2:17: group \"g0\" and 1 more: node.poll_interval = \"500ms\" is "
                "below \"1s\": the node writes a log line for every query"});
}

TEST_CASE("a group that gives its own value does not suffer from the file's") {
    CHECK(problems_of("[health]\nmax_tip_age = \"4s\"\n" + group_text("a", 0) +
                      "[group.health]\nmax_tip_age = \"10s\"\n") == Lines{});
    CHECK(problems_of("[guardian]\nenabled = false\n" + group_text("a", 0)).size() == 1);
}

TEST_CASE("tables in the wrong shape say how to write them") {
    const Lines shape{"elector.toml:1:2: group must be a list of tables: write [[group]]"};
    CHECK(problems_of("[group]\nname = \"a\"\n") == shape);
    CHECK(problems_of("[group.election]\nkey = \"/a\"\n") == shape);
    CHECK(problems_of("group = []\n") ==
          Lines{"elector.toml:1:1: group must be a list of tables: write [[group]]"});
    CHECK(problems_of(group_text("a", 0) + "[group.nodes]\nx = 1\n[group.api]\n[group.zebra]\n") ==
          Lines{"elector.toml:9:8: group \"a\": unknown table [group.nodes]; did you mean "
                "[group.node]?",
                "elector.toml:11:8: group \"a\": unknown table [group.api]; api is the same for "
                "all groups",
                "elector.toml:12:8: group \"a\": unknown table [group.zebra]; a group has name and "
                "the tables election, node, health, fence"});
    CHECK(problems_of("[[group]]\nname = \"a\"\nhold = \"3s\"\nhealth = 5\n" +
                      group_text("a", 0).substr(20)) ==
          Lines{"elector.toml:3:1: group \"a\": unknown key group.hold; it belongs in "
                "[group.election]",
                "elector.toml:4:1: group \"a\": health must be a table: write [group.health] on a "
                "line of its own (found an integer)"});
    CHECK(problems_of("[groups]\n").front().ends_with("did you mean [group]?"));
}

TEST_CASE("for a marker and a demotion a group that cannot be used is left out, not the others") {
    const std::string text = group_text("a", 0) + keyed("b", "/a/x", 1) +
                             group_text("c", 2, "hold = 5\n") + group_text("d", 3);
    const auto all = load_for(Use::kAll, text);
    CHECK(all.problems.size() == 2);
    CHECK(load_for(Use::kRun, text).problems == all.problems);
    for (const auto use : {Use::kRecord, Use::kDemote}) {
        const auto result = load_for(use, text);
        CHECK(rendered(result.problems) == Lines{});
        CHECK(result.spared == all.problems);
        CHECK(names(result) == Lines{"a", "d"});
        CHECK(result.left_out == Lines{"group \"b\"", "group \"c\""});
    }
}

TEST_CASE("a marker and a demotion need no health and no fence command of any group") {
    const std::string text = group_text("a", 0) + "[group.health]\nfall = 0\n" +
                             group_text("b", 1) +
                             "[group.fence]\npolicy = \"try\"\ncommand = [\"/bin/kill\", 9]\n";
    const auto all = load_for(Use::kAll, text);
    for (const auto use : {Use::kRecord, Use::kDemote}) {
        const auto result = load_for(use, text);
        CHECK(result.spared == all.problems);
        CHECK(names(result) == Lines{"a", "b"});
        CHECK(result.config->groups[1].fence == Fence{});
    }
}

TEST_CASE("with nothing left, or the shared tables wrong, nobody is served") {
    const auto none = load_for(Use::kDemote, group_text("a", 0, "hold = 5\n"));
    CHECK_FALSE(none.config.has_value());
    CHECK(none.left_out.empty());
    CHECK(none.problems == load_for(Use::kAll, group_text("a", 0, "hold = 5\n")).problems);
    CHECK_FALSE(load_for(Use::kDemote, "[member]\nmode = 1\n" + many_groups(2)).config);
    CHECK_FALSE(load_for(Use::kRecord, "[etcd]\nendpoints = 1\n" + many_groups(2)).config);
    CHECK(load_for(Use::kDemote, "[etcd]\nendpoints = 1\n" + many_groups(2)).config);
}

TEST_CASE("the service starts without the fence program of a group") {
    const auto text = group_text("a", 0) +
                      "[group.fence]\npolicy = \"require\"\n"
                      "command = [\"/bin/none\"]\n";
    const auto result = load_for(Use::kRun, text);
    CHECK(rendered(result.spared) ==
          Lines{"elector.toml:11:11: group \"a\": fence.command = [...] names \"/bin/none\", which "
                "cannot be run: No such file or directory"});
    CHECK(names(result) == Lines{"a"});
    CHECK(result.config->groups[0].fence.policy == FencePolicy::kRequire);
}
