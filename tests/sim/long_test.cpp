#include <array>

#include <doctest/doctest.h>

#include "sim/batch.hpp"

namespace elector::sim {
namespace {

struct Share {
    Theme theme;
    std::uint64_t seeds;
};
constexpr std::array kShares = {Share{Theme::kSwarm, 820'000},   Share{Theme::kCutOff, 60'000},
                                Share{Theme::kOdd, 50'000},      Share{Theme::kStuck, 42'000},
                                Share{Theme::kHandOver, 18'000}, Share{Theme::kCalm, 10'000},
                                Share{Theme::kSetBack, 20'000}};

TEST_CASE("a million seeds are clean, and go through every row of the transition table") {
    Counts counts;
    std::uint64_t seeds = 0;
    for (const auto& share : kShares) {
        CAPTURE(name(share.theme));
        BatchOptions options;
        options.options.theme = share.theme;
        options.to = share.seeds;
        const auto batch = run_seeds(options);
        CHECK_MESSAGE(!batch.first(), batch.in_words());
        seeds += batch.seeds;
        add(counts, batch.counts);
    }
    CHECK(seeds == 1'020'000);
    const auto unseen = rows_never_seen(counts);
    CHECK_MESSAGE(unseen.empty(), (unseen.empty() ? "" : unseen.front()));
}

TEST_CASE("crowds of five, of which each member follows two or three, are clean") {
    for (const auto& share : kShares) {
        for (const std::size_t front : {2, 3}) {
            CAPTURE(name(share.theme));
            CAPTURE(front);
            BatchOptions options;
            options.options.theme = share.theme;
            options.options.members = 5;
            options.options.front = front;
            options.to = share.seeds / 20;
            const auto batch = run_seeds(options);
            CHECK_MESSAGE(!batch.first(), batch.in_words());
        }
    }
}

}  // namespace
}  // namespace elector::sim
