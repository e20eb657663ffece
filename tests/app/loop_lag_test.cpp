// How late a loop was: sizes, the largest, and which ones are worth a line.
#include "support/loop_lag.hpp"

#include <doctest/doctest.h>

using elector::support::LoopLag;
using namespace std::chrono_literals;

TEST_CASE("each delay is counted with the others of its size, and the largest is kept") {
    LoopLag lag;
    for (const auto late : {0ns, LoopLag::Duration(1ms), LoopLag::Duration(1ms) + 1ns,
                            LoopLag::Duration(250ms), LoopLag::Duration(5s), 5s + 1ns})
        lag.add(late);
    lag.add(-3s);  // woken by something else before
    CHECK(lag.counts() == std::array<std::uint64_t, 8>{2, 1, 0, 0, 1, 0, 1, 1});
    CHECK(lag.largest() == 5s + 1ns);
}

TEST_CASE("a delay beyond the limit is told, and further ones ten seconds later at the earliest") {
    LoopLag lag;
    CHECK(!lag.stalled(0s, 250ms, 250ms));
    CHECK(lag.stalled(0s, 251ms, 250ms));
    CHECK(!lag.stalled(9999ms, 3s, 250ms));
    CHECK(lag.stalled(10s, 300ms, 250ms));
    CHECK(lag.stalls() == 3);
}
