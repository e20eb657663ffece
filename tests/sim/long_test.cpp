#include <doctest/doctest.h>

#include "sim/batch.hpp"

namespace elector::sim {
namespace {

TEST_CASE("a hundred thousand seeds of faults leave one signer and a group that recovers") {
    BatchOptions options;
    options.from = 10'001;
    options.to = 110'000;
    const auto batch = run_seeds(options);
    CHECK_MESSAGE(!batch.first(), batch.in_words());
    CHECK(batch.seeds == 100'000);
}

}  // namespace
}  // namespace elector::sim
