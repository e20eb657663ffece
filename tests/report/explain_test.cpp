// Why a member leads or does not, one sentence for each condition.
#include <doctest/doctest.h>

#include "tests/report/example.hpp"

using namespace elector::report;
using elector::model::Blocker;

namespace {

/// The summary, then the codes.
std::vector<std::string> told(const Group& g, const std::string& member) {
    const auto e = explain(g.policy, g.in, member);
    std::vector<std::string> all{e.summary};
    for (const auto& c : e.because) all.push_back(c.code);
    return all;
}

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("a leader has nothing to explain") {
    CHECK(told(Group(), "a") ==
          Told{"a leads: it holds the lead and its node is verified active."});
}

TEST_CASE("a holder whose node is not active says what is published of it") {
    Group g;
    g.member("a").activity = NodeActivity::kStandby;
    CHECK(told(g, "a") ==
          Told{"a holds the lead, and its node is not verified active.", "standby_unconfirmed"});
}

TEST_CASE("a candidate says who is ahead and who holds") {
    CHECK(told(Group(), "b") == Told{"b does not lead; a holds the lead.", "not_head", "held"});
}

TEST_CASE("what keeps the node from leading comes first, then what the group says") {
    Group g;
    g.member("b").eligible = false;
    g.member("b").blocked_by = "lagging";
    g.member("b").candidate_key.clear();
    g.view().pause.emplace();
    CHECK(told(g, "b") ==
          Told{"b does not lead; a holds the lead.", "lagging", "not_queued", "paused", "held"});
}

TEST_CASE("the holder record's own condition is told") {
    Group g;
    g.forget("a");
    const std::string nobody = "b does not lead.";
    CHECK(told(g, "b") == Told{"b does not lead; a holds the lead.", "dirty_wait"});
    g.record().state = State::kDrained;
    CHECK(told(g, "b") == Told{nobody, "gate_time"});
    g.record().gate.tip = elector::model::Height{7};
    CHECK(told(g, "b") == Told{nobody, "gate_height"});
    g.record().state = State::kUnfenced;
    CHECK(told(g, "b") == Told{nobody, "unfenced"});
    g.record().foreign = {{"/k/77", Revision{9}, "old"}};
    CHECK(told(g, "b") == Told{nobody, "foreign"});
    g.view().holder = {};
    CHECK(told(g, "b") == Told{nobody, "record_unknown"});
}

TEST_CASE("a member that the group does not know is said to be unknown") {
    CHECK(told(Group(), "x") == Told{"x is not registered in this group.", "not_registered"});
    Group g;
    g.in.view.reset();
    CHECK(told(g, "b") == Told{"Nothing can be said of b: etcd could not be read."});
}

TEST_CASE("a running elector explains itself by what it knows, not by what it has published") {
    Group g;
    g.in.local.emplace();
    g.in.local->member = "b";
    g.in.local->role = elector::model::Role::kCandidate;
    g.in.local->blockers.add(Blocker::kCoolingDown);
    CHECK(told(g, "b") == Told{"b does not lead; a holds the lead.", "cooling_down"});
    g.in.local->role = elector::model::Role::kLeader;
    g.in.local->activity = NodeActivity::kActive;
    CHECK(told(g, "b") == Told{"b leads: it holds the lead and its node is verified active."});
}
