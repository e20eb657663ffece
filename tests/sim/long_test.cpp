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

TEST_CASE("ten thousand seeds of every theme are clean, and go through every row of the table") {
    Counts counts;
    for (const auto theme :
         {Theme::kSwarm, Theme::kCutOff, Theme::kHandOver, Theme::kStuck, Theme::kOdd}) {
        CAPTURE(name(theme));
        BatchOptions options;
        options.options.theme = theme;
        options.to = 10'000;
        const auto batch = run_seeds(options);
        CHECK_MESSAGE(!batch.first(), batch.in_words());
        add(counts, batch.counts);
    }
    const auto unseen = rows_never_seen(counts);
    CHECK_MESSAGE(unseen.empty(), (unseen.empty() ? "" : unseen.front()));
}

}  // namespace
}  // namespace elector::sim
