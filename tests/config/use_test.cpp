// What each use of a configuration can live with, and what is made of it then.
#include "config/legacy.hpp"
#include "support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

LoadResult load_for(Use use, const FakeMachine& machine, std::string_view text) {
    return load(text, "elector.toml", machine.environment(), use);
}

/// The problems that stay, then what is spared.
std::pair<Lines, Lines> judged(Use use, const FakeMachine& machine, std::string_view text) {
    const auto result = load_for(use, machine, text);
    CHECK(result.config.has_value() == result.problems.empty());
    return {rendered(result.problems), rendered(result.spared)};
}

using Judged = std::pair<Lines, Lines>;

constexpr std::string_view kFence = "[fence]\npolicy = \"require\"\ncommand = [\"/bin/none\"]\n";
const std::string kNoProgram =
    "elector.toml:3:11: fence.command = [...] names \"/bin/none\", which cannot be run: No such "
    "file or directory";

/// Wrong in every table that has nothing to do with a node, an election and etcd.
constexpr std::string_view kElsewhere =
    "[health]\nfall = \"x\"\n[fence]\npolicy = \"try\"\ncommand = [\"/bin/kill\", 9]\n"
    "[guardian]\nenabled = false\n[state]\ndir = \"here\"\n[api]\ncolour = 1\n[log]\nlevel = 3\n"
    "[[notify]]\nurl = 1\n";

constexpr std::string_view kSecured =
    "[etcd]\nendpoints = [\"https://h:1\"]\nca_file = \"/s/ca\"\ncert_file = \"/s/cert\"\n"
    "key_file = \"/s/key\"\nusername = \"u\"\npassword_file = \"/s/password\"\n";

FakeMachine secured() {
    FakeMachine machine;
    machine.files["/s/ca"] = {kCertificate, 0644};
    machine.files["/s/cert"] = {kCertificate, 0644};
    machine.files["/s/key"] = {kKey};
    machine.files["/s/password"] = {"hunter2"};
    return machine;
}

}  // namespace

TEST_CASE(
    "a fence program that is gone is a problem of the file, and keeps nothing from starting") {
    const FakeMachine machine;
    CHECK(judged(Use::kAll, machine, kFence) == Judged{{kNoProgram}, {}});
    for (const auto use : {Use::kRun, Use::kRecord, Use::kDemote}) {
        const auto result = load_for(use, machine, kFence);
        CHECK(rendered(result.spared) == Lines{kNoProgram});
        REQUIRE(result.config.has_value());
        CHECK(result.config->fence ==
              Fence{FencePolicy::kRequire, {"/bin/none"}, std::chrono::seconds(10)});
    }
}

TEST_CASE("what is written wrong stays a problem for the service, whatever files are gone") {
    const FakeMachine machine;
    const std::string word = ", \"" + std::string(1000, 'x') + "\"";
    const auto result = load_for(
        Use::kRun, machine,
        "[fence]\npolicy = \"require\"\ncommand = [\"/bin/none\"" + word + word + word + "]\n");
    CHECK(rendered(result.problems) ==
          Lines{"elector.toml:3:11: fence.command = [...] has more than 3000 bytes; put what it "
                "does into a file and name that"});
    CHECK(judged(Use::kRun, machine, "[fence]\npolicy = \"try\"\n").first ==
          Lines{"elector.toml:2:10: fence.policy = \"try\" needs fence.command"});
    CHECK(load_for(Use::kRun, machine, kElsewhere).problems.size() ==
          load_for(Use::kAll, machine, kElsewhere).problems.size());
}

TEST_CASE("the service starts without the files of its api, and without the api then") {
    const FakeMachine machine;
    const std::string text = "[api]\nlisten = \"127.0.0.1:9010\"\ntoken_file = \"/s/token\"\n";
    const auto result = load_for(Use::kRun, machine, text);
    REQUIRE(result.config.has_value());
    CHECK(!result.config->api.enabled());
    CHECK(rendered(result.spared) ==
          Lines{"elector.toml:3:14: api.token_file = \"/s/token\" cannot be read: No such file or "
                "directory"});
    CHECK(load_for(Use::kRun, secured(), text + "\n[[notify]]\ncommand = [\"/bin/none\"]\n")
              .config.has_value());
}

