#include <doctest/doctest.h>

#include "core/clock.hpp"

using namespace elector::core;

template <class C>
concept ReadsTime = requires { C::now(); };

TEST_CASE("the core cannot read a clock") {
    CHECK_FALSE(ReadsTime<Clock>);
    CHECK(ReadsTime<std::chrono::steady_clock>);
}
