// What the guardian wants, and when: instants in milliseconds.
#include <doctest/doctest.h>

#include "guardian/rig.hpp"

using namespace elector::guardian;
using namespace elector::guardian::test;

TEST_CASE("an elector is started at once, and again after a failure with growing pauses") {
    Rig rig;
    rig.until(0ms);
    CHECK(rig.said() == "0 start");
    for (const int at : {100, 300, 700, 1500, 3100, 6300, 12700, 22700, 32700}) {
        rig.started();
        rig.gone();
        rig.until(std::chrono::milliseconds(at - 1));
        CHECK(rig.said() == "");
        rig.until(std::chrono::milliseconds(at));
        CHECK(rig.said() == std::to_string(at) + " start");
    }
    rig.started();
    rig.until(100s);  // it ran well: the pauses begin anew
    rig.gone();
    rig.until(101s);
    CHECK(rig.said() == "100100 start");
}

TEST_CASE("an elector that cannot be started is tried again") {
    Rig rig;
    rig.until(0ms);
    rig.gone();
    rig.until(100ms);
    CHECK(rig.said() == "0 start 100 start");
}

TEST_CASE("an armed elector is left alone until a margin before its holding ends") {
    Rig rig;
    rig.lead();
    CHECK(rig.accepted);
    rig.until(4749ms);
    CHECK(rig.said() == "");
    rig.arm(6s);
    rig.until(5749ms);
    CHECK(rig.said() == "");
    rig.until(5750ms);
    CHECK(rig.said() == "5750 kill");
}

TEST_CASE("a frozen elector is killed first, then the node told and asked") {
    Rig rig;
    rig.lead();
    rig.until(4750ms);
    CHECK(rig.said() == "4750 kill");
    rig.until(4752ms);
    rig.gone();
    rig.until(4753ms);
    CHECK(rig.said() == "4752 deactivate 4753 ask");
    CHECK(rig.machine.reason() == Reason::kElectorSilent);
}

TEST_CASE("a stop kills an elector that goes on, and its node is told and confirmed after that") {
    Rig rig;
    rig.lead();
    rig.machine.stop(rig.now());
    rig.arm(20s);
    rig.machine.activation_answered();
    rig.until(16s);
    CHECK(rig.said() == "");
    rig.until(16100ms);
    CHECK(rig.said() == "16100 kill");
    rig.gone();
    rig.until(16101ms);
    CHECK(rig.said() == "16100 deactivate 16101 ask");
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    rig.until(16102ms);
    rig.closed(true);
    rig.until(16103ms);
    CHECK(rig.said() == "16101 drained:tip 16102 end:0");
}

TEST_CASE("a node that cannot be confirmed after the kill at a stop is waited for a while") {
    Rig rig;
    rig.lead();
    rig.machine.stop(rig.now());
    rig.arm(20s);
    rig.until(16100ms);
    rig.gone();
    rig.until(21099ms);
    CHECK(rig.said().find("end") == std::string::npos);
    rig.until(21100ms);
    CHECK(rig.said().find("21100 end:3") != std::string::npos);
}

TEST_CASE("a shared elector is killed at a stop when the last of its nodes would have that") {
    Rig rig;
    rig.lead();
    rig.machine.disarm();
    rig.machine.stop(rig.now());
    CHECK(rig.machine.kills_at() == rig.now() + 16s);
    rig.machine.kill_not_before(rig.now() + 30s);
    rig.until(30099ms);
    CHECK(rig.said() == "");
    rig.until(30100ms);
    CHECK(rig.said() == "30100 kill");
    rig.gone();
    rig.until(30101ms);
    CHECK(rig.said() == "30100 end:3");
}

TEST_CASE("a kill that takes long does not delay the deactivation, but the confirmation") {
    Rig rig;
    rig.lead();
    rig.until(4801ms);
    CHECK(rig.said() == "4750 kill 4800 deactivate 4801 ask");
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    CHECK(!rig.machine.confirmed());
    rig.until(4900ms);
    rig.gone();
    rig.asked(Answer::kStandby);  // asked before its end
    CHECK(!rig.machine.confirmed());
    rig.said();
    rig.until(4960ms);
    rig.asked(Answer::kStandby);
    CHECK(rig.machine.confirmed());
}

