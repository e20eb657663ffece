// A file with many groups: who is meant by a request, and that telling of a thousand leaves the
// loop to everybody else. Turns are counted, and what is done in each; no clock is asked.
#include <algorithm>
#include <map>

#include <boost/json.hpp>

#include <doctest/doctest.h>

#include "admin/api.hpp"
#include "admin/choice.hpp"
#include "tests/admin/fake_host.hpp"
#include "tests/support/run_coroutine.hpp"

using namespace elector::admin;
namespace json = boost::json;

namespace {

struct Elector {
    explicit Elector(std::size_t count) : groups(count), metrics("1.2.3", count) {}

    FakeGroups groups;
    Metrics metrics;
    Api api{groups.house, metrics};
    boost::asio::io_context io;

    static Request request(const std::string& method, const std::string& path,
                           const std::string& query) {
        Request request;
        request.method = method;
        request.path = path;
        request.query = query;
        request.host = "127.0.0.1:9010";
        return request;
    }
    Answer ask(const std::string& method, const std::string& path, const std::string& query = {}) {
        const auto asked = request(method, path, query);
        return elector::test::run(io, api.answer(asked));
    }
    json::object read(const std::string& path, const std::string& query = {}) {
        return json::parse(ask("GET", path, query).body).as_object();
    }

    std::size_t looked_at() const {
        return static_cast<std::size_t>(
            std::count_if(groups.hosts.begin(), groups.hosts.end(),
                          [](const auto& host) { return host->looks > 0; }));
    }
    void forget_looks() {
        for (const auto& host : groups.hosts) host->looks = 0;
    }

    struct Turns {
        Answer answer;
        std::size_t turns = 0;
        std::size_t most = 0;    ///< groups that were looked at in one of them
        std::size_t others = 0;  ///< turns of somebody who was ready all the time
    };
    Turns count_turns(const std::string& path) {
        Turns seen;
        bool done = false;
        const auto asked = request("GET", path, {});
        boost::asio::co_spawn(io, api.answer(asked), [&](std::exception_ptr, Answer answer) {
            seen.answer = std::move(answer);
            done = true;
        });
        std::function<void()> other = [&] {
            if (done) return;
            ++seen.others;
            boost::asio::post(io, other);
        };
        boost::asio::post(io, other);
        io.restart();
        while (!done) {
            forget_looks();
            REQUIRE(io.run_one() == 1);
            ++seen.turns;
            seen.most = std::max(seen.most, looked_at());
        }
        elector::test::run_dry(io);
        return seen;
    }
};

std::size_t lines_with(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
}

}  // namespace

TEST_CASE("a query names the group, encoded or not, and others of its fields are nobody's") {
    CHECK(query_value("group=west", "group") == "west");
    CHECK(query_value("a=1&group=a%20b+c%2f&group=x", "group") == "a b c/");
    CHECK(query_value("group", "group") == "");
    CHECK(query_value("group=%zz%4", "group") == "%zz%4");
    CHECK(query_value("groups=west&a", "group") == std::nullopt);
    CHECK(query_value("", "group") == std::nullopt);
}

TEST_CASE("a group that is named is asked alone") {
    Elector e(3);
    e.groups.hosts[1]->lead();
    const std::map<std::string, std::vector<int>> wanted{
        {"/leader", {503, 200}}, {"/standby", {200, 503}}, {"/readyz", {200, 200}},
        {"/status", {200, 200}}, {"/explain", {200, 200}}, {"/history", {200, 200}}};
    for (const auto& [path, codes] : wanted) {
        CAPTURE(path);
        CHECK(e.ask("GET", path, "group=g0").status == codes[0]);
        CHECK(e.ask("GET", path, "group=g1").status == codes[1]);
    }
    CHECK(e.read("/status", "group=g1").at("key") == "/of/g1");
    CHECK(e.read("/status", "group=g1").at("group") == "g1");
    CHECK(e.ask("POST", "/resign", "group=g2").status == 200);
    CHECK(e.groups.hosts[2]->calls == std::vector<std::string>{"resign"});
    CHECK(e.read("/readyz", "group=g2").at("resigned") == true);
    CHECK(e.read("/readyz", "group=g0").at("resigned") == false);
}

