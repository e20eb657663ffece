// The group status document: who is verified active, how old that is, and what the verdict says.
#include "report/group.hpp"

#include <doctest/doctest.h>

#include "tests/report/example.hpp"

using namespace elector::report;
using elector::model::Blocker;
using Names = std::vector<std::string>;

TEST_CASE("one active node that holds the lead is what an operator wants to see") {
    const auto g = Group().status();
    CHECK(g.exit_code == 0);
    CHECK(g.verified_active == Names{"a"});
    CHECK(g.verdict == "a is the only node verified active and holds the lead (term 42).");
}

TEST_CASE("an active node that does not hold the lead is told as such") {
    Group g;
    g.record().state = State::kDrained;
    g.view().holder.mod = Revision{80};
    CHECK(g.status().exit_code == 0);
    CHECK(g.status().verdict == "a is the only node verified active, and does not hold the lead.");
}

TEST_CASE("members come as holder, queue, others; with what the group can see of their role") {
    Group g;
    g.add("d", Revision{95});
    g.member("d").candidate_key.clear();
    std::swap(g.view().queue[1], g.view().queue[2]);
    std::vector<std::pair<std::string, Place>> seen;
    std::vector<int> places;
    for (const auto& m : g.status().members) {
        seen.emplace_back(m.name, m.place);
        places.push_back(m.queue_place);
    }
    CHECK(seen == std::vector<std::pair<std::string, Place>>{{"a", Place::kHolder},
                                                             {"c", Place::kCandidate},
                                                             {"b", Place::kCandidate},
                                                             {"d", Place::kRegistered}});
    CHECK(places == std::vector<int>{1, 2, 3, 0});
}

TEST_CASE("a holder whose member record is gone is shown, and what its node does is not known") {
    Group g;
    g.forget("a");
    const auto a = g.shown("a");
    CHECK(a.place == Place::kHolder);
    CHECK(a.node == NodeStatus{NodeActivity::kUnknown, {}, "its member record is gone", false});
    CHECK(g.status().exit_code == 1);
    CHECK(g.status().verdict ==
          "No node is verified active: a held the lead and has vanished; its holding and its last "
          "round have to pass before another may take over.");
}

TEST_CASE("the age of a status is the writer's, and what has passed since by the wall clocks") {
    Group g;
    CHECK(g.shown("a").node.age == 1300ms);
    g.member("a").unix_ms = kNow + 400;  // that host's clock is ahead
    CHECK(g.shown("a").node.age == 300ms);
    g.member("a").unix_ms = 0;  // of a version that does not say
    g.in.since_read = 2s;
    CHECK(g.shown("a").node.age == 2300ms);
    g.member("a").activity = NodeActivity::kUnknown;
    CHECK(g.shown("a").node == NodeStatus{});
}

TEST_CASE("a status that nobody has verified for three polls does not count as verified") {
    Group g;
    g.member("a").activity_age = 3s;
    CHECK(g.status().exit_code == 0);
    g.member("a").activity_age = 3s + 1ms;
    CHECK(g.shown("a").node.stale == "not verified for 3.0 s when published");
    CHECK(g.status().exit_code == 1);
    CHECK(g.status().maybe_active == Names{"a"});
    CHECK(g.status().verdict ==
          "No node is verified active: a was last seen active, but that is stale: not verified "
          "for 3.0 s when published.");
}

TEST_CASE("everything is stale to a reader that has lost etcd for three polls") {
    Group g;
    g.in.since_read = 12s;
    CHECK(g.shown("b").node.stale == "etcd was last read 12 s ago");
    CHECK(g.status().exit_code == 1);
}

TEST_CASE("what a member does not publish again, because nothing changes, stays verified") {
    Group g;
    g.member("a").unix_ms = kNow - 60'000;  // the chain stands still
    CHECK(g.shown("a").node == NodeStatus{NodeActivity::kActive, 60s + 300ms, "", false});
    CHECK(g.status().exit_code == 0);
}

TEST_CASE("two active nodes are an alarm, also when one of them is stale") {
    Group g;
    g.member("c").activity = NodeActivity::kActive;
    const auto* verdict =
        "More than one node is active: a and c; stop all but one of these nodes now.";
    CHECK(g.status().exit_code == 4);
    CHECK(g.status().verdict == verdict);
    g.member("c").activity_age = 1min;
    CHECK(g.status().verified_active == Names{"a"});
    CHECK(g.status().exit_code == 4);
    CHECK(g.status().verdict == verdict);
}

TEST_CASE("an active node published before the present holder record is of an earlier holding") {
    Group g;
    g.member("c").activity = NodeActivity::kActive;
    g.entry("c").mod = Revision{59};
    CHECK(g.shown("c").node.stale == "published before the present holder record");
    CHECK(g.status().exit_code == 0);
    CHECK(g.status().maybe_active.empty());
}

