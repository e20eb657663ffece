// Many groups in few fields each: what is grave comes first, and nothing is judged anew.
#include "report/many.hpp"

#include <boost/json.hpp>

#include <doctest/doctest.h>

#include "tests/report/example.hpp"

using namespace elector::report;
namespace json = boost::json;

TEST_CASE("a group that is well has no trouble, and says who leads") {
    const auto b = brief("west", Group().status());
    CHECK(to_json(b) == json::parse(R"({"group": "west", "key": "/k", "exit_code": 0,
            "verdict": "a is the only node verified active and holds the lead (term 42).",
            "leader": "a", "state": "active", "term": 42, "verified_active": ["a"],
            "trouble": null, "local": null})")
                            .as_object());
}

TEST_CASE("what only the member knows is told in short") {
    Group g;
    g.in.local.emplace();
    g.in.local->member = "a";
    g.in.local->role = elector::model::Role::kLeader;
    g.in.local->activity = NodeActivity::kActive;
    g.in.local->alarms = {"guardian_lost"};
    g.in.local->resigned_unix_ms = kNow;
    const auto b = brief("west", g.status());
    CHECK(b.trouble == "Alarm: guardian_lost.");
    CHECK(to_json(b).at("local") == json::value{{"role", "leader"},
                                                {"node", "active"},
                                                {"alarms", {"guardian_lost"}},
                                                {"resigned", true}});
}

TEST_CASE("the gravest trouble is told") {
    Group g;
    g.view().pause = elector::model::PauseOrder{"eve", "new disks", 0};
    CHECK(brief("w", g.status()).trouble == "Paused by eve: new disks");
    g.member("a").activity = NodeActivity::kStandby;
    CHECK(brief("w", g.status()).trouble == g.status().verdict);
    g.record().state = State::kUnfenced;
    CHECK(brief("w", g.status()).trouble.starts_with("The node of a could not be confirmed"));
    CHECK(brief("w", g.status()).leader.empty());
    CHECK(brief("w", g.status()).state == "unfenced");
    g.member("b").activity = g.member("c").activity = NodeActivity::kActive;
    CHECK(g.status().exit_code == 4);
    CHECK(brief("w", g.status()).trouble == g.status().verdict);
    g.in.view.reset();
    const auto unread = brief("w", g.status());
    CHECK(unread.trouble == unread.verdict);
    CHECK(to_json(unread).at("state").is_null());
}

TEST_CASE("many groups are as well as the worst of them") {
    const auto all = [](std::initializer_list<int> codes) {
        int so_far = 0;
        for (const int code : codes) {
            Brief b;
            b.exit_code = code;
            so_far = exit_code_of_all(so_far, b);
        }
        return so_far;
    };
    CHECK(all({0, 0}) == 0);
    CHECK(all({0, 1, 0}) == 1);
    CHECK(all({4, 1, 0}) == 4);
    CHECK(all({1, 4}) == 4);
}
