#include "config/reload.hpp"

#include <doctest/doctest.h>

#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

Config loaded(std::string_view text) {
    const LoadResult result = load_text(text);
    REQUIRE(rendered(result.problems) == Lines{});
    return *result.config;
}

}  // namespace

TEST_CASE("an unchanged configuration plans nothing") {
    const ReloadPlan plan = diff(loaded(""), loaded("[log]\nlevel = \"info\"\n"));
    CHECK(plan.empty());
    CHECK_FALSE(plan.refused());
    CHECK(plan.messages() == Lines{});
}

TEST_CASE("each change says from when on it counts, derived values included") {
    const ReloadPlan plan =
        diff(loaded(""), loaded("[election]\nprofile = \"wan\"\n[log]\nlevel = \"debug\"\n"));
    CHECK_FALSE(plan.refused());
    CHECK(plan.messages() ==
          Lines{"election.profile: \"standard\" -> \"wan\", from the next holding on",
                "election.hold: \"5s\" -> \"15s\", from the next holding on",
                "election.renew: \"1s\" -> \"3s\", from the next holding on",
                "log.level: \"info\" -> \"debug\", from now on"});
}

TEST_CASE("one refused key refuses the whole reload and says so") {
    const ReloadPlan plan = diff(
        loaded("[member]\nname = \"a\"\n"),
        loaded("[member]\nname = \"b\"\npriority = 5\n[election]\nkey = \"/other\"\n"
               "[node]\nadmin = \"http://127.0.0.1:9119\"\n[state]\ndir = \"/srv/elector\"\n"));
    const std::string tail =
        " in a running elector; nothing was changed; restart it, or take the "
        "change back";
    CHECK(plan.refused());
    CHECK(plan.changes.size() == 5);
    CHECK(plan.messages() ==
          Lines{"cannot change member.name: \"a\" -> \"b\"" + tail,
                "cannot change election.key: \"/iotex-server\" -> \"/other\"" + tail,
                "cannot change node.admin: \"http://127.0.0.1:9009\" -> \"http://127.0.0.1:9119\"" +
                    tail,
                "cannot change state.dir: \"/var/lib/iotex-elector\" -> \"/srv/elector\"" + tail});
}

TEST_CASE("exactly the keys that identify a member, and its mode, are refused") {
    Lines refused;
    for (const KeySpec& key : keys()) {
        if (key.reload == ReloadClass::kRefused) refused.emplace_back(key.path);
    }
    CHECK(refused == Lines{"member.name", "member.mode", "election.key", "node.admin",
                           "guardian.enabled", "state.dir"});
}

TEST_CASE("changed secrets and webhook addresses are reported without their text") {
    Config running = loaded("");
    Config changed = running;
    changed.etcd.password = Secret("new-password");
    changed.api.token = Secret("new-token");
    changed.notify.push_back({"https://hooks.example.org/token"});
    CHECK(diff(running, changed).messages() ==
          Lines{"etcd.password: (hidden) -> (hidden), from now on",
                "api.token: (hidden) -> (hidden), from now on",
                "notify: (hidden) -> (hidden), from now on"});
}
