#include "session/own_facts.hpp"

#include <functional>

#include <doctest/doctest.h>

using namespace elector::session;

namespace {

Policy policy() {
    Policy p;
    p.member = "a";
    p.instance = "boot-a";
    p.version = "1";
    p.api_url = "http://a";
    p.priority = 3;
    return p;
}

OwnFacts facts(const Policy& p) {
    return {p, {}, "K/1", NodeActivity::kStandby, 5s, Height{7}, 2, 1, "io1", "call"};
}

}  // namespace

TEST_CASE("a record is made of all facts") {
    const auto p = policy();
    auto told = facts(p);
    told.unfit.add(Blocker::kUnready);
    MemberRecord expected;
    expected.name = "a";
    expected.instance = "boot-a";
    expected.candidate_key = "K/1";
    expected.activity = NodeActivity::kStandby;
    expected.activity_age = 5s;
    expected.tip = Height{7};
    expected.lag_blocks = 2;
    expected.lag_bucket = 1;
    expected.priority = 3;
    expected.blocked_by = "unready";
    expected.operator_address = "io1";
    expected.version = "1";
    expected.api_url = "http://a";
    expected.roll_call = "call";
    CHECK(to_record(told) == expected);
    told.unfit = {};
    expected.eligible = true;
    expected.blocked_by.clear();
    CHECK(to_record(told) == expected);
}

TEST_CASE("what was published is news when any fact is another, but for the age alone") {
    const auto p = policy();
    const auto published = to_record(facts(p));
    auto now = facts(p);
    now.activity_age = 1h;
    CHECK_FALSE(is_news(now, published));
    const std::function<void(OwnFacts&)> changes[] = {
        [](OwnFacts& f) { f.unfit.add(Blocker::kUnready); },
        [](OwnFacts& f) { f.candidate_key = ""; },
        [](OwnFacts& f) { f.activity = NodeActivity::kActive; },
        [](OwnFacts& f) { f.tip = Height{8}; },
        [](OwnFacts& f) { f.tip.reset(); },
        [](OwnFacts& f) { f.lag_blocks = 0; },
        [](OwnFacts& f) { f.lag_bucket = 0; },
        [](OwnFacts& f) { f.operator_address = "io2"; },
        [](OwnFacts& f) { f.roll_call = ""; }};
    for (const auto& change : changes) {
        auto other = facts(p);
        change(other);
        CHECK(is_news(other, published));
    }
}

TEST_CASE("a policy that was reloaded is news") {
    const auto published = to_record(facts(policy()));
    const std::function<void(Policy&)> changes[] = {
        [](Policy& p) { p.member = "b"; }, [](Policy& p) { p.instance = "boot-b"; },
        [](Policy& p) { p.version = "2"; }, [](Policy& p) { p.api_url = "http://b"; },
        [](Policy& p) { p.priority = 4; }};
    for (const auto& change : changes) {
        auto p = policy();
        change(p);
        CHECK(is_news(facts(p), published));
    }
}

TEST_CASE("other reasons why it may not lead are news, though it may not lead either way") {
    const auto p = policy();
    auto before = facts(p);
    before.unfit.add(Blocker::kUnready);
    auto now = facts(p);
    now.unfit.add(Blocker::kLagging);
    CHECK(is_news(now, to_record(before)));
}
