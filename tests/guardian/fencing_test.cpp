// When the guardian has the fence command run: instants in milliseconds.
#include <doctest/doctest.h>

#include "guardian/rig.hpp"

using namespace elector::guardian;
using namespace elector::guardian::test;

TEST_CASE("the record goes first, then the command; both ports refusing is what counts") {
    Rig rig;
    rig.hang();
    rig.until(4100ms);
    CHECK(rig.said() == "4100 unfenced");
    rig.until(4150ms);
    rig.closed(true);
    rig.until(4150ms);
    CHECK(rig.said() == "4150 fence");
    rig.until(4400ms);
    rig.told(Answer::kFailed);
    rig.asked(Answer::kFailed);
    rig.fenced(true);
    rig.until(4400ms);
    CHECK(rig.said() == "4400 ask knock");
    rig.knocked(true);
    CHECK(!rig.machine.confirmed());
    rig.until(4600ms);
    rig.knocked(true);
    rig.until(4600ms);
    CHECK(rig.machine.node_dead());
    CHECK(rig.said() == "4500 deactivate knock 4600 drained:dead");
}

TEST_CASE("an etcd that does not answer does not hold up the command") {
    Rig rig;
    rig.hang();
    rig.until(4599ms);
    CHECK(rig.said() == "4100 unfenced");
    rig.until(4600ms);
    CHECK(rig.said() == "4600 fence");
}

TEST_CASE("a command that fails is tried again with growing pauses, and nothing is released") {
    Rig rig;
    rig.hang();
    rig.until(4100ms);
    rig.closed(true);
    rig.until(4100ms);
    CHECK(rig.said() == "4100 unfenced 4100 fence");
    for (const auto at : {5100ms, 7100ms, 11100ms}) {
        rig.fenced(false);
        rig.until(at - 1ms);
        CHECK(rig.said() == "");
        rig.until(at);
        CHECK(rig.said() == std::to_string(at.count()) + " fence");
    }
    CHECK(!rig.machine.confirmed());
}

TEST_CASE("a command that says success and changes nothing releases nothing") {
    Rig rig;
    rig.hang();
    rig.until(4100ms);
    rig.closed(true);
    rig.until(4100ms);
    rig.said();
    rig.fenced(true);
    rig.until(4100ms);
    CHECK(rig.said() == "4100 knock");
    rig.knocked(false);
    rig.until(6300ms);
    CHECK(rig.said() == "5300 no-effect 6300 fence");
    CHECK(!rig.machine.confirmed());
}

TEST_CASE("without a command a node that hangs stays unfenced") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(4100ms);
    rig.closed(true);
    rig.until(60s);
    CHECK(rig.said() == "100 deactivate 101 ask 4100 unfenced");
}

TEST_CASE(
    "a node that answers in time is not fenced, nor one whose late activation is waited out") {
    Rig rig;
    rig.machine.fence_set(10s);
    rig.until(0ms);
    rig.started();
    rig.arm(5s);
    rig.until(100ms);
    rig.gone();
    rig.until(101ms);
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    rig.until(151ms);
    rig.asked(Answer::kStandby);
    rig.until(3599ms);
    rig.asked(Answer::kStandby);
    rig.said();
    rig.until(3601ms);
    CHECK(rig.said() == "3600 deactivate 3601 ask");
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    rig.until(3601ms);
    CHECK(rig.said() == "3601 drained:tip");
    rig.until(60s);
    CHECK(rig.said() == "4601 ask");
}

TEST_CASE("the elector has the command run by its guardian, one at a time") {
    Rig rig;
    CHECK(!rig.machine.fence_wanted());  // there is none
    rig.machine.fence_set(10s);
    CHECK(!rig.machine.fence_wanted());  // for an elector that is not there
    rig.lead();
    rig.drain(11s);
    CHECK(rig.machine.fence_wanted());
    CHECK(!rig.machine.fence_wanted());
    rig.until(100ms);
    CHECK(rig.said() == "100 fence");
    rig.fenced(false);
    CHECK(rig.machine.fence_wanted());
}

TEST_CASE("what the elector has begun goes on when its guardian takes over") {
    Rig rig;
    rig.machine.fence_set(10s);
    rig.lead();
    rig.drain(11s);
    rig.until(4750ms);
    rig.told(Answer::kDone);  // what it says itself, beside the elector
    rig.until(10s);
    CHECK(rig.machine.fence_wanted());
    rig.until(11s);
    rig.gone();
    rig.until(15s);
    CHECK(rig.said() ==
          "4750 deactivate 10000 fence 11000 kill 11000 deactivate 11001 ask 12000 unfenced");
    rig.fenced(false);
    rig.until(16s);
    CHECK(rig.said().find("16000 fence") !=
          std::string::npos);  // no waiting as if it were the first
}

