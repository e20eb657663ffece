// Which moment belongs to which phase of a hand-over.
#include "demo/handover.hpp"

#include <doctest/doctest.h>

using namespace elector::demo;
using namespace elector::model;
using namespace std::chrono_literals;
using elector::checker::Entry;

namespace {

using Signed = elector::checker::Kind;

struct Story {
    HandoverMeter meter;
    Instant now{100s};

    Instant at(Duration since) { return now = Instant{100s} + since; }
    void line(Duration since, const char* who, const char* event,
              std::map<std::string, std::string> fields = {}) {
        meter.on_line(who, LogLine{at(since), "info", event, "elector", std::move(fields)});
    }
    void node(Duration since, const char* who, Signed kind) {
        meter.on_entry(who, Entry{0, 0, kind, 0, 0}, at(since));
    }
    void lets_go(Duration since, const char* who, const char* reason) {
        line(since, who, "role_change",
             {{"from", "leader"}, {"to", "draining"}, {"reason", reason}});
    }
    void claims(Duration since, const char* who) {
        line(since, who, "role_change",
             {{"from", "candidate"}, {"to", "leader"}, {"reason", "claimed"}});
    }
    void takes(Duration since, const char* who) {
        claims(since, who);
        line(since + 10ms, who, "activation_sent");
        node(since + 15ms, who, Signed::active_on);
        line(since + 40ms, who, "active");
    }
    /// "a" has led since -50 s.
    void begin() { takes(-50s, "a"); }
    Instant moment(Duration since) const { return Instant{100s} + since; }
};

}  // namespace

TEST_CASE("the first start is no hand-over: nobody let go, and there is no gap") {
    Story s;
    s.begin();
    REQUIRE(s.meter.ended().size() == 1);
    const auto& h = s.meter.ended().front();
    CHECK(h.kind == Kind::kFirst);
    CHECK(h.from == "");
    CHECK(h.to == "a");
    CHECK(h.gap() == std::nullopt);
    CHECK(h.total() == 40ms);
    CHECK(s.meter.active() == std::set<std::string>{"a"});
}

TEST_CASE("a planned hand-over has every phase, each counted from the one before") {
    Story s;
    s.begin();
    s.meter.order(Kind::kPlanned, s.at(0ms));
    s.lets_go(20ms, "a", "switchover");
    CHECK(s.meter.current()->ended() == false);
    s.node(300ms, "a", Signed::active_off);
    s.line(700ms, "a", "standby_confirmed");
    s.line(950ms, "a", "marker_written");
    s.takes(1500ms, "b");
    REQUIRE(s.meter.ended().size() == 2);
    Handover expected;
    expected.kind = Kind::kPlanned;
    expected.from = "a";
    expected.to = "b";
    expected.cause = "switchover";
    expected.ordered = s.moment(0ms);
    expected.decided = s.moment(20ms);
    expected.standby = s.moment(700ms);
    expected.marker = s.moment(950ms);
    expected.claimed = s.moment(1500ms);
    expected.activation_sent = s.moment(1510ms);
    expected.verified = s.moment(1540ms);
    expected.went_silent = s.moment(300ms);
    expected.went_active = s.moment(1515ms);
    CHECK(s.meter.ended().back() == expected);
    CHECK(expected.gap() == 1215ms);
    CHECK(expected.total() == 1540ms);
    CHECK(expected.phases() == std::vector<Phase>{{"decide", 20ms},
                                                  {"standby", 680ms},
                                                  {"marker", 250ms},
                                                  {"claim", 550ms},
                                                  {"activate", 10ms},
                                                  {"verify", 30ms}});
    CHECK_FALSE(s.meter.current());
}

TEST_CASE("a dead node is asked for nothing: the marker counts from the decision") {
    Story s;
    s.begin();
    s.meter.order(Kind::kNodeKilled, s.at(0ms));
    s.node(1ms, "a", Signed::stop);
    s.lets_go(210ms, "a", "node_dead");
    s.line(215ms, "a", "marker_written");
    s.takes(2800ms, "b");
    const auto& h = s.meter.ended().back();
    CHECK(h.gap() == 2814ms);
    CHECK(h.phases()[1] == Phase{"standby", std::nullopt});
    CHECK(h.phases()[2] == Phase{"marker", 5ms});
}

