// Which paths there are, what they answer, and that what may not be changed is not.
#include "admin/api.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <boost/json.hpp>

#include <doctest/doctest.h>

#include "tests/admin/fake_host.hpp"
#include "tests/support/run_coroutine.hpp"

using namespace elector::admin;
namespace json = boost::json;

namespace {

struct Member {
    FakeHost host;
    FakeHouse house{{&host}};
    Metrics metrics{"1.2.3"};
    Api api{house, metrics};
    boost::asio::io_context io;

    Answer ask(const std::string& method, const std::string& path, std::string body = {}) {
        Request request;
        request.method = method;
        request.path = path;
        request.host = "127.0.0.1:9010";
        request.content_type = "application/json";
        request.body = std::move(body);
        return elector::test::run(io, api.answer(request));
    }
    json::object read(const std::string& method, const std::string& path) {
        return json::parse(ask(method, path).body).as_object();
    }
};

std::string field(const Answer& answer, const std::string& name) {
    for (const auto& [key, value] : answer.fields)
        if (key == name) return value;
    return {};
}

}  // namespace

TEST_CASE("what is served has a method and a path, each once") {
    const auto all = served();
    const std::set<std::string_view> different(all.begin(), all.end());
    CHECK(different.size() == all.size());
    for (const auto name : all)
        CHECK_MESSAGE((name.starts_with("GET /") || name.starts_with("POST /")), name);
}

TEST_CASE("every path refuses the method that it does not take, and names the one that it does") {
    Member m;
    for (const auto name : served()) {
        CAPTURE(name);
        const bool get = name.starts_with("GET");
        const std::string path(name.substr(name.find('/')));
        const auto answer = m.ask(get ? "POST" : "GET", path);
        CHECK(answer.status == 405);
        CHECK(field(answer, "Allow") == (get ? "GET, HEAD" : "POST"));
    }
    CHECK(m.host.calls.empty());
    CHECK(m.house.reloads == 0);
    CHECK(m.ask("GET", "/nothing").status == 404);
    CHECK(m.ask("GET", "/livez/").status == 404);
}

TEST_CASE("without the token nothing is asked of the member, by any path") {
    Member m;
    m.host.its_config.api.token = elector::config::Secret("secret");
    for (const auto name : served()) {
        if (name.starts_with("GET")) continue;
        CAPTURE(name);
        CHECK(m.ask("POST", std::string(name.substr(name.find('/')))).status == 401);
    }
    CHECK(m.host.calls.empty());
    CHECK(m.house.reloads == 0);
    CHECK(m.ask("GET", "/status").status == 200);
}

TEST_CASE("a handler that throws is a 500, and the next request is answered") {
    Member m;
    const auto answer = m.ask("POST", "/switchover");
    CHECK(answer.status == 500);
    CHECK(answer.body.find("[api:defect]") != std::string::npos);
    CHECK(m.ask("GET", "/livez").status == 200);
}

TEST_CASE("roles are status codes, with the reasons against them") {
    Member m;
    const std::map<std::string, int> follower{
        {"/livez", 200}, {"/readyz", 200}, {"/leader", 503}, {"/standby", 200}};
    for (const auto& [path, status] : follower) CHECK(m.ask("GET", path).status == status);
    CHECK(m.ask("GET", "/leader").body ==
          "{\"leader\":false,\"reasons\":[\"this member is follower\"]}\n");
    m.host.lead();
    CHECK(m.ask("GET", "/leader").status == 200);
    CHECK(m.ask("GET", "/standby").status == 503);
}

TEST_CASE("the status has what only this member knows") {
    Member m;
    m.host.lead();
    m.host.its_state.node.address_told = true;
    m.host.its_policy.fence_missing = true;
    const auto local = m.read("GET", "/status").at("local").as_object();
    CHECK(local.at("role") == "leader");
    CHECK(local.at("term") == 42);
    CHECK(local.at("holding_remaining_ms") == 3000);
    CHECK(local.at("node") == json::value{{"activity", "active"}, {"age_ms", 100}});
    CHECK(local.at("alarms") == json::value{"operator_address_differs", "fence_missing"});
    CHECK(local.at("resigned").is_null());
    CHECK(local.at("would").is_null());
    m.host.its_would = "queue";
    CHECK(m.read("GET", "/status").at("local").at("would") == "queue");
}

