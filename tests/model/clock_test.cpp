#include "model/clock.hpp"

#include <doctest/doctest.h>

using namespace elector::model;

template <class C>
concept ReadsTime = requires {
    C::now();
};

TEST_CASE("the core cannot read a clock") {
    CHECK_FALSE(ReadsTime<Clock>);
    CHECK(ReadsTime<std::chrono::steady_clock>);
}