TEST_CASE("nothing is activated, and no elector started, while the command runs") {
    Rig rig;
    rig.machine.fence_set(10s);
    rig.lead();
    CHECK(rig.machine.fence_wanted());
    rig.machine.disarm();
    rig.arm(9s, 6);
    CHECK(!rig.accepted);
    rig.fenced(false);
    rig.arm(9s, 6);
    CHECK(rig.accepted);

    Rig slow;
    slow.hang();
    slow.until(4600ms);
    slow.asked(Answer::kStandby);
    slow.told(Answer::kDone);
    slow.closed(true);
    slow.until(4600ms);
    slow.closed(true);
    slow.said();
    slow.until(5s);
    CHECK(slow.said() == "");
    slow.fenced(true);
    slow.until(5s);
    CHECK(slow.said() == "5000 start");
}

TEST_CASE("a demotion by order waits for a late activation, and ends when standby is certain") {
    Rig rig(Machine::once(Rig::at(0ms), kBounds));
    rig.until(1ms);
    CHECK(rig.said() == "0 deactivate 1 ask");
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    CHECK(!rig.machine.confirmed());
    rig.until(51ms);
    rig.asked(Answer::kActive);  // the late activation of one that was killed
    rig.until(102ms);
    CHECK(rig.said() == "51 ask 101 deactivate 102 ask");
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    rig.until(3450ms);
    rig.asked(Answer::kStandby);
    rig.said();
    rig.until(3501ms);
    CHECK(rig.said() == "3500 deactivate 3501 ask");
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    rig.until(3501ms);
    CHECK(rig.said() == "3501 end:0");
}

TEST_CASE("a demotion by order fences a node that hangs, and gives up in the end") {
    for (const bool helps : {true, false}) {
        Rig rig(Machine::once(Rig::at(0ms), kBounds));
        rig.machine.fence_set(10s);
        rig.until(4s);
        CHECK(rig.said() == "0 deactivate 1 ask 3500 deactivate 4000 fence");
        rig.asked(Answer::kFailed);
        rig.told(Answer::kFailed);
        rig.fenced(helps);
        rig.until(4s);
        rig.said();
        if (helps) {
            rig.knocked(true);
            rig.until(4200ms);
            rig.knocked(true);
            rig.until(4200ms);
            rig.told(Answer::kRefused);
            rig.asked(Answer::kRefused);
            rig.until(4200ms);
            CHECK(rig.said().find("end:0") != std::string::npos);
        } else {
            rig.until(20999ms);
            CHECK(rig.said().find("end") == std::string::npos);
            rig.until(21s);
            CHECK(rig.said().find("21000 end:3") != std::string::npos);
        }
    }
}

TEST_CASE("a demotion by order that is certain waits for the run, and counts without its end") {
    for (const bool ends : {true, false}) {
        Rig rig(Machine::once(Rig::at(0ms), kBounds));
        rig.machine.fence_set(10s);
        rig.until(6s);
        rig.told(Answer::kDone);
        rig.asked(Answer::kStandby);  // asked before it could count
        rig.until(6s);
        rig.asked(Answer::kStandby);
        CHECK(rig.machine.confirmed());
        rig.until(6999ms);
        CHECK(rig.said() == "0 deactivate 1 ask 3500 deactivate 4000 fence 6000 ask");
        if (ends) {
            rig.fenced(false);
            rig.until(6999ms);
            CHECK(rig.said() == "6999 end:0");
        } else {
            rig.until(21s);
            CHECK(rig.said() == "7000 ask 21000 end:0");
        }
    }
}

TEST_CASE("near its end a demotion starts no run that would outlast it") {
    Rig rig(Machine::once(Rig::at(0ms), kBounds));
    rig.machine.fence_set(10s);
    rig.until(10s);
    rig.told(Answer::kFailed);
    rig.asked(Answer::kFailed);
    rig.fenced(false);
    rig.until(10s);
    rig.said();
    rig.until(21s);
    const auto said = rig.said();
    CHECK(said.find("fence") == std::string::npos);
    CHECK(said.find("21000 end:3") != std::string::npos);
}

TEST_CASE("what an elector without a holding has ordered is waited for too") {
    Rig rig;
    rig.machine.fence_set(10s);
    rig.lead();
    rig.machine.disarm();
    CHECK(rig.machine.fence_wanted());
    rig.gone();
    rig.until(5s);
    CHECK(rig.said() == "100 fence");
    rig.fenced(true);
    rig.until(5s);
    CHECK(rig.said() == "5000 start");

    Rig stopped;
    stopped.machine.fence_set(10s);
    stopped.lead();
    stopped.machine.disarm();
    CHECK(stopped.machine.fence_wanted());
    stopped.machine.stop(stopped.now());
    stopped.gone(0);
    stopped.until(26099ms);
    CHECK(stopped.said() == "100 fence");
    stopped.until(26100ms);
    CHECK(stopped.said() == "26100 end:0");
}