TEST_CASE("a member explains itself by what it knows, in the words of the log") {
    Member m;
    m.host.its_policy.member = "a";
    m.host.its_state.shutting_down = true;
    const auto because = m.read("GET", "/explain").at("because").as_array();
    REQUIRE_FALSE(because.empty());
    CHECK(because.front().at("code") == "shutting_down");
}

TEST_CASE("a history that cannot be read is no empty one") {
    Member m;
    CHECK(m.read("GET", "/history").at("changes").as_array().empty());
    m.host.stored.error = "etcd is away";
    const auto answer = m.ask("GET", "/history");
    CHECK(answer.status == 503);
    CHECK(answer.body.find("etcd is away") != std::string::npos);
}

TEST_CASE("a follower resigns at once, and everything that shows it says so until it rejoins") {
    Member m;
    CHECK(m.ask("POST", "/resign").status == 200);
    CHECK(m.host.calls == std::vector<std::string>{"resign"});
    CHECK(m.read("GET", "/readyz").at("resigned") == true);
    CHECK(m.ask("GET", "/readyz").status == 200);
    CHECK(m.read("GET", "/status").at("local").at("resigned") == "2026-07-25T17:20:00Z");
    CHECK(m.read("GET", "/explain").at("because").at(0).at("code") == "resigned");
    CHECK(m.read("POST", "/rejoin").at("was_resigned") == true);
    CHECK(m.read("POST", "/rejoin").at("was_resigned") == false);
    CHECK(m.read("GET", "/readyz").at("resigned") == false);
}

TEST_CASE("a member that cannot keep its resignation over a restart does not give it") {
    Member m;
    m.host.problem = "the disk is full";
    CHECK(m.ask("POST", "/resign").status == 500);
    CHECK(m.ask("POST", "/rejoin").status == 500);
    CHECK_FALSE(m.host.resigned);
}

TEST_CASE("a leader that cannot ask the group does not resign") {
    Member m;
    m.host.lead();
    CHECK(m.ask("POST", "/resign").status == 500);
    CHECK(m.host.calls == std::vector<std::string>{"orders"});
}

TEST_CASE("an observer has nothing to resign from, and a resignation takes no body") {
    Member m;
    CHECK(m.ask("POST", "/resign", "{}").status == 400);
    CHECK(m.ask("POST", "/rejoin", "{}").status == 400);
    m.host.its_policy.observe = true;
    CHECK(m.ask("POST", "/resign").status == 409);
    CHECK(m.host.calls.empty());
}

TEST_CASE("a reload says what was wrong") {
    Member m;
    CHECK(m.ask("POST", "/reload").body == "{\"reloaded\":true}\n");
    m.house.problem = "no such key";
    const auto answer = m.ask("POST", "/reload");
    CHECK(answer.status == 409);
    CHECK(answer.body.find("no such key") != std::string::npos);
}

TEST_CASE("the metrics are those of the state, in Prometheus' text format") {
    Member m;
    m.host.lead();
    const auto answer = m.ask("GET", "/metrics");
    CHECK(answer.type == "text/plain; version=0.0.4; charset=utf-8");
    for (const auto* line :
         {"iotex_elector_role{role=\"leader\"} 1\n", "iotex_elector_role{role=\"follower\"} 0\n",
          "iotex_elector_node_active 1\n", "iotex_elector_holding_remaining_seconds 3\n",
          "iotex_elector_build_info{version=\"1.2.3\"} 1\n", "iotex_elector_guardian_up 1\n"})
        CHECK_MESSAGE(answer.body.find(line) != std::string::npos, line);
    m.metrics.on_reload(false);
    CHECK(m.ask("GET", "/metrics").body.find("iotex_elector_config_reloads_total") !=
          std::string::npos);
}

TEST_CASE("notifications are counted by target, and on when a reload has begun a target anew") {
    Member m;
    const auto line = [](const char* result, int count) {
        return "iotex_elector_notifications_total{result=\"" + std::string(result) +
               "\",target=\"one\"} " + std::to_string(count) + "\n";
    };
    const auto shown = [&](const std::string& wanted) {
        return m.ask("GET", "/metrics").body.find(wanted) != std::string::npos;
    };
    m.house.standings = {{"one", {3, 2, 1}, 0, ""}};
    CHECK(shown(line("sent", 3)));
    CHECK(shown(line("failed", 2)));
    CHECK(shown(line("dropped", 1)));
    m.house.standings = {{"one", {2, 0, 1}, 0, ""}};
    CHECK(shown(line("sent", 5)));
    CHECK(shown(line("failed", 2)));
    CHECK(shown(line("dropped", 1)));
}