TEST_CASE("a dead elector's node is told at once; the marker follows the confirmation") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(101ms);
    CHECK(rig.said() == "100 deactivate 101 ask");
    rig.told(Answer::kDone);
    rig.asked(Answer::kActive);
    rig.until(151ms);
    CHECK(rig.said() == "151 ask");
    rig.asked(Answer::kStandby);
    rig.until(151ms);
    CHECK(rig.said() == "151 drained:tip");
    rig.closed(true);
    rig.until(200ms);
    CHECK(rig.said() == "200 start");
    CHECK(!rig.machine.armed());
}

TEST_CASE("a marker that cannot be written is owed, and nothing is started before") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(101ms);
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    rig.until(101ms);
    rig.said();
    rig.closed(false);
    rig.until(301ms);
    CHECK(rig.said() == "301 drained:tip");
    rig.closed(false);
    rig.until(502ms);
    CHECK(rig.said() == "501 drained:tip");
    rig.until(1101ms);
    CHECK(rig.said() == "1101 ask");  // meanwhile the node is watched
}

TEST_CASE("an activation without an answer is waited out, and what it raises is put down again") {
    Rig rig;
    rig.until(0ms);
    rig.started();
    rig.arm(5s);
    rig.until(1s);
    rig.gone();
    rig.until(1001ms);
    rig.told(Answer::kDone);
    rig.said();
    rig.asked(Answer::kStandby);
    CHECK(!rig.machine.confirmed());
    rig.until(1051ms);
    rig.asked(Answer::kActive);  // it has landed
    rig.until(1110ms);
    CHECK(rig.said() == "1051 ask 1101 deactivate 1102 ask");
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    rig.until(1160ms);
    rig.asked(Answer::kStandby);
    rig.until(1210ms);
    rig.said();
    CHECK(!rig.machine.confirmed());
    rig.asked(Answer::kStandby);
    rig.until(4499ms);
    rig.asked(Answer::kStandby);
    rig.said();
    rig.until(4510ms);
    CHECK(rig.said() == "4500 deactivate 4501 ask");  // and what nobody saw is put down too
    rig.asked(Answer::kStandby);
    CHECK(rig.machine.confirmed());
}

TEST_CASE("an activation without an answer is put down once more, whoever can see it") {
    Rig rig;
    rig.until(0ms);
    rig.started();
    rig.arm(5s);
    rig.until(1s);
    rig.gone();
    rig.until(1001ms);
    rig.told(Answer::kDone);
    rig.said();  // and the query that it asked for is never answered
    rig.until(4499ms);
    CHECK(rig.said() == "");
    rig.until(4600ms);
    CHECK(rig.said() == "4500 deactivate");
    rig.told(Answer::kDone);
    rig.until(20s);
    CHECK(rig.said().find("deactivate") == std::string::npos);
}

TEST_CASE("a deactivation that is unanswered does not hold up the one that must follow") {
    Rig rig;
    rig.until(0ms);
    rig.started();
    rig.arm(5s);
    rig.until(1s);
    rig.gone();
    rig.until(1001ms);
    rig.told(Answer::kFailed);
    rig.until(4400ms);
    rig.said();  // the second one is carried out, and its answer never comes
    rig.until(4600ms);
    CHECK(rig.said() == "4500 deactivate");
}

TEST_CASE("an elector that drains is helped on time although it was helped in vain before") {
    Rig rig;
    rig.until(0ms);
    rig.started();
    rig.arm(5s);
    rig.until(4500ms);
    rig.drain(15500ms);
    rig.until(4750ms);
    rig.said();  // never answered
    rig.until(8100ms);
    CHECK(rig.said() == "8000 deactivate");
}

TEST_CASE("an elector that drains is helped once more when its activation must have landed") {
    Rig rig;
    rig.until(0ms);
    rig.started();
    rig.arm(5s);  // the activation is not answered
    rig.until(4500ms);
    rig.drain(15500ms);  // it said its first `false` at 4.5 s
    rig.until(4750ms);
    rig.told(Answer::kDone);
    rig.said();
    rig.until(7999ms);
    CHECK(rig.said() == "");
    rig.until(8s);
    CHECK(rig.said() == "8000 deactivate");
    rig.told(Answer::kFailed);
    rig.until(8100ms);
    CHECK(rig.said() == "8100 deactivate");
    rig.told(Answer::kDone);
    rig.until(15499ms);
    CHECK(rig.said() == "");
    rig.until(15500ms);
    CHECK(rig.said() == "15500 kill");
}

TEST_CASE("every new holding assumes an activation again") {
    Rig rig;
    rig.lead();
    rig.machine.disarm();
    rig.arm(6s, 6);
    rig.gone();
    rig.until(101ms);
    rig.asked(Answer::kStandby);
    CHECK(!rig.machine.confirmed());
}

