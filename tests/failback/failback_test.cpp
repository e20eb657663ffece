// When a preferred member asks for the lead back, over views and times.
#include "failback/failback.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace elector::failback;
using namespace std::chrono_literals;

namespace {

constexpr Instant kStart = Instant(1000s);
constexpr Duration kAfter = 10min;

MemberEntry entry(const std::string& name, std::int64_t create, int priority, NodeActivity node) {
    MemberEntry e;
    e.record.name = name;
    e.record.instance = "at " + name;
    e.record.candidate_key = "K/" + name;
    e.record.activity = node;
    e.record.priority = priority;
    e.record.eligible = node == NodeActivity::kStandby;
    e.create = Revision{create};
    return e;
}

/// c leads with priority 0; then b with 10, which is us, then a with 0.
struct Group {
    ElectionView view;
    Policy policy;
    State state;
    Sight sight;
    std::optional<Duration> after = kAfter;

    Group() {
        view.queue = {
            {"K/c", Revision{5}, "c"}, {"K/b", Revision{7}, "b"}, {"K/a", Revision{9}, "a"}};
        view.members = {entry("a", 1, 0, NodeActivity::kStandby),
                        entry("b", 2, 10, NodeActivity::kStandby),
                        entry("c", 3, 0, NodeActivity::kActive)};
        HolderRecord record;
        record.term = Term{5};
        record.member = "c";
        record.instance = "at c";
        view.holder = StoredRecord{Revision{20}, "{}", record};
        policy.member = "b";
        policy.priority = 10;
        sight = {&view, Revision{7}, true};
    }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    MemberRecord& member(std::size_t i) { return view.members[i].record; }
    std::optional<Order> at(Duration since_start) {
        return look(state, policy, after, sight, kStart + since_start);
    }
    /// After a whole span of fitness, with the view as it is then.
    bool orders() {
        state = {};
        CHECK(!at(0s));
        return at(kAfter).has_value();
    }
};

}  // namespace

TEST_CASE("a preferred member that was fit for the whole time orders a switchover to itself") {
    Group g;
    CHECK(!g.at(0s));
    CHECK(!g.at(kAfter - 1ns));
    const auto order = g.at(kAfter);
    REQUIRE(order);
    CHECK(order->order ==
          SwitchoverOrder{Revision{}, Term{5}, "b", "failback", "priority 10 over 0"});
    CHECK(order->holder_mod == Revision{20});
    CHECK(order->key == "K/b");
    CHECK(order->create == Revision{7});
    CHECK(order->from == "c");
}

TEST_CASE("manual never orders; the time that is set later counts from when it was fit") {
    Group g;
    g.after.reset();
    CHECK(!g.at(0s));
    CHECK(!g.at(24h));
    g.after = 5s;
    CHECK(g.at(24h + 1s));
}

TEST_CASE("at most one order in the time, whatever became of it") {
    Group g;
    CHECK(!g.at(0s));
    CHECK(g.at(kAfter));
    CHECK(!g.at(kAfter + 1s));
    CHECK(!g.at(2 * kAfter - 1ns));
    CHECK(g.at(2 * kAfter));
}

TEST_CASE("an interruption starts the time anew") {
    SUBCASE("not fit by its own word") {
        Group g;
        CHECK(!g.at(0s));
        g.sight.fit = false;
        CHECK(!g.at(kAfter - 1s));
        g.sight.fit = true;
        CHECK(!g.at(kAfter));
        CHECK(!g.at(2 * kAfter - 1ns));
        CHECK(g.at(2 * kAfter));
    }
    SUBCASE("out of the queue") {
        Group g;
        CHECK(!g.at(0s));
        g.sight.create = {};
        CHECK(!g.at(kAfter - 1s));
        g.sight.create = Revision{7};
        CHECK(!g.at(kAfter));
    }
    SUBCASE("in the queue with another key, whose coming in between nobody saw") {
        Group g;
        CHECK(!g.at(0s));
        g.view.queue[1].create = Revision{11};
        g.sight.create = Revision{11};
        CHECK(!g.at(kAfter));
        CHECK(g.at(2 * kAfter));
    }
    SUBCASE("nothing known of the store") {
        Group g;
        CHECK(!g.at(0s));
        g.sight.view = nullptr;
        CHECK(!g.at(kAfter - 1s));
        g.sight.view = &g.view;
        CHECK(!g.at(kAfter));
    }
}

TEST_CASE("what is in the way for a while only puts the order off") {
    Group g;
    CHECK(!g.at(0s));
    g.view.pause = PauseOrder{"somebody", "maintenance"};
    CHECK(!g.at(kAfter));
    g.view.pause.reset();
    g.view.switchover = SwitchoverOrder{Revision{3}, Term{5}, "a", "somebody", ""};
    CHECK(!g.at(kAfter + 1s));
    g.view.switchover.reset();
    CHECK(g.at(kAfter + 2s));
}

TEST_CASE("only a strictly higher priority is a reason") {
    for (const int theirs : {10, 11}) {
        Group g;
        g.member(2).priority = theirs;
        CHECK(!g.orders());
    }
    Group g;
    g.member(2).priority = 9;
    CHECK(g.orders());
}

TEST_CASE("nofailover and observe are honoured with a preferred member too") {
    Group g;
    g.policy.nofailover = true;
    CHECK(!g.orders());
    g.policy.nofailover = false;
    CHECK(g.orders());
    g.policy.observe = true;
    CHECK(!g.orders());
}

TEST_CASE("nothing is ordered that would only be refused, or that hurries anything") {
    Group g;
    SUBCASE("a bootstrap is asking") { g.view.roll_call = "abc"; }
    SUBCASE("no record") { g.view.holder = {}; }
    SUBCASE("nobody holds") { g.view.holder.record->state = HolderRecord::State::kDrained; }
    SUBCASE("unfenced") { g.view.holder.record->state = HolderRecord::State::kUnfenced; }
    SUBCASE("a foreign key has led") {
        g.view.holder.record->foreign = {{"K/x", Revision{4}, "x"}};
    }
    SUBCASE("a foreign key waits") { g.view.queue.push_back({"K/x", Revision{12}, "x"}); }
    SUBCASE("the holder's key is gone") { g.view.queue.erase(g.view.queue.begin()); }
    SUBCASE("the holder's record is gone") { g.view.members.pop_back(); }
    SUBCASE("the holder is another instance by now") { g.member(2).instance = "elsewhere"; }
    SUBCASE("the holder's node is not active yet") {
        g.member(2).activity = NodeActivity::kStandby;
    }
    SUBCASE("the holder's node is not verified") { g.member(2).activity = NodeActivity::kUnknown; }
    SUBCASE("our published record does not say eligible") { g.member(1).eligible = false; }
    SUBCASE("our key is another member's") {
        g.member(0).candidate_key = "K/b";
        g.member(1).candidate_key.clear();
    }
    SUBCASE("our key is not seen in the queue") { g.sight.create = Revision{8}; }
    CHECK(!g.orders());
}

TEST_CASE("of several preferred members one orders: the best, and among equals the next") {
    Group g;
    g.member(0).priority = 11;
    CHECK(!g.orders());
    g.member(0).eligible = false;
    CHECK(g.orders());
    g.member(0).eligible = true;
    g.member(0).priority = 10;
    CHECK(g.orders());
    g.view.queue[2].create = Revision{6};
    CHECK(!g.orders());
}