TEST_CASE(
    "the service starts without a notification's token or authorities, and tells it nothing") {
    const FakeMachine machine;
    for (const std::string key : {"token_file", "ca_file"}) {
        const auto result =
            load_for(Use::kRun, machine,
                     "[[notify]]\nurl = \"https://h\"\n[[notify]]\nurl = \"https://i\"\n" + key +
                         " = \"/s/none\"\n");
        REQUIRE(result.config.has_value());
        CHECK(rendered(result.spared) ==
              Lines{"elector.toml:5:" + std::to_string(key.size() + 4) + ": notify[1]." + key +
                    " = \"/s/none\" cannot be read: No such file or directory"});
        CHECK(result.config->notify[0].url == "https://h");
        CHECK(result.config->notify[1].url.empty());
    }
}

TEST_CASE("a marker and a demotion need none of the other tables") {
    const FakeMachine machine;
    const auto all = load_for(Use::kAll, machine, kElsewhere);
    REQUIRE(all.problems.size() >= 7);
    for (const auto use : {Use::kRecord, Use::kDemote}) {
        const auto result = load_for(use, machine, kElsewhere);
        CHECK(rendered(result.problems) == Lines{});
        CHECK(result.spared == all.problems);
        REQUIRE(result.config.has_value());
        CHECK(result.config->fence == Fence{});  // half of a command is none
    }
}

TEST_CASE("a fence command is kept when only its time-out cannot be read") {
    FakeMachine machine;
    machine.files["/bin/fence"] = {"", 0755, true, true, true};
    const auto result =
        load_for(Use::kDemote, machine,
                 "[fence]\npolicy = \"try\"\ncommand = [\"/bin/fence\"]\ntimeout = \"soon\"\n");
    REQUIRE(result.config.has_value());
    CHECK(result.config->fence ==
          Fence{FencePolicy::kTry, {"/bin/fence"}, std::chrono::seconds(10)});
}

TEST_CASE("what cannot be told to be elsewhere is in the way of everybody") {
    const FakeMachine machine;
    for (const std::string text :
         {"[node]\nadmin = 1\n", "[node]\nadmim = \"http://127.0.0.1:9\"\n", "[nodes]\n", "x",
          "[election]\nhold = 5\n", "[member]\nmode = \"observ\"\n"}) {
        CAPTURE(text);
        const auto all = judged(Use::kAll, machine, text);
        CHECK(all.first.size() == 1);
        for (const auto use : {Use::kRun, Use::kRecord, Use::kDemote})
            CHECK(judged(use, machine, text) == all);
    }
}

TEST_CASE("a demotion needs no etcd; a marker needs one that can be talked to") {
    FakeMachine machine = secured();
    machine.files.erase("/s/ca");
    const Lines gone{
        "elector.toml:3:11: etcd.ca_file = \"/s/ca\" cannot be read: No such file or directory"};
    CHECK(judged(Use::kDemote, machine, kSecured) == Judged{{}, gone});
    CHECK(judged(Use::kRecord, machine, kSecured) == Judged{gone, {}});
    machine.files["/s/ca"] = {"", 0644};  // the system's authorities are not meant
    CHECK(judged(Use::kRecord, machine, kSecured) ==
          Judged{{"elector.toml:3:11: etcd.ca_file = \"/s/ca\" holds no certificate in PEM form"},
                 {}});
    CHECK(judged(Use::kDemote, machine, "[etcd]\nendpoints = 5\n").first == Lines{});
}

TEST_CASE("for a marker etcd itself judges certificates, and who may read them does not matter") {
    FakeMachine machine = secured();
    machine.now_seconds = kTooLate;
    machine.files["/s/key"].mode = 0644;
    machine.files["/s/password"].mode = 0644;
    const auto all = judged(Use::kAll, machine, kSecured);
    CHECK(all.first.size() == 4);
    const auto result = load_for(Use::kRecord, machine, kSecured);
    CHECK(rendered(result.spared) == all.first);
    REQUIRE(result.config.has_value());
    CHECK(result.config->etcd.ca_pem == kCertificate);
    CHECK(result.config->etcd.cert_pem == kCertificate);
    CHECK(result.config->etcd.key_pem.reveal() == kKey);
    CHECK(result.config->etcd.password.reveal() == "hunter2");
}

TEST_CASE("an older command line is spared the same") {
    FakeMachine machine;
    machine.variables["STATE_DIRECTORY"] = "here";
    const std::vector<std::string> flags{"-value=a"};
    const auto all = load_legacy(flags, machine.environment());
    CHECK(all.loaded.problems.size() == 1);
    const auto spared = load_legacy(flags, machine.environment(), Use::kRecord);
    CHECK(spared.loaded.config.has_value());
    CHECK(spared.loaded.spared == all.loaded.problems);
}
