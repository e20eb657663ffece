#include <doctest/doctest.h>

#include "sim/batch.hpp"

namespace elector::sim {
namespace {

TEST_CASE("a group without faults elects one leader, keeps it and writes nothing more") {
    BatchOptions options;
    options.options.theme = Theme::kCalm;
    options.to = 100;
    const auto batch = run_seeds(options);
    CHECK_MESSAGE(!batch.first(), batch.in_words());
    CHECK(batch.seeds == 100);
    CHECK(batch.counts.claims == 100);
    CHECK(batch.counts.activations == 100);
}

TEST_CASE("one seed gives one story, whoever else runs") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Options options;
        options.seed = seed;
        const auto first = simulate(options);
        const auto again = simulate(options);
        CHECK(first.hash == again.hash);
        CHECK(first.counts.steps == again.counts.steps);
        options.seed = seed + 1000;
        CHECK(simulate(options).hash != first.hash);
    }
}

TEST_CASE("no faults make two nodes sign one round, and the group always recovers") {
    BatchOptions options;
    options.to = 5000;
    const auto batch = run_seeds(options);
    CHECK_MESSAGE(!batch.first(), batch.in_words());
    CHECK(batch.seeds == 5000);
    // The faults do reach the election: many leads end, some nodes cannot be fenced.
    CHECK(batch.counts.claims > 7500);
    CHECK(batch.counts.unfenced > 100);
}

TEST_CASE("a crowd, of which each member follows the front alone, is as safe and as live") {
    BatchOptions options;
    options.options.members = 5;
    options.options.front = 2;
    options.to = 1000;
    const auto batch = run_seeds(options);
    CHECK_MESSAGE(!batch.first(), batch.in_words());
    CHECK(batch.counts.claims > 1500);
}

TEST_CASE("hand-overs of a crowd end as soon as those of a group that everybody follows") {
    BatchOptions options;
    options.options.theme = Theme::kHandOver;
    options.options.members = 5;
    options.to = 250;
    const auto whole = run_seeds(options);
    options.options.front = 2;
    const auto crowd = run_seeds(options);
    CHECK_MESSAGE(!crowd.first(), crowd.in_words());
    CHECK(crowd.slowest < whole.slowest + 10s);
}

}  // namespace
}  // namespace elector::sim
