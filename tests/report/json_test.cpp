// The JSON form, held against the page that documents it.
#include "report/json.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/report/example.hpp"

using namespace elector::report;
namespace json = boost::json;

namespace {

void collect(const json::value& value, std::set<std::string>& names) {
    if (value.is_array())
        for (const auto& item : value.as_array()) collect(item, names);
    if (!value.is_object()) return;
    for (const auto& [name, item] : value.as_object()) {
        names.insert(std::string(name));
        collect(item, names);
    }
}

/// With every part that a document can have.
Group whole() {
    Group g;
    g.record().foreign = {{"/k/77", Revision{9}, "old"}};
    g.view().pause = {"op", "why", kNow + 1000};
    g.view().switchover = {Revision{99}, Term{42}, "b", "op", "why"};
    g.in.local.emplace();
    g.in.local->member = "a";
    g.in.local->alarms = {"unfenced"};
    g.in.budget.emplace();
    return g;
}

/// From "### title" to the next heading.
std::string section(const std::string& title) {
    std::ifstream file(ELECTOR_COMMANDS_PAGE);
    std::stringstream all;
    all << file.rdbuf();
    const auto text = all.str();
    const auto begin = text.find("\n### " + title + "\n");
    REQUIRE(begin != std::string::npos);
    return text.substr(begin, text.find("\n###", begin + 1) - begin);
}

void check_documented(const json::object& document, const std::string& title) {
    std::set<std::string> names;
    collect(document, names);
    names.erase("v");
    const auto page = section(title);
    for (const auto& name : names) {
        const bool there = page.find("`" + name + "`") != std::string::npos ||
                           page.find("`" + name + "[]`") != std::string::npos;
        CHECK_MESSAGE(there, title << " has a field that is not documented: " << name);
    }
}

}  // namespace

TEST_CASE("every field of a document is on the page of the commands") {
    const auto g = whole();
    check_documented(to_json(g.status()), "status");
    HistoryRow row;
    check_documented(to_json(std::vector<HistoryRow>{row}), "history");
    auto explained = to_json(explain(g.policy, g.in, "b"));
    explained.erase("because");  // as `blocked_by`
    check_documented(explained, "explain");
}

TEST_CASE("a member's row is written whole") {
    const auto row = to_json(Group().status()).at("members").at(1);
    CHECK(json::serialize(row) ==
          R"({"name":"b","role":"candidate","queue_place":2,"node":{"activity":"standby",)"
          R"("age_ms":1300,"stale":false,"stale_because":null},"tip":1000,"lag_blocks":0,)"
          R"("priority":0,"eligible":true,"blocked_by":[],"operator_address":"","version":"",)"
          R"("api":""})");
}

TEST_CASE("what cannot be known is null") {
    Group g;
    g.in.view.reset();
    const auto d = to_json(g.status());
    for (const auto* name : {"holder", "pause", "switchover", "local", "budget"})
        CHECK_MESSAGE(d.at(name).is_null(), name);
    CHECK(d.at("read") == false);
    CHECK(d.at("exit_code") == 1);
    CHECK(to_json(std::vector<HistoryRow>{{}}).at("changes").at(0).at("at").is_null());
}

TEST_CASE("the time budget is given in whole milliseconds") {
    Group g;
    g.in.budget = Budget{"fast", 2500ms, 3s, 600ms, 1850ms, 3200ms, 9001ms, 5s, 21s};
    CHECK(json::serialize(to_json(g.status()).at("budget")) ==
          R"({"profile":"fast","block_interval_ms":2500,"hold_ms":3000,"renew_ms":600,)"
          R"("etcd_outage_survived_ms":1850,"handover_ms":3200,"handover_at_most_ms":9001,)"
          R"("node_gone_ms":5000,"host_lost_ms":21000})");
}
