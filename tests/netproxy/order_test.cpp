// The words that a proxy is told.
#include <doctest/doctest.h>

#include "netproxy/proxy.hpp"

using namespace elector::netproxy;
using namespace std::chrono_literals;

namespace {

std::string wrong(std::string_view text) { return std::get<std::string>(parse_order(text)); }

}  // namespace

TEST_CASE("every order is read back from its own words") {
    for (const Order order :
         {Order{Mode::kPass, {}}, Order{Mode::kBlackhole, {}}, Order{Mode::kRefuse, {}},
          Order{Mode::kOneWayUp, {}}, Order{Mode::kOneWayDown, {}}, Order{Mode::kDelay, 50ms},
          Order{Mode::kFlap, 200ms}}) {
        CAPTURE(to_string(order));
        CHECK(std::get<Order>(parse_order(to_string(order))) == order);
    }
}

TEST_CASE("words that are no order say what is wrong with them") {
    CHECK(wrong("") ==
          "unknown mode ''; there are pass, blackhole, refuse, one_way_up, one_way_down, delay MS, "
          "flap MS");
    CHECK(wrong("pass 5") == "pass takes no number");
    for (const auto* text : {"delay", "delay ", "delay 0", "delay -1", "delay 5s", "delay 1 2"}) {
        CAPTURE(text);
        CHECK(wrong(text) == "delay needs milliseconds, as in \"delay 50\"");
    }
}