TEST_CASE("what is of one group is refused without its name, with the list of all") {
    Elector e(3);
    for (const auto name : served()) {
        const std::string method(name.substr(0, name.find(' ')));
        const std::string path(name.substr(name.find('/')));
        static const std::vector<std::string> kOfAll{"/livez",   "/readyz", "/status",
                                                     "/metrics", "/events", "/reload"};
        CAPTURE(name);
        const auto answer = e.ask(method, path);
        if (std::find(kOfAll.begin(), kOfAll.end(), path) != kOfAll.end()) {
            CHECK(answer.status == 200);
            continue;
        }
        CHECK(answer.status == 400);
        const auto refusal = json::parse(answer.body).as_object();
        CHECK(refusal.at("groups") == json::value{"g0", "g1", "g2"});
        CHECK(refusal.at("next") == "name one of them, as in ?group=g0");
    }
    for (const auto& host : e.groups.hosts) CHECK(host->calls.empty());
}

TEST_CASE("an unknown group is refused with the nearest, whatever it is called") {
    Elector e(3);
    e.groups.hosts[1]->its_config.group = "delegate-west";
    const auto next = [&](const std::string& query) {
        const auto answer = e.ask("POST", "/rejoin", query);
        CHECK(answer.status == 404);
        return std::string(json::parse(answer.body).at("next").as_string());
    };
    CHECK(next("group=delegate-wets") == "did you mean \"delegate-west\"?");
    CHECK(next("group=") == "GET /status lists all groups");
    CHECK(next("group=%ff%00") == "GET /status lists all groups");
    for (const auto& host : e.groups.hosts) CHECK(host->calls.empty());
}

TEST_CASE("a file without tables has no group of any name") {
    Elector e(1);
    e.groups.hosts[0]->its_config.group.clear();
    CHECK(e.ask("GET", "/leader").status == 503);
    for (const auto* query : {"group=west", "group="}) {
        CHECK(e.ask("GET", "/leader", query).status == 404);
        CHECK(e.ask("POST", "/resign", query).status == 404);
    }
    CHECK(e.groups.hosts[0]->calls.empty());
    CHECK(e.read("/status").count("group") == 0);
    CHECK(e.ask("GET", "/metrics").body.find("group=") == std::string::npos);
}

TEST_CASE("all are ready, or the first of those that are not are named") {
    Elector e(100);
    CHECK(e.ask("GET", "/readyz").body == "{\"groups\":100,\"ready\":true,\"reasons\":[]}\n");
    e.groups.hosts[7]->etcd = false;
    CHECK(e.ask("GET", "/readyz").status == 503);
    CHECK(e.read("/readyz").at("reasons") == json::value{"group \"g7\": etcd does not answer"});
    for (const auto& host : e.groups.hosts) host->guardian = false;
    const auto reasons = e.read("/readyz").at("reasons").as_array();
    CHECK(reasons.size() == 33);
    CHECK(reasons.back() == "and 68 more groups");
}

TEST_CASE("the status of all is one short object for each, and the worst of their codes") {
    Elector e(2);
    e.groups.hosts[1]->its_state.guardian_lost = true;
    const auto all = e.read("/status");
    CHECK(all.at("exit_code") == 1);
    CHECK(all.at("member") == "a");
    const auto& rows = all.at("groups").as_array();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].at("group") == "g0");
    CHECK(rows[0].at("key") == "/of/g0");
    CHECK(rows[0].at("local").at("role") == "follower");
    CHECK(rows[0].at("local").at("resigned") == false);
    CHECK(rows[1].at("local").at("alarms") == json::value{"guardian_lost"});
    CHECK(rows[1].at("trouble") == "Alarm: guardian_lost.");
}

TEST_CASE("metrics of a group carry its name, those of the process none") {
    Elector e(2);
    e.groups.hosts[1]->lead();
    const auto text = e.ask("GET", "/metrics").body;
    for (const auto* line :
         {"iotex_elector_node_active{group=\"g0\"} 0\n",
          "iotex_elector_node_active{group=\"g1\"} 1\n",
          "iotex_elector_role{group=\"g1\",role=\"leader\"} 1\n", "iotex_elector_guardian_up 1\n",
          "iotex_elector_build_info{version=\"1.2.3\"} 1\n"})
        CHECK_MESSAGE(text.find(line) != std::string::npos, line);
    CHECK(text.find("confirm_seconds") == std::string::npos);
    e.groups.hosts[0]->guardian = false;
    CHECK(e.ask("GET", "/metrics").body.find("iotex_elector_guardian_up 0\n") != std::string::npos);
}

