// When an elector that holds nothing counts as standing still.
#include "guardian/pulse.hpp"

#include <doctest/doctest.h>

using namespace elector::guardian;
using namespace std::chrono_literals;

namespace {

Instant at(Duration since) { return Instant(1000s + since); }

}  // namespace

TEST_CASE("an elector that pings is well and never lost") {
    Pulse pulse;
    pulse.started(at(0s));
    CHECK(!pulse.heard());
    for (int i = 1; i < 100; ++i) {
        pulse.beat(at(i * 9s));
        CHECK(pulse.heard());
        CHECK(!pulse.lost(at(i * 9s)));
        CHECK(pulse.wake() == at(i * 9s + 10s));
    }
}

TEST_CASE("one that is silent for ten seconds is lost, once") {
    Pulse pulse;
    pulse.started(at(0s));
    CHECK(!pulse.lost(at(9999ms)));
    CHECK(pulse.lost(at(10s)));
    CHECK(!pulse.lost(at(11s)));
    CHECK(pulse.wake() == elector::model::kNever);
}

TEST_CASE("a silent one is being seen to until it should have been gone") {
    Pulse pulse;
    pulse.started(at(0s));
    pulse.beat(at(1s));
    CHECK(pulse.well(at(11s)));
    CHECK(pulse.well(at(15999ms)));
    CHECK(!pulse.well(at(16s)));
}

TEST_CASE("the next process begins anew") {
    Pulse pulse;
    pulse.started(at(0s));
    pulse.beat(at(1s));
    CHECK(pulse.lost(at(20s)));
    pulse.started(at(21s));
    CHECK(!pulse.heard());
    CHECK(pulse.well(at(21s)));
    CHECK(!pulse.lost(at(30s)));
    CHECK(pulse.lost(at(31s)));
}
