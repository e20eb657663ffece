// The summary of the demo without an onlooker.
#include "demo/tour.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "model/transition_table.hpp"

using namespace elector::demo;
using namespace elector::model;
using namespace std::chrono_literals;

TEST_CASE("the summary has a row for each kind, with what failed below it, and the whole run") {
    Trial good;
    good.kind = Kind::kPlanned;
    good.ok = true;
    good.signatures = 9;
    good.handover.ordered = Instant{10s};
    good.handover.decided = Instant{10s + 2ms};
    good.handover.standby = Instant{10s + 700ms};
    good.handover.marker = Instant{10s + 900ms};
    good.handover.claimed = Instant{11s};
    good.handover.activation_sent = Instant{11s + 1ms};
    good.handover.verified = Instant{11s + 20ms};
    good.handover.went_silent = Instant{10s + 100ms};
    good.handover.went_active = Instant{11s + 10ms};
    Trial bad;
    bad.kind = Kind::kCutOff;
    bad.problem = "not over within 35.7 s";
    bad.double_signatures = 1;
    elector::checker::Report report;
    report.rounds_signed = 4;
    report.double_signatures.resize(1);
    report.overlaps.resize(2);
    report.longest_gap_ns = 1234000000;
    CHECK(
        summary({good, bad}, report) ==
        std::vector<std::string>{
            "kind            result   gap ms  total ms |  decide standby  marker   claim activate  "
            "verify | signed  double",
            "planned         ok          910      1020 |       2     698     200     100        1  "
            " "
            "   19 |      9       0",
            "cut off etcd    FAILED        -         - |       -       -       -       -        -  "
            " "
            "    - |      0       1",
            "                not over within 35.7 s",
            "gap: nobody's node was active, by the nodes' own logs; each phase in ms from the one "
            "before",
            "whole run: 4 rounds signed, 1 double signatures, 2 times two nodes active at once, "
            "longest gap 1 234 ms",
        });
}

TEST_CASE("every cause that the demo waits for is one that a leader can give") {
    for (const auto kind : {Kind::kPlanned, Kind::kUnhealthy, Kind::kNodeKilled,
                            Kind::kGuardianKilled, Kind::kCutOff}) {
        const auto causes = causes_of(kind);
        CAPTURE(name(kind));
        CHECK(!causes.empty());
        for (const auto code : causes) {
            CAPTURE(code);
            const auto rows = transition_table();
            CHECK(std::any_of(rows.begin(), rows.end(), [&](const Transition& row) {
                return row.from == Role::kLeader && row.to == Role::kDraining && row.code == code;
            }));
        }
    }
}