TEST_CASE("what has occurred in one group is counted for that one") {
    using namespace elector::model;
    Elector e(2);
    Confirm sent;
    sent.op = OpId{7};
    e.metrics.on_effect(1, sent, kFakeNow);
    RecordAnswered answer;
    answer.op = OpId{7};
    answer.outcome = StoreOutcome::kDone;
    e.metrics.on_event(0, answer, kFakeNow + 3ms);
    e.metrics.on_event(1, answer, kFakeNow + 3ms);
    const auto text = e.ask("GET", "/metrics").body;
    for (const auto* line : {"iotex_elector_renewals_total{group=\"g1\",result=\"confirmed\"} 1\n",
                             "iotex_elector_renewals_total{group=\"g0\",result=\"confirmed\"} 0\n",
                             "iotex_elector_confirm_seconds_count{group=\"g1\"} 1\n",
                             "iotex_elector_confirm_seconds_bucket{group=\"g1\",le=\"0.0025\"} 0\n",
                             "iotex_elector_confirm_seconds_bucket{group=\"g1\",le=\"0.005\"} 1\n",
                             "iotex_elector_confirm_seconds_bucket{group=\"g1\",le=\"+Inf\"} 1\n"})
        CHECK_MESSAGE(text.find(line) != std::string::npos, line);
    CHECK(text.find("confirm_seconds_count{group=\"g0\"}") == std::string::npos);
}

TEST_CASE("a scrape of a thousand groups looks at few of them in one turn of the loop") {
    Elector e(1000);
    const auto seen = e.count_turns("/metrics");
    CHECK(seen.most <= Metrics::kGroupsAtOnce);
    CHECK(seen.others >= 200);
    CHECK(lines_with(seen.answer.body, "iotex_elector_node_up{group=") == 1000);
    CHECK(lines_with(seen.answer.body, "iotex_elector_role{group=") == 4000);
    for (const auto* name : {"role", "term", "renewals_total", "build_info"})
        CHECK(lines_with(seen.answer.body, "# HELP iotex_elector_" + std::string(name) + " ") == 1);
    CHECK(lines_with(seen.answer.body, "# ") == 2 * lines_with(seen.answer.body, "# TYPE "));
}

TEST_CASE("so does whoever asks for the status of a thousand, or whether they are ready") {
    Elector e(1000);
    for (const auto* path : {"/status", "/readyz"}) {
        CAPTURE(path);
        const auto seen = e.count_turns(path);
        CHECK(seen.answer.status == 200);
        CHECK(seen.most <= Api::kGroupsAtOnce);
        CHECK(seen.others >= 1000 / Api::kGroupsAtOnce);
    }
}

TEST_CASE("long answers are few at a time, and one that has left makes room") {
    Elector e(2);
    std::vector<Answer> kept;
    for (long i = 0; i < Api::kMostLong; ++i) kept.push_back(e.ask("GET", "/status"));
    for (const auto& answer : kept) CHECK(answer.status == 200);
    CHECK(e.ask("GET", "/status").status == 503);
    CHECK(e.ask("GET", "/metrics").status == 503);
    CHECK(e.ask("GET", "/status", "group=g0").status == 200);
    kept.pop_back();
    CHECK(e.ask("GET", "/metrics").status == 200);
}

TEST_CASE("events are followed of one group or of all") {
    Elector e(3);
    const auto one = e.ask("GET", "/events", "group=g1");
    CHECK(one.follows == "g1");
    CHECK(one.body.find("\"group\":\"g1\"") != std::string::npos);
    CHECK(e.ask("GET", "/events", "group=nobody").status == 404);
    e.groups.hosts[1]->lead();
    const auto all = e.ask("GET", "/events");
    CHECK(all.follows.empty());
    CHECK(all.body ==
          "event: status\ndata: {\"member\":\"a\",\"groups\":3,\"follower\":2,\"candidate\":0,"
          "\"leader\":1,\"draining\":0}\n\n");
}