TEST_CASE("a guardian that acts for the leader lets go for it, and its closer writes the marker") {
    Story s;
    s.begin();
    s.meter.order(Kind::kElectorKilled, s.at(0ms));
    s.line(5ms, "a", "guardian_acts", {{"reason", "elector_gone"}});
    s.node(8ms, "a", Signed::active_off);
    s.line(700ms, "a", "guardian_standby");
    s.line(800ms, "a", "closed", {{"what", "unfenced"}});
    s.line(950ms, "a", "closed", {{"what", "drained"}});
    s.takes(1500ms, "b");
    const auto& h = s.meter.ended().back();
    CHECK(h.kind == Kind::kElectorKilled);
    CHECK(h.cause == "elector_gone");
    CHECK(h.standby == s.moment(700ms));
    CHECK(h.marker == s.moment(950ms));
    CHECK(h.gap() == 1507ms);
}

TEST_CASE("a guardian that acts for whom the lead has left begins no hand-over") {
    Story s;
    s.begin();
    s.lets_go(0ms, "a", "tip_frozen");
    s.takes(1s, "b");
    s.line(2s, "a", "guardian_acts", {{"reason", "drain_overran"}});
    CHECK_FALSE(s.meter.current());
}

TEST_CASE("a marker whose line is read after the claim's, but was written before it, is a phase") {
    Story s;
    s.begin();
    s.lets_go(0ms, "a", "tip_frozen");
    s.claims(1s, "b");
    s.line(999ms, "a", "marker_written");
    CHECK(s.meter.current()->marker == s.moment(999ms));
}

TEST_CASE("a marker that comes after the successor's claim is no phase of the hand-over") {
    Story s;
    s.begin();
    s.meter.order(Kind::kCutOff, s.at(0ms));
    s.lets_go(2500ms, "a", "holding_ending");
    s.node(2600ms, "a", Signed::active_off);
    s.line(3000ms, "a", "standby_confirmed");
    s.claims(20s, "b");
    s.line(20s + 5ms, "a", "marker_written");
    s.line(20s + 10ms, "b", "activation_sent");
    s.node(20s + 15ms, "b", Signed::active_on);
    s.line(20s + 40ms, "b", "active");
    const auto& h = s.meter.ended().back();
    CHECK(h.phases()[2] == Phase{"marker", std::nullopt});
    CHECK(h.phases()[3] == Phase{"claim", 17s});
    CHECK(h.gap() == 17415ms);
}

TEST_CASE("a leader that lets go unasked is measured from its decision") {
    Story s;
    s.begin();
    s.lets_go(0ms, "a", "tip_frozen");
    s.node(100ms, "a", Signed::active_off);
    s.line(500ms, "a", "standby_confirmed");
    s.line(700ms, "a", "marker_written");
    s.takes(1s, "b");
    const auto& h = s.meter.ended().back();
    CHECK(h.kind == Kind::kUnasked);
    CHECK(h.cause == "tip_frozen");
    CHECK(h.total() == 1040ms);
    CHECK(h.phases()[0] == Phase{"decide", std::nullopt});
    CHECK(h.phases()[1] == Phase{"standby", 500ms});
}

TEST_CASE("a successor that gives up before its node is active is not where the lead went") {
    Story s;
    s.begin();
    s.meter.order(Kind::kPlanned, s.at(0ms));
    s.lets_go(20ms, "a", "switchover");
    s.claims(1s, "b");
    s.lets_go(2s, "b", "node_dead");
    s.takes(3s, "c");
    const auto& h = s.meter.ended().back();
    CHECK(h.from == "a");
    CHECK(h.to == "c");
    CHECK(h.cause == "switchover");
    CHECK(h.claimed == s.moment(3s));
}

TEST_CASE("an order that comes to nothing does not name a later hand-over") {
    Story s;
    s.begin();
    s.meter.order(Kind::kPlanned, s.at(0ms));
    SUBCASE("because it was refused") { s.line(10ms, "a", "switchover_refused"); }
    SUBCASE("because what was broken is mended") { s.meter.forget_order(); }
    CHECK_FALSE(s.meter.current());
    s.lets_go(60s, "a", "tip_frozen");
    CHECK(s.meter.current()->kind == Kind::kUnasked);
}

TEST_CASE("a hand-over under way is neither forgotten nor renamed") {
    Story s;
    s.begin();
    s.lets_go(0ms, "a", "tip_frozen");
    s.meter.forget_order();
    s.meter.order(Kind::kPlanned, s.at(1s));
    REQUIRE(s.meter.current());
    CHECK(s.meter.current()->kind == Kind::kUnasked);
}