TEST_CASE("why nobody is active is said in words") {
    const auto reason = [](const Group& g) {
        const auto text = g.status().verdict;
        const std::string start = "No node is verified active: ";
        CHECK(text.rfind(start, 0) == 0);
        CHECK(g.status().exit_code == 1);
        return text.substr(start.size());
    };
    Group g;
    g.member("a").activity = NodeActivity::kStandby;
    CHECK(reason(g) == "a holds the lead (term 42) and its node is not verified active.");
    g.record().state = State::kDrained;
    g.forget("a");
    CHECK(reason(g) == "b is about to take over from a.");
    g.view().pause.emplace();
    CHECK(reason(g) == "the election is paused, and nobody held the lead.");
    g.record().state = State::kUnfenced;
    CHECK(reason(g) ==
          "the node of a could not be confirmed standby; nobody takes over until it is, or until "
          "fence --confirmed-dead a.");
    g.record().foreign = {{"/k/77", Revision{9}, "old"}};
    CHECK(reason(g) ==
          "an older elector or etcdctl has led (old); its node has to be verified standby first.");
    g = Group();
    g.view().holder = {};
    g.member("a").activity = NodeActivity::kStandby;
    CHECK(reason(g) ==
          "it is not known who signed last; a takes over when the longest possible holding has "
          "passed.");
    g.view().queue.clear();
    CHECK(reason(g) == "no member is fit to lead.");
    g.view().members.clear();
    CHECK(reason(g) == "no member is registered.");
    g.in.view.reset();
    CHECK(reason(g) == "etcd could not be read.");
}

TEST_CASE("a foreign key in the queue is shown as such") {
    Group g;
    g.view().queue.push_back({"/k/77", Revision{55}, "old"});
    CHECK_FALSE(g.status().queue[0].foreign);
    CHECK(g.status().queue[3].foreign);
    CHECK(g.status().queue[3].name == "old");
}

TEST_CASE("a pause says who, why and for how long") {
    Group g;
    g.view().pause = {"op@host", "new disks", kNow + 90'000};
    CHECK(g.status().pause->who == "op@host");
    CHECK(g.status().pause->why == "new disks");
    CHECK(g.status().pause->expires_in == 90s);
    CHECK(g.status().verdict ==
          "a is the only node verified active and holds the lead (term 42); the election is "
          "paused.");
    g.view().pause->until_unix_ms = 0;
    CHECK(g.status().pause->expires_in == std::nullopt);
}

TEST_CASE("a switchover order for an earlier holder is shown as not current") {
    Group g;
    g.view().switchover = {Revision{99}, Term{42}, "b", "op@host", "upgrade"};
    CHECK(g.status().switchover->current);
    g.view().switchover->term = Term{41};
    CHECK_FALSE(g.status().switchover->current);
}

TEST_CASE("a holding began when the one before it had ended, a marker when it was written") {
    Group g;
    CHECK(g.status().holder.since_unix_ms == std::nullopt);
    g.in.last.emplace();
    g.in.last->term = Term{40};
    g.in.last->unix_ms = kNow - 5000;
    CHECK(g.status().holder.since_unix_ms == kNow - 5000);
    g.in.last->term = Term{42};
    CHECK(g.status().holder.since_unix_ms == std::nullopt);
    g.record().state = State::kDrained;
    CHECK(g.status().holder.since_unix_ms == kNow - 5000);
}

TEST_CASE("what a running elector knows of its own node is newer than what it has published") {
    Group g;
    g.in.local.emplace();
    g.in.local->member = "a";
    g.in.local->activity = NodeActivity::kStandby;
    g.in.local->activity_age = 100ms;
    CHECK(g.shown("a").node == NodeStatus{NodeActivity::kStandby, 100ms, "", false});
    CHECK(g.status().exit_code == 1);
    g.in.local->activity_age = 4s;
    CHECK(g.shown("a").node.stale == "not verified for 4.0 s");
}

TEST_CASE("a condition has its sentence and what would change it") {
    Group g;
    g.member("b").blocked_by = "lagging,of_a_later_version";
    const auto blocked = g.shown("b").blocked_by;
    REQUIRE(blocked.size() == 2);
    CHECK(blocked[0].code == "lagging");
    CHECK(blocked[0].sentence == "The node is behind the best known tip.");
    CHECK(blocked[0].remedy == "Wait until the node has caught up, or raise health.max_lag.");
    CHECK(blocked[1].code == "of_a_later_version");
    for (int i = 0; i < elector::model::kBlockerCount; ++i) {
        const auto c = describe(static_cast<Blocker>(i));
        CHECK(c.code == elector::model::code(static_cast<Blocker>(i)));
        CHECK_MESSAGE(c.remedy.ends_with('.'), c.code);
    }
}
