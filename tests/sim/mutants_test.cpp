#include <doctest/doctest.h>

#include "sim/batch.hpp"

namespace elector::sim {
namespace {

constexpr std::uint64_t kSeeds = 2000;

TEST_CASE("every known-unsafe variant is caught") {
    for (const auto mutant : all_mutants()) {
        const std::string which{name(mutant)};
        CAPTURE(which);
        const auto batch = run_seeds({}, 1, kSeeds, 2, mutant);
        CHECK(batch.failure.has_value());
        MESSAGE(which << " is caught by " << in_words(batch.failure));
    }
}

}  // namespace
}  // namespace elector::sim
