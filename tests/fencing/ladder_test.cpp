// When the fence command is run, and what its word is worth.
#include "fencing/ladder.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace elector::fencing {
namespace {

Instant at(Duration d) { return Instant(100s + d); }

TEST_CASE("before the ladder is entered nothing is due") {
    Ladder l;
    recorded(l, at(0s));
    CHECK(due_at(l) == kNever);
}

TEST_CASE("the record goes first, and a store that does not answer holds up nothing") {
    Ladder answered;
    enter(answered, at(0ms));
    CHECK(due_at(answered) == at(500ms));
    recorded(answered, at(3ms));
    CHECK(due_at(answered) == at(3ms));
    Ladder alone;
    enter(alone, at(0ms));
    enter(alone, at(300ms));
    CHECK(due_at(alone) == at(500ms));
    recorded(alone, at(700ms));
    CHECK(due_at(alone) == at(500ms));
}

TEST_CASE("one command at a time; failures are tried again with growing pauses") {
    Ladder l;
    enter(l, at(0s));
    auto now = at(500ms);
    std::vector<Duration> pauses;
    for (int i = 0; i < 7; ++i) {
        CHECK(advance(l, now) == Step::kRun);
        CHECK(due_at(l) == kNever);
        recorded(l, now);
        CHECK(due_at(l) == kNever);
        ended(l, now, false, 200ms);
        recorded(l, now);  // no shortcut of a pause
        pauses.push_back(due_at(l) - now);
        now = due_at(l);
    }
    CHECK(pauses == std::vector<Duration>{1s, 2s, 4s, 8s, 16s, 30s, 30s});
}

TEST_CASE("a command that says success and changes nothing is told, and run again later") {
    Ladder l;
    enter(l, at(0s));
    CHECK(advance(l, at(1s)) == Step::kRun);
    ended(l, at(2s), true, 200ms);
    recorded(l, at(2s));
    CHECK(due_at(l) == at(3200ms));
    CHECK(advance(l, at(3200ms)) == Step::kNoEffect);
    CHECK(due_at(l) == at(4200ms));
    CHECK(advance(l, at(4200ms)) == Step::kRun);
    ended(l, at(5s), true, 200ms);
    CHECK(advance(l, at(6200ms)) == Step::kNoEffect);
    CHECK(due_at(l) == at(8200ms));
}

}  // namespace
}  // namespace elector::fencing