TEST_CASE("an elector that drains is killed only past its deadline, the node told all the same") {
    Rig rig;
    rig.lead();
    rig.drain(11s);
    rig.until(4750ms);
    CHECK(rig.said() == "4750 deactivate");
    rig.told(Answer::kFailed);
    rig.until(10s);
    CHECK(rig.said() == "4850 deactivate");  // until one is heard
    rig.told(Answer::kDone);
    rig.until(10999ms);
    CHECK(rig.said() == "");
    rig.until(11s);
    CHECK(rig.said() == "11000 kill");
    CHECK(rig.machine.reason() == Reason::kDrainOverran);
}

TEST_CASE("after the marker nothing is guarded") {
    Rig rig;
    rig.lead();
    rig.drain(11s);
    rig.machine.disarm();
    rig.until(20s);
    CHECK(rig.said() == "");
    rig.gone(0);
    rig.until(21s);
    CHECK(rig.said() == "20100 start");  // nobody asked for its end
}

TEST_CASE("what cannot be confirmed is recorded as unfenced first, and drained without a tip") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(4099ms);
    CHECK(rig.said() == "100 deactivate 101 ask");
    rig.until(4100ms);
    CHECK(rig.said() == "4100 unfenced");
    rig.asked(Answer::kFailed);
    rig.told(Answer::kFailed);
    rig.until(4210ms);
    CHECK(rig.said() == "4150 ask 4200 deactivate");
    rig.asked(Answer::kStandby);  // asked before this deactivation, after the first
    rig.until(4210ms);
    CHECK(rig.said() == "");  // the other closer still runs
    rig.closed(true);
    rig.until(4410ms);
    CHECK(rig.said() == "4410 drained:time");
}

TEST_CASE("a node whose ports both refuse for the grace is dead") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(101ms);
    rig.told(Answer::kRefused);
    rig.asked(Answer::kRefused);
    rig.until(101ms);
    CHECK(rig.said() == "100 deactivate 101 ask 101 knock");
    rig.machine.knocked(rig.now(), true);
    rig.until(201ms);
    CHECK(rig.said() == "151 ask 201 deactivate knock");
    rig.machine.knocked(rig.now(), true);
    CHECK(!rig.machine.confirmed());
    rig.until(301ms);
    CHECK(rig.said() == "301 knock");
    rig.machine.knocked(rig.now(), true);
    rig.until(301ms);
    CHECK(rig.said() == "301 drained:dead");
}

TEST_CASE("while the gate before could still be closed a dead node's marker has the longer time") {
    for (const auto gate_open : {1500ms, 1300ms}) {
        Rig rig;
        rig.until(0ms);
        rig.started();
        rig.arm(5s, 5, gate_open);
        rig.machine.activation_answered();
        rig.until(1s);
        rig.gone();
        rig.until(1001ms);
        rig.told(Answer::kRefused);
        rig.asked(Answer::kRefused);
        rig.until(1001ms);
        rig.machine.knocked(rig.now(), true);
        rig.until(1301ms);
        rig.said();
        rig.machine.knocked(rig.now(), true);
        rig.until(1301ms);
        CHECK(rig.said() == (gate_open == 1500ms ? "1301 drained:time" : "1301 drained:dead"));
    }
}

TEST_CASE("an admin port that refuses alone is no death") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(101ms);
    rig.told(Answer::kRefused);
    for (int i = 0; i < 5; ++i) {
        rig.machine.knocked(rig.now(), false);
        rig.until(200ms + i * 200ms);
    }
    CHECK(!rig.machine.confirmed());
}

TEST_CASE("a dead node that answers again before the marker is another process") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(101ms);
    rig.told(Answer::kRefused);
    rig.machine.knocked(rig.now(), true);
    rig.until(301ms);
    rig.machine.knocked(rig.now(), true);
    CHECK(rig.machine.node_dead());
    rig.until(301ms);
    rig.closed(false);
    rig.said();
    rig.asked(Answer::kActive);
    CHECK(!rig.machine.confirmed());
    rig.until(302ms);
    rig.said();
    rig.told(Answer::kDone);
    rig.until(400ms);
    rig.asked(Answer::kStandby);
    rig.until(600ms);
    CHECK(rig.said().find("drained:restarted") != std::string::npos);
}

