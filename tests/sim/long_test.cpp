#include <doctest/doctest.h>

#include "sim/batch.hpp"

namespace elector::sim {
namespace {

TEST_CASE("a hundred thousand seeds of faults leave one signer and a group that recovers") {
    const auto batch = run_seeds({}, 10'001, 110'000, 2);
    CHECK_MESSAGE(!batch.failure, in_words(batch.failure));
    CHECK(batch.seeds == 100'000);
}

}  // namespace
}  // namespace elector::sim
