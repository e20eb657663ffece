#include <doctest/doctest.h>

#include "sim/batch.hpp"
#include "sim/shrink.hpp"

namespace elector::sim {
namespace {

TEST_CASE("every known-unsafe variant is caught within its number of seeds") {
    for (const auto& row : all_mutants()) {
        CAPTURE(row.name);
        CAPTURE(row.rule);
        if (!row.survives.empty()) {
            MESSAGE(row.name << " survives: " << row.survives);
            continue;
        }
        BatchOptions options;
        options.options.theme = row.theme;
        options.options.front = row.front;
        if (row.front != 0) options.options.members = 5;
        options.to = row.within;
        options.mutant = row.mutant;
        const auto batch = run_seeds(options);
        CHECK(batch.first() != nullptr);
        MESSAGE(row.name << " is caught by " << batch.in_words());
    }
}

TEST_CASE("the schedules in which the variants show are clean without one") {
    for (const auto theme :
         {Theme::kCutOff, Theme::kHandOver, Theme::kStuck, Theme::kOdd, Theme::kSetBack}) {
        CAPTURE(name(theme));
        BatchOptions options;
        options.options.theme = theme;
        options.to = 500;
        const auto batch = run_seeds(options);
        CHECK_MESSAGE(!batch.first(), batch.in_words());
    }
}

TEST_CASE("a failing schedule is shrunk to faults that are each needed") {
    BatchOptions search;
    search.to = 200;
    search.mutant = Mutant::kConfirmedDrain;
    const auto batch = run_seeds(search);
    REQUIRE(batch.first() != nullptr);
    Options options;
    options.seed = batch.first()->seed;
    const auto small = shrink(options, search.mutant, batch.first()->violation);
    CHECK(small.keep.size() <= small.prefix);
    CHECK(small.prefix <= small.drawn);
    CHECK(small.violation.check == batch.first()->violation.check);
    for (std::size_t i = 0; i < small.keep.size(); ++i) {
        options.keep = small.keep;
        options.keep->erase(options.keep->begin() + static_cast<std::ptrdiff_t>(i));
        const auto outcome = simulate(options, search.mutant);
        CHECK_FALSE((outcome.violation && outcome.violation->check == small.violation.check));
    }
}

}  // namespace
}  // namespace elector::sim