TEST_CASE("a connection to the node that was lost leaves a gate for a restarted one") {
    Rig rig;
    rig.lead();
    rig.machine.node_lost();
    rig.gone();
    rig.until(101ms);
    rig.said();
    rig.asked(Answer::kStandby);
    rig.until(101ms);
    CHECK(rig.said() == "101 drained:restarted");
}

TEST_CASE("a node that is active again before the marker is put down again") {
    Rig rig;
    rig.lead();
    rig.gone();
    rig.until(101ms);
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    rig.until(101ms);
    rig.closed(false);
    rig.until(1101ms);
    rig.said();
    rig.asked(Answer::kActive);
    rig.closed(false);
    CHECK(!rig.machine.confirmed());
    rig.until(1200ms);
    CHECK(rig.said() == "1101 deactivate 1151 ask");
    rig.asked(Answer::kStandby);
    rig.until(1310ms);
    CHECK(rig.said() == "1301 drained:restarted");
}

TEST_CASE("an end that was asked for ends the service with the elector's code") {
    for (const int code : {0, 3}) {
        Rig rig;
        rig.lead();
        rig.machine.stop(rig.now());
        rig.machine.disarm();
        rig.gone(code);
        rig.until(100ms);
        CHECK(rig.said() == "100 end:" + std::to_string(code));
    }
}

TEST_CASE("an elector whose end is asked for before it can hear it has ended well") {
    Rig rig;
    rig.until(0ms);
    rig.started();
    rig.machine.stop(rig.now());
    rig.gone();
    rig.until(0ms);
    CHECK(rig.said() == "0 start 0 end:0");
}

TEST_CASE("an elector that does not end when asked to is killed") {
    Rig rig;
    rig.until(0ms);
    rig.started();
    rig.machine.stop(rig.now());
    rig.until(15999ms);
    CHECK(rig.said() == "0 start");
    rig.until(16s);
    rig.gone();
    rig.until(16s);
    CHECK(rig.said() == "16000 kill 16000 end:3");
}

TEST_CASE("a refusal of the elector ends the service, a crash does not") {
    for (const int code : {1, 2}) {
        Rig rig;
        rig.until(0ms);
        rig.started();
        rig.gone(code);
        rig.until(0ms);
        CHECK(rig.said() == "0 start 0 end:" + std::to_string(code));
    }
    Rig rig;
    rig.until(0ms);
    rig.started();
    rig.gone(70);
    rig.until(100ms);
    CHECK(rig.said() == "0 start 100 start");
}

TEST_CASE("a stop with an armed elector dead goes on fencing, but not for ever") {
    Rig rig;
    rig.lead();
    rig.machine.stop(rig.now());
    rig.gone(3);
    rig.until(101ms);
    rig.asked(Answer::kStandby);
    rig.told(Answer::kDone);
    rig.until(101ms);
    rig.said();
    rig.closed(true);
    rig.until(101ms);
    CHECK(rig.said() == "101 end:0");  // what the elector could not finish is done

    Rig hung;
    hung.lead();
    hung.machine.stop(hung.now());
    CHECK(hung.machine.stops_by() == hung.now() + 16s);
    hung.gone(3);
    hung.until(16099ms);
    hung.said();
    hung.until(16100ms);
    CHECK(hung.said() == "16100 end:3");

    Rig fenced;
    fenced.lead();
    fenced.machine.fence_set(10s);
    fenced.machine.stop(fenced.now());
    CHECK(fenced.machine.stops_by() == fenced.now() + 26s);
    fenced.gone(3);
    fenced.until(26099ms);
    fenced.said();
    fenced.until(26100ms);
    CHECK(fenced.said() == "26100 end:3");
}

TEST_CASE("without the lock the node is kept standby until the lock is had") {
    Rig rig(false);
    rig.until(1ms);
    CHECK(rig.said() == "0 deactivate 1 ask");
    rig.arm(5s);
    CHECK(!rig.accepted);
    rig.told(Answer::kDone);
    rig.asked(Answer::kStandby);
    CHECK(rig.machine.confirmed());
    rig.until(1001ms);
    CHECK(rig.said() == "1001 ask");
    rig.asked(Answer::kActive);
    rig.until(1001ms);
    CHECK(rig.said() == "1001 deactivate");
    rig.machine.locked();
    rig.until(1001ms);
    CHECK(rig.said() == "1001 start");
}

TEST_CASE("nothing is guarded for an elector that is not there") {
    Rig rig;
    rig.arm(5s);
    CHECK(!rig.accepted);
    rig.lead();
    rig.gone();
    rig.until(101ms);
    rig.arm(9s);
    CHECK(!rig.accepted);
}
