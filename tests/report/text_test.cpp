// The words that documents and tables share.
#include "report/text.hpp"

#include <doctest/doctest.h>

using namespace elector::report;
using namespace std::chrono_literals;

TEST_CASE("a span is told with what matters of it") {
    CHECK(span_text(0ms) == "0.0 s");
    CHECK(span_text(9'940ms) == "9.9 s");
    CHECK(span_text(10s) == "10 s");
    CHECK(span_text(59'999ms) == "59 s");
    CHECK(span_text(200s) == "3 min 20 s");
    CHECK(span_text(2h + 5min + 59s) == "2 h 5 min");
    CHECK(span_text(76h) == "3 d 4 h");
}

TEST_CASE("an instant is told in UTC") {
    CHECK(utc_text(0) == "1970-01-01T00:00:00Z");
    CHECK(utc_text(1'709'164'799'999) == "2024-02-28T23:59:59Z");
    CHECK(utc_text(1'709'164'800'000) == "2024-02-29T00:00:00Z");
    CHECK(utc_text(-1) == "?");
    CHECK(utc_text(INT64_MAX) == "?");
}
