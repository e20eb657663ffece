// A file of [[group]] tables: what each group has, from where, and what of it is shared.
#include <doctest/doctest.h>

#include "config/budget.hpp"
#include "config/groups_text.hpp"
#include "config/keys.hpp"
#include "config/render.hpp"
#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;
using namespace std::chrono_literals;

namespace {

Config loaded(std::string_view text) {
    const LoadResult result = load_text(text);
    REQUIRE(rendered(result.problems) == Lines{});
    return *result.config;
}

/// The configuration of one group as a file of its own would have it.
Config alone(const std::string& text, const std::string& group) {
    Config out = loaded(text);
    out.group = group;
    return out;
}

}  // namespace

TEST_CASE("a file without tables is one group, without a name") {
    const Config config = loaded("");
    CHECK(config.groups.empty());
    CHECK(config.group.empty());
    REQUIRE(config.each().size() == 1);
    CHECK(&config.each().front() == &config);
    CHECK(config.find("") == &config);
    CHECK(config.find("west") == nullptr);
}

TEST_CASE("each group is what a file of its own would make of it") {
    const std::string shared =
        "[member]\nname = \"a\"\npriority = 3\n[etcd]\nrequest_timeout = \"400ms\"\n";
    const std::string tables =
        "[election]\nprofile = \"wan\"\nmargin = \"300ms\"\n[health]\nfall = 7\nrise = 4\n"
        "[node]\nblock_interval = \"5s\"\n";
    const Config file =
        loaded(shared + tables +
               "[[group]]\nname = \"east\"\n[group.election]\nkey = \"/e\"\nprofile = \"fast\"\n"
               "[group.node]\nadmin = \"http://127.0.0.1:1\"\nprobe = \"http://127.0.0.1:2\"\n"
               "[[group]]\nname = \"west\"\n[group.election]\nkey = \"/w\"\nrenew = \"2s\"\n"
               "[group.node]\nadmin = \"http://127.0.0.2:3\"\nprobe = \"http://127.0.0.1:4\"\n"
               "block_interval = \"10s\"\n[group.health]\nfall = 1\n");
    REQUIRE(file.groups.size() == 2);
    CHECK(file.groups[0] ==
          alone(shared + "[election]\nkey = \"/e\"\nprofile = \"fast\"\nmargin = \"300ms\"\n"
                         "[health]\nfall = 7\nrise = 4\n[node]\nblock_interval = \"5s\"\n"
                         "admin = \"http://127.0.0.1:1\"\nprobe = \"http://127.0.0.1:2\"\n",
                "east"));
    CHECK(file.groups[1] ==
          alone(shared + "[election]\nkey = \"/w\"\nprofile = \"wan\"\nmargin = \"300ms\"\n"
                         "renew = \"2s\"\n[health]\nfall = 1\nrise = 4\n[node]\n"
                         "block_interval = \"10s\"\nadmin = \"http://127.0.0.2:3\"\n"
                         "probe = \"http://127.0.0.1:4\"\n",
                "west"));
    CHECK(file.groups[1].node.web3.text() == "http://127.0.0.2:15014");
    CHECK(file.find("west") == &file.groups[1]);
    CHECK(file.each().data() == file.groups.data());
}

TEST_CASE("the file itself names no node and no election when it has groups") {
    const Config file = loaded("[election]\nprofile = \"wan\"\n" + many_groups(2));
    CHECK(file.election.key.empty());
    CHECK(file.node.admin.empty());
    CHECK(file.node.probe.empty());
    CHECK(file.node.web3.empty());
    CHECK(file.groups[0].election.profile == Profile::kWan);
}

TEST_CASE("a list in a group replaces that of the file") {
    FakeMachine machine;
    machine.files["/bin/fence"] = {"", 0755, true, true, true};
    const LoadResult result = load_on(
        machine, "[fence]\npolicy = \"try\"\ncommand = [\"/bin/fence\", \"all\"]\n" +
                     group_text("a", 0) + "[group.fence]\ncommand = [\"/bin/fence\", \"a\"]\n" +
                     group_text("b", 1));
    REQUIRE(rendered(result.problems) == Lines{});
    CHECK(result.config->groups[0].fence.command == Lines{"/bin/fence", "a"});
    CHECK(result.config->groups[1].fence.command == Lines{"/bin/fence", "all"});
    CHECK(result.config->groups[0].fence.policy == FencePolicy::kTry);
}

TEST_CASE("all groups talk to etcd with one time-out") {
    // No group has the file's hold, which asks for another.
    const Config file =
        loaded("[election]\nhold = \"2s\"\n" + group_text("a", 0, "hold = \"5s\"\n") +
               group_text("b", 1, "hold = \"15s\"\n"));
    CHECK(file.etcd.request_timeout == 500ms);
    CHECK(file.groups[0].etcd == file.etcd);
    CHECK(file.groups[1].etcd == file.etcd);
}

