#include <doctest/doctest.h>

#include "sim/batch.hpp"

namespace elector::sim {
namespace {

constexpr std::uint64_t kSeeds = 2000;

TEST_CASE("every known-unsafe variant is caught") {
    for (const auto mutant : all_mutants()) {
        const std::string which{name(mutant)};
        CAPTURE(which);
        Options options;
        // The waits matter in few schedules, which are drawn on purpose; the rest shows everywhere.
        options.ambush = mutant == Mutant::kQuiesceWait || mutant == Mutant::kSendTime;
        const auto batch = run_seeds(options, 1, kSeeds, 2, mutant);
        CHECK(batch.failure.has_value());
        MESSAGE(which << " is caught by " << in_words(batch.failure));
    }
}

TEST_CASE("the schedules that are drawn for the waits are clean without a variant") {
    Options options;
    options.ambush = true;
    const auto batch = run_seeds(options, 1, 300, 2);
    CHECK_MESSAGE(!batch.failure, in_words(batch.failure));
}

}  // namespace
}  // namespace elector::sim
