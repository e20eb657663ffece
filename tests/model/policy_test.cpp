// When what is periodic is due again, with a beat and without.
#include "model/policy.hpp"

#include <doctest/doctest.h>

#include "model/split_mix.hpp"

using namespace elector::model;

namespace {

Instant at(Duration since_epoch) { return Instant(since_epoch); }

}  // namespace

TEST_CASE("without a beat each thing is due an interval after its last time") {
    CHECK(due_again(Policy{}, at(1234ms), 1s) == at(2234ms));
}

TEST_CASE("with a beat all things are due in the same instants, whenever they were done last") {
    Policy p;
    p.beat = 300ms;
    for (const auto last : {10'000ms, 10'250ms, 10'600ms}) {
        CAPTURE(last.count());
        auto poll = at(last);
        auto metrics = at(last);
        for (int i = 0; i < 3; ++i) poll = due_again(p, poll + 3ms, 1s);
        for (int i = 0; i < 3; ++i) metrics = due_again(p, metrics + 3ms, 10s);
        CHECK((poll.time_since_epoch() + *p.beat) % 1s == 0ms);
        CHECK((metrics.time_since_epoch() + *p.beat) % 10s == 0ms);
    }
}

TEST_CASE("with a beat nothing is due later than after an interval, nor before half of one") {
    Policy p;
    for (Duration beat{}; beat < 10s; beat += 613ms) {
        p.beat = beat;
        for (Duration last{}; last < 5s; last += 77ms) {
            const auto wait = due_again(p, at(last), 700ms) - at(last);
            CHECK(wait <= 700ms);
            CHECK(wait >= 350ms);
        }
    }
}

TEST_CASE("the numbers of a seed are those of splitmix64") {
    std::uint64_t state = 1234567;
    CHECK(split_mix(state) == 6457827717110365317ULL);
    CHECK(split_mix(state) == 3203168211198807973ULL);
}
