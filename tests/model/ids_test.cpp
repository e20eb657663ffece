#include "model/ids.hpp"

#include <limits>

#include <doctest/doctest.h>

#include "model/policy.hpp"

using namespace elector::model;
using namespace std::chrono_literals;

TEST_CASE("a candidate key ends in the lease in lower-case hex without padding") {
    struct Row {
        std::int64_t lease;
        const char* suffix;
    };
    for (const auto& row :
         {Row{0, "0"}, Row{1, "1"}, Row{0xabc, "abc"}, Row{0x694d77aa9e38260f, "694d77aa9e38260f"},
          Row{std::numeric_limits<std::int64_t>::max(), "7fffffffffffffff"}})
        CHECK(candidate_suffix(LeaseId{row.lease}) == row.suffix);
}

TEST_CASE("what is believed is made shorter and what is waited is made longer by the drift") {
    Policy p;
    CHECK(shrunk(p, 5s) == Duration{4950ms});
    CHECK(stretched(p, 5s) == Duration{5050ms});
    CHECK(stretched(p, 6500ms) == Duration{6565ms});
    CHECK(stretched(p, Duration{}) == Duration{});
}

TEST_CASE("the derived waits of the standard profile are the protocol's") {
    const Policy p;
    CHECK(late_set(p) == Duration{3535ms});         // B + 1 s, by a clock that may run fast
    CHECK(unconfirmed_after(p) == Duration{4s});    // B + 1.5 s
    CHECK(unknown_wait(p) == Duration{28785ms});    // (15 + 11 + 2.5) × 1.01
    CHECK(p.quiesce == 4 * p.block_interval + 1s);  // A4
    CHECK(p.settle == p.block_interval + 1500ms + p.overtime);
    CHECK(p.renew == p.hold / 5);
}
