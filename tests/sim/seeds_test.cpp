// The simulator as a test: thousands of seeds without a violation, every mutant caught, and runs
// that repeat exactly. A failing seed is looked at with `elector-sim --seed N --trace`.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "sim/mutants.hpp"
#include "sim/plan.hpp"
#include "sim/simulation.hpp"

using namespace elector;
using namespace elector::sim;

namespace {

constexpr std::uint64_t kSeeds = 5000;
/// The most seeds a mutant may need; see docs/safety.md.
constexpr std::uint64_t kMutantSeeds = 4000;
constexpr unsigned kThreads = 2;

struct Tally {
    std::mutex mutex;
    std::uint64_t runs = 0;
    std::uint64_t signatures = 0;
    std::uint64_t activations = 0;
    std::optional<std::uint64_t> first_failure;
    std::string failures;
};

void run(std::uint64_t seed, Mutant mutant, Tally& tally) {
    Options options;
    options.seed = seed;
    const auto outcome = Simulation(make_plan(options), mutant).run();
    const std::lock_guard lock(tally.mutex);
    ++tally.runs;
    tally.signatures += outcome.counts.signatures;
    tally.activations += outcome.counts.activations;
    if (!outcome.violation) return;
    tally.first_failure = std::min(seed, tally.first_failure.value_or(seed));
    tally.failures += "seed " + std::to_string(seed) + ": " + outcome.violation->check + ": " +
                      outcome.violation->text + "\n";
}

/// Runs seeds 1 to `last`; stops at the first failure if `until_caught`.
void run_all(std::uint64_t last, Mutant mutant, bool until_caught, Tally& tally) {
    std::atomic<std::uint64_t> next{1};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (auto seed = next++; seed <= last; seed = next++) {
                run(seed, mutant, tally);
                const std::lock_guard lock(tally.mutex);
                if (until_caught && tally.first_failure) return;
            }
        });
    }
    for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("no seed makes two signers, breaks an invariant or strands the group") {
    Tally tally;
    run_all(kSeeds, Mutant::kNone, false, tally);
    CHECK(tally.failures == "");
    CHECK(tally.runs == kSeeds);
    // The runs are worth something: nodes were activated and signed.
    CHECK(tally.activations > kSeeds);
    CHECK(tally.signatures > 10 * kSeeds);
}

TEST_CASE("every mutant is caught") {
    for (const auto mutant : all_mutants()) {
        Tally tally;
        run_all(kMutantSeeds, mutant, true, tally);
        CAPTURE(std::string(name(mutant)));
        CHECK(tally.first_failure.has_value());
        if (tally.first_failure)
            MESSAGE(std::string(name(mutant)), " caught at seed ", *tally.first_failure);
    }
}

TEST_CASE("the same seed gives the same run") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Options options;
        options.seed = seed;
        const auto plan = make_plan(options);
        const auto once = Simulation(plan).run();
        const auto again = Simulation(plan).run();
        CHECK(once.hash == again.hash);
        CHECK(once.counts.steps == again.counts.steps);
    }
}
