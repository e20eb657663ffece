// What commands make of a file with [[group]] tables: which group is meant, what is said of all.
#include "cli/groups.hpp"

#include <doctest/doctest.h>

#include "cli/arguments.hpp"
#include "cli/diagnosis.hpp"
#include "cli/fence_groups.hpp"
#include "cli/local_api.hpp"

using namespace elector;
using namespace elector::cli;

namespace {

config::LoadResult file_of(const std::vector<std::string>& names) {
    config::LoadResult loaded;
    loaded.config.emplace();
    for (const auto& name : names) {
        config::Config one;
        one.group = name;
        loaded.config->groups.push_back(one);
    }
    return loaded;
}

report::GroupStatus led(const std::string& key) {
    report::GroupStatus g;
    g.key = key;
    g.read = true;
    g.holder.there = g.holder.readable = true;
    g.holder.member = "a";
    g.holder.term = model::Term{7};
    g.verified_active = {"a"};
    g.verdict = "a is the only node verified active.";
    g.exit_code = 0;
    return g;
}

report::GroupStatus silent(const std::string& key, int code) {
    report::GroupStatus g;
    g.key = key;
    g.verdict = "No node is verified active: no member is registered.";
    g.exit_code = code;
    return g;
}

std::vector<report::Brief> briefs(const std::vector<int>& codes) {
    std::vector<report::Brief> out;
    for (const int code : codes)
        out.push_back(report::brief("g", code == 0 ? led("/g") : silent("/g", code)));
    return out;
}

}  // namespace

TEST_CASE("a group is named where the file has some, and only there") {
    config::LoadResult plain;
    plain.config.emplace();
    CHECK(group_fault(plain, "") == "");
    CHECK(group_fault(plain, "west") == "--group has no meaning: the file has no [[group]] tables");
    auto file = file_of({"east", "west"});
    CHECK(group_fault(file, "west") == "");
    CHECK(group_fault(file, "") == "--group NAME is missing; the groups are east, west");
    CHECK(group_fault(file, "wset") ==
          "there is no group wset; did you mean west? The groups are east, west");
    CHECK(group_fault(file, "zebra") == "there is no group zebra; The groups are east, west");
    file.left_out = {"group \"north\""};
    CHECK(group_fault(file, "north") ==
          "group north cannot be used as the file has it; see the warnings");
}

TEST_CASE("a list of many groups is cut") {
    std::vector<std::string> names;
    for (int i = 0; i < 1000; ++i) names.push_back("g" + std::to_string(i));
    const auto fault = group_fault(file_of(names), "");
    CHECK(fault.ends_with("g18, g19 and 980 more"));
}

TEST_CASE("the group that is meant is the file itself, or the one named") {
    config::LoadResult plain;
    plain.config.emplace();
    const auto& row = command("pause");
    CHECK(group_of(plain, {}, row) == &*plain.config);
    const auto file = file_of({"east", "west"});
    CHECK(group_of(file, {{"--group", "west"}}, row) == &file.config->groups[1]);
    CHECK(group_of(file, {}, row) == nullptr);
}

TEST_CASE("all is well only if every group has exactly one signer") {
    const auto code = [](const std::vector<int>& codes) { return exit_code_of(briefs(codes)); };
    CHECK(code({0, 0, 0}) == 0);
    CHECK(code({0, 1, 0}) == 1);
    CHECK(code({0, 1, 4}) == 4);
    CHECK(code({4, 0}) == 4);
    CHECK(render(briefs({0, 0}), Look{})
              .starts_with("Each of 2 groups has exactly one node that is verified active.\n"));
    CHECK(render(briefs({0, 0, 1, 4}), Look{})
              .starts_with("Of 4 groups, with exactly one node that is verified active: 2; with "
                           "none: 1; with more than one: 1.\n"));
}

TEST_CASE("groups are shown in a line each") {
    const std::vector<report::Brief> all{report::brief("east", led("/e")),
                                         report::brief("west", silent("/w", 1))};
    CHECK(render(all, Look{}) ==
          "Of 2 groups, with exactly one node that is verified active: 1; with none: 1; with more "
          "than one: 0.\n\n"
          "GROUP  KEY  LEADER  VERIFIED ACTIVE  TERM  TROUBLE\n"
          "east   /e   a       a                7     -\n"
          "west   /w   -       -                -     No node is verified active: no member is "
          "registered.\n");
}

TEST_CASE("the document of all groups has one object each") {
    const auto o = to_json(briefs({0, 1}), "host-1");
    CHECK(o.at("exit_code").as_int64() == 1);
    CHECK(o.at("member").as_string() == "host-1");
    REQUIRE(o.at("groups").as_array().size() == 2);
    CHECK(o.at("groups").as_array()[0].as_object().at("leader").as_string() == "a");
    CHECK(o.at("groups").as_array()[1].as_object().at("leader").is_null());
}

TEST_CASE("a finding of every group is told once, what is well in one is not told") {
    const auto quorum = warning("etcd_quorum", "one member", "Run three.");
    const std::vector<GroupDiagnosis> all{
        {"east", {"a", {ok("node_admin", "answers"), quorum}}},
        {"west", {"a", {error("node_admin", "does not answer", "Start it."), quorum}}}};
    CHECK(render(all, Look{}) ==
          "every group\n"
          "warning  etcd_quorum       one member\n"
          "                           -> Run three.\n"
          "\n"
          "group east: Well: nothing here should cost a block, 1 warning.\n"
          "group west: Not well: 1 error, 1 warning; mend the errors first.\n"
          "error    node_admin        does not answer\n"
          "                           -> Start it.\n"
          "\n"
          "Not well: errors in 1 of 2 groups; mend them first.\n");
    CHECK(exit_code_of(all) == 1);
    CHECK(exit_code_of({all.front()}) == 0);
    const auto o = to_json(all);
    CHECK(o.at("groups").as_array()[1].as_object().at("group").as_string() == "west");
    CHECK(o.at("groups").as_array()[1].as_object().at("errors").to_number<int>() == 1);
}

TEST_CASE("every node is fenced, whatever becomes of the others") {
    auto file = file_of({"a", "b", "c"});
    Means means;
    means.fence_node = [](const config::Config& c, bool) {
        if (c.group == "b") throw std::runtime_error("gone");
        return 0;
    };
    CHECK(fence_groups(means, file, false) == 1);
    means.fence_node = [](const config::Config&, bool force) { return force ? 0 : 1; };
    CHECK(fence_groups(means, file, false) == 1);
    CHECK(fence_groups(means, file, true) == 0);
    file.left_out = {"group 4"};
    CHECK(fence_groups(means, file, true) == 1);
}

TEST_CASE("an observer's nodes are let be, which is told once") {
    auto file = file_of({"a", "b", "c"});
    file.config->member.mode = config::Mode::kObserve;
    int calls = 0;  // counts in this process, so not where each node has its own
    Means means;
    means.fence_node = [&calls](const config::Config&, bool) { return ++calls, 0; };
    CHECK(fence_groups(means, file, false) == 0);
    CHECK(calls == 1);
    CHECK(fence_groups(means, file, true) == 0);
    CHECK(calls == 1);
}

TEST_CASE("a question to the API names its group in letters that a path may have") {
    CHECK(of_group("/resign", "") == "/resign");
    CHECK(of_group("/resign", "west-1.a_B") == "/resign?group=west-1.a_B");
    CHECK(of_group("/resign", "a b&\xc3\xa9") == "/resign?group=a%20b%26%C3%A9");
}
