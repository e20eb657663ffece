// What a step back or a gap means for the election is told in tests/core/knowledge_test.cpp.
#include "knowledge/knowledge.hpp"

#include <doctest/doctest.h>

using namespace elector::knowledge;

namespace {

ElectionView view_at(std::int64_t revision) {
    ElectionView view;
    view.cluster_id = 1;
    view.raft_term = 5;
    view.revision = Revision{revision};
    return view;
}

/// What one member knows; its reads are answered by the test.
struct Reader {
    Policy policy;
    Knowledge known;
    Instant now;
    Instant wake = kNever;
    std::uint64_t last_op = 0;
    std::uint64_t seed = 1;
    Effects effects;
    std::string key = "K/a";
    Revision create;

    Means means() { return Means{policy, now, effects, wake, last_op, seed}; }
    void drive(bool now_and_then = true) {
        auto m = means();
        drive_reads(known, m, now_and_then, OwnKey{key, create});
    }
    News answer(const ElectionView& view, StoreOutcome outcome = StoreOutcome::kDone) {
        auto m = means();
        return learn_read(known, m, ElectionRead{known.read_slot.op, outcome, view},
                          OwnKey{key, create});
    }
};

}  // namespace

TEST_CASE("the first read is news of everything") {
    Reader reader;
    reader.drive();
    CHECK(reader.effects.size() == 1);
    const auto news = reader.answer(view_at(100));
    CHECK_FALSE(news.set_back);
    CHECK(news.first);
    CHECK(news.changed);
}

TEST_CASE("a read that failed is no news and is asked for again") {
    Reader reader;
    reader.drive();
    const auto news = reader.answer(view_at(100), StoreOutcome::kUnknown);
    CHECK_FALSE(news.changed);
    CHECK_FALSE(reader.known.read);
    reader.drive();
    CHECK(reader.effects.size() == 2);
}

TEST_CASE("an answer that nobody waits for is no news") {
    Reader reader;
    CHECK_FALSE(reader.answer(view_at(100)).changed);
    CHECK_FALSE(reader.known.read);
}

TEST_CASE("a step back is news of everything again") {
    Reader reader;
    reader.drive();
    reader.answer(view_at(100));
    on_resumed(reader.known, WatchResumed{false});
    reader.drive();
    const auto news = reader.answer(view_at(99));
    CHECK(news.set_back);
    CHECK(news.first);
    CHECK(news.changed);
    CHECK(reader.known.view == view_at(99));
}

TEST_CASE("a read from before our own write is asked for again") {
    Reader reader;
    reader.drive();
    reader.answer(view_at(100));
    on_resumed(reader.known, WatchResumed{false});
    reader.drive();
    learn_own_write(reader.known, Revision{105}, Revision{});
    CHECK_FALSE(reader.answer(view_at(104)).changed);
    CHECK(reader.known.read_wanted);
}

TEST_CASE("a change that the view holds already is no news") {
    Reader reader;
    reader.drive();
    reader.answer(view_at(100));
    const auto tell = [&](std::int64_t at) {
        const StoreChanged batch{Revision{at}, {{Revision{at}, PauseChanged{PauseOrder{}}}}};
        auto m = reader.means();
        return learn_changes(reader.known, m, batch, OwnKey{reader.key, {}}).changed;
    };
    CHECK_FALSE(tell(100));
    CHECK(tell(101));
}

TEST_CASE("the store is read now and then, but not for a holder") {
    Reader reader;
    reader.drive();
    reader.answer(view_at(100));
    reader.now += 5s;
    reader.drive(false);
    CHECK(reader.effects.size() == 1);
    reader.drive(true);
    CHECK(reader.effects.size() == 2);
}