TEST_CASE("files of [etcd] are read once, and held once, for all groups") {
    FakeMachine machine;
    machine.files["/c/ca"] = {kCertificate};
    Environment environment = machine.environment();
    int reads = 0;
    environment.read = [&reads, read = environment.read](const std::string& path) {
        ++reads;
        return read(path);
    };
    const LoadResult result =
        load("[etcd]\nendpoints = [\"https://a:1\"]\nca_file = \"/c/ca\"\n" + many_groups(50),
             "elector.toml", environment);
    REQUIRE(rendered(result.problems) == Lines{});
    CHECK(reads == 1);
    const auto& groups = result.config->groups;
    CHECK(groups.front().etcd.ca_pem == kCertificate);
    CHECK(groups.front().etcd.ca_pem.get().data() == groups.back().etcd.ca_pem.get().data());
}

TEST_CASE("a program that all groups name is looked at once") {
    FakeMachine machine;
    Environment environment = machine.environment();
    int looks = 0;
    environment.inspect = [&looks](const std::string&) {
        ++looks;
        return FileFacts{"", true, true, true, 0755};
    };
    const auto text = "[fence]\npolicy = \"try\"\ncommand = [\"/bin/fence\"]\n" + many_groups(50);
    const LoadResult result = load(text, "elector.toml", environment);
    REQUIRE(rendered(result.problems) == Lines{});
    CHECK(looks == 1);
}

TEST_CASE("web3 auto is off where two groups would ask the same address") {
    const auto group = [](const std::string& name, int port, const std::string& host) {
        return "[[group]]\nname = \"" + name + "\"\n[group.election]\nkey = \"/" + name +
               "\"\n[group.node]\nadmin = \"http://" + host + ":" + std::to_string(port) +
               "\"\nprobe = \"http://127.0.0.1:" + std::to_string(port + 1) + "\"\n";
    };
    const LoadResult result =
        load_text(group("a", 1000, "127.0.0.1") + group("b", 2000, "[::1]") +
                  group("c", 3000, "127.0.0.3") + group("d", 4000, "127.0.0.4") +
                  group("e", 5000, "127.0.0.5") + "web3 = \"http://127.0.0.4:15014\"\n");
    REQUIRE(rendered(result.problems) == Lines{});
    const auto modes = [&] {
        std::vector<Web3Mode> out;
        for (const Config& c : result.config->groups) out.push_back(c.node.web3_mode);
        return out;
    };
    CHECK(modes() == std::vector{Web3Mode::kOff, Web3Mode::kOff, Web3Mode::kAuto, Web3Mode::kOff,
                                 Web3Mode::kUrl});
    CHECK(rendered(result.warnings) ==
          Lines{"elector.toml:1:1: group \"a\" and 2 more: node.web3 = \"auto\" would ask "
                "127.0.0.1:15014, as another group would, and is off: hand-overs wait the whole "
                "settle time; write the address of each group's own node"});
}

TEST_CASE("a thousand groups fit into a file, and one more than there may be does not") {
    const std::string most = many_groups(static_cast<int>(kMostGroups));
    CHECK(loaded(most).groups.size() == kMostGroups);
    CHECK(problems_of(many_groups(static_cast<int>(kMostGroups) + 1)) ==
          Lines{"elector.toml:1:3: there are more than 1024 [[group]] tables"});
}

TEST_CASE("a rendered file of groups loads back to the same values, in both forms") {
    const std::string top = "[election]\nprofile = \"wan\"\n[[notify]]\nurl = \"http://h/\"\n";
    for (const int count : {1, 2, 8, 9, 40}) {
        CAPTURE(count);
        const Config first = loaded(top + many_groups(count) + "[group.health]\nfall = 9\n");
        const std::string toml = render_toml(first);
        const Config second = loaded(toml);
        CHECK(second == first);
        CHECK(render_toml(second) == toml);
    }
}

TEST_CASE("few groups are shown whole, many by what differs") {
    const auto count = [](const std::string& text, const std::string& part) {
        int n = 0;
        for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
        return n;
    };
    const std::string few = render_toml(loaded(many_groups(8)));
    CHECK(count(few, "\nquiesce = ") == 8);
    CHECK(few.find("\n[election]") == std::string::npos);
    const std::string many = render_toml(loaded(many_groups(9) + "[group.health]\nfall = 9\n"));
    CHECK(count(many, "\nquiesce = ") == 1);
    CHECK(count(many, "\nfall = ") == 9);
    CHECK(
        many.ends_with("\n[[group]]\nname = \"g8\"\n\n[group.election]\nkey = \"/g8\"\n\n"
                       "[group.node]\nadmin = \"http://127.0.0.1:10008\"\n"
                       "probe = \"http://127.0.0.1:20008\"\nweb3 = \"http://127.0.0.1:30008\"\n\n"
                       "[group.health]\nfall = 9\n"));
}

TEST_CASE("every key of the four tables can be given by a group, and no other") {
    for (const KeySpec& key : keys()) {
        CAPTURE(key.path);
        const std::string table(key.table());
        const auto tables = group_table_names();
        const bool may = std::find(tables.begin(), tables.end(), table) != tables.end();
        const auto problems =
            problems_of("[[group]]\nname = \"a\"\n[group." + table + "]\n" +
                        std::string(key.leaf()) + " = " + std::string(key.example) + "\n");
        const std::string unknown = "elector.toml:3:8: group \"a\": unknown table [group." + table +
                                    "]; " + table + " is the same for all groups";
        CHECK((std::find(problems.begin(), problems.end(), unknown) == problems.end()) == may);
    }
}
