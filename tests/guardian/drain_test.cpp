// What the guardian makes of an elector that lets go by itself: instants in milliseconds.
#include <doctest/doctest.h>

#include "guardian/rig.hpp"

using namespace elector::guardian;
using namespace elector::guardian::test;

namespace {

/// As the policy derives them from a block interval.
Bounds bounds_of(Duration block) {
    return {250ms, 4 * block + 1s, block + 1035ms, block + 1500ms, 200ms};
}

}  // namespace

TEST_CASE("after a drain that overran a node that hangs is recorded unfenced within a second") {
    for (const auto block : {2500ms, 5000ms, 10'000ms}) {
        Rig rig;
        rig.bounds = bounds_of(block);
        rig.lead();
        rig.until(1s);
        const auto overran = 1s + rig.bounds.quiesce;
        rig.drain(overran);
        rig.until(overran - 1ms);
        rig.said();
        rig.until(overran);
        CHECK(rig.machine.reason() == Reason::kDrainOverran);
        rig.until(overran + 50ms);
        rig.gone();
        rig.said();
        rig.until(overran + 1049ms);
        rig.asked(Answer::kFailed);
        CHECK(rig.said().find("unfenced") == std::string::npos);
        // Others may pass `overtime` (2.5 s) after that, less what the drain began late.
        rig.until(overran + 1050ms);
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(overran + 1050ms);
        CHECK(rig.said() == std::to_string(ms.count()) + " unfenced");
    }
}

TEST_CASE("an activation that nobody answered does not put that off, unless standby was answered") {
    for (const bool answers : {false, true}) {
        Rig rig;
        rig.until(0ms);
        rig.started();
        rig.arm(5s);  // the activation is not answered
        rig.drain(11s);
        rig.until(11s);
        rig.gone();
        rig.until(11001ms);
        rig.told(Answer::kDone);
        if (answers) rig.asked(Answer::kStandby);
        rig.said();
        rig.until(13s);
        CHECK(rig.said() == (answers ? "11051 ask" : "12000 unfenced"));
    }
}

TEST_CASE("an elector that dies while it drains leaves no more time than that") {
    Rig rig;
    rig.lead();
    rig.drain(11s);
    rig.until(10s);
    rig.gone();
    rig.said();
    rig.until(11999ms);
    CHECK(rig.said() == "10000 deactivate 10001 ask");
    rig.until(12s);
    CHECK(rig.said() == "12000 unfenced");
}

TEST_CASE("an elector that stands still while it drains is killed a second later") {
    Rig rig;
    rig.lead();
    rig.until(1s);
    rig.drain(12s);
    rig.until(1500ms);
    rig.beats = false;
    rig.until(2499ms);
    CHECK(rig.said() == "");
    rig.until(2500ms);
    CHECK(rig.said() == "2500 kill");
    CHECK(rig.machine.reason() == Reason::kElectorSilent);
    rig.gone();
    rig.said();
    // It may not have told the node: that has its whole time.
    rig.until(6499ms);
    CHECK(rig.said() == "2500 deactivate 2501 ask");
    rig.until(6500ms);
    CHECK(rig.said() == "6500 unfenced");
}

TEST_CASE("while nothing is let go silence is no reason to act before the holding ends") {
    Rig rig;
    rig.lead();
    rig.beats = false;
    rig.until(4749ms);
    CHECK(rig.said() == "");
}

TEST_CASE("a guardian that stood still itself does not take that for the elector's silence") {
    Rig rig;
    rig.lead();
    rig.until(1s);
    rig.drain(12s);
    rig.beats = false;
    rig.stand_still(2300ms);
    rig.until(3299ms);
    CHECK(rig.said() == "");
    rig.until(3300ms);
    CHECK(rig.said() == "3300 kill");
}

TEST_CASE("an elector whose node is standby is left alone while it owes its marker") {
    Rig rig;
    rig.lead();
    rig.drain(11s);
    rig.until(2s);
    rig.only_owes();
    rig.until(60min);
    CHECK(rig.said() == "");
    rig.gone();
    rig.until(60min + 1ms);
    CHECK(rig.machine.reason() == Reason::kElectorGone);
    CHECK(rig.said() == "3600000 deactivate 3600001 ask");
    // It was standby: there is no hurry.
    rig.until(60min + 3999ms);
    CHECK(rig.said() == "");
    rig.until(60min + 4s);
    CHECK(rig.said() == "3604000 unfenced");
}

TEST_CASE("an elector that stands still while it owes its marker is killed too") {
    Rig rig;
    rig.lead();
    rig.drain(11s);
    rig.only_owes();
    rig.until(30s);
    rig.beats = false;
    rig.until(31s);
    CHECK(rig.said() == "31000 kill");
}

TEST_CASE("a node that is active again while the marker is owed has a deadline again") {
    Rig rig;
    rig.lead();
    rig.drain(11s);
    rig.only_owes();
    rig.until(30s);
    rig.drain(41s);
    rig.until(30s);
    CHECK(rig.said() == "30000 deactivate");  // two say so
    rig.told(Answer::kDone);
    rig.until(40999ms);
    CHECK(rig.said() == "");
    rig.until(41s);
    CHECK(rig.said() == "41000 kill");
    CHECK(rig.machine.reason() == Reason::kDrainOverran);
}
