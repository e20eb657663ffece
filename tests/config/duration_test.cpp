#include "config/duration.hpp"

#include <chrono>

#include <doctest/doctest.h>

using elector::config::Bad;
using elector::config::format_duration;
using elector::config::parse_duration;
using elector::model::Duration;
using namespace std::chrono_literals;

namespace {

std::string why(std::string_view text) {
    const auto parsed = parse_duration(text);
    const auto* bad = std::get_if<Bad>(&parsed);
    return bad == nullptr ? "accepted" : bad->why;
}

constexpr std::string_view kMalformed =
    "is no duration; write one number and one unit, such as \"300ms\", \"2.5s\", \"10m\" or \"1h\"";

}  // namespace

TEST_CASE("a duration is one number and one unit") {
    struct Case {
        std::string_view text;
        Duration span;
    };
    const Case cases[] = {
        {"0s", 0s},
        {"300ms", 300ms},
        {"2.5s", 2500ms},
        {"10m", 10min},
        {"1h", 1h},
        {"0.1m", 6s},
        {"0.0001h", 360ms},
        {"007s", 7s},
        {"1.500s", 1500ms},
        {"1000h", 1000h},
        {"3600000000ms", 1000h},
        {"0.001s", 1ms},
        {"2.000000000000000000s", 2s},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const auto parsed = parse_duration(c.text);
        REQUIRE(std::holds_alternative<Duration>(parsed));
        CHECK(std::get<Duration>(parsed) == c.span);
    }
}

TEST_CASE("what is no duration is told apart by its mistake") {
    for (const std::string_view text :
         {"", "s", ".5s", "5.s", "5 s", "5S", "1h30m", "1e3s", "5 ", "+5s", "five", "5us", "5s "}) {
        CAPTURE(text);
        CHECK(why(text) == kMalformed);
    }
    CHECK(why("5") == "has no unit; write for example \"300ms\" or \"5s\"");
    CHECK(why("-1s") == "must not be negative");
    CHECK(why("0.5ms") == "is finer than a millisecond");
    CHECK(why("2.0005s") == "is finer than a millisecond");
    CHECK(why("0.00000000001s") == "is finer than a millisecond");
    CHECK(why("1001h") == "is too long; at most \"1000h\"");
    CHECK(why("1000.001h") == "is too long; at most \"1000h\"");
    CHECK(why("9999999999h") == "is too long; at most \"1000h\"");
    CHECK(why("99999999999999999999999999s") == "is too long; at most \"1000h\"");
}

TEST_CASE("a duration is written in its largest fitting unit") {
    CHECK(format_duration(0s) == "0s");
    CHECK(format_duration(1ms) == "1ms");
    CHECK(format_duration(999ms) == "999ms");
    CHECK(format_duration(1050ms) == "1.05s");
    CHECK(format_duration(6500ms) == "6.5s");
    CHECK(format_duration(60s) == "1m");
    CHECK(format_duration(90s) == "90s");
    CHECK(format_duration(7200s) == "2h");
    CHECK(format_duration(-1500ms) == "-1.5s");
}

TEST_CASE("every duration that is written reads back the same") {
    for (std::int64_t ms = 0; ms < 4'000'000; ms = ms * 3 / 2 + 7) {
        const Duration span = std::chrono::milliseconds{ms};
        const std::string text = format_duration(span);
        CAPTURE(text);
        const auto parsed = parse_duration(text);
        REQUIRE(std::holds_alternative<Duration>(parsed));
        CHECK(std::get<Duration>(parsed) == span);
    }
}
