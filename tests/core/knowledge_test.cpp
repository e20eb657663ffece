// Whole reads and watch batches, answered by hand: what counts as a store that went back in time.
#include <algorithm>

#include <doctest/doctest.h>

#include "core/step.hpp"

using namespace elector::core;

namespace {

ElectionView view_at(std::int64_t revision, std::int64_t holder_mod = 0) {
    ElectionView view;
    view.cluster_id = 1;
    view.raft_term = 5;
    view.revision = Revision{revision};
    if (holder_mod != 0) {
        HolderRecord record;
        record.state = HolderRecord::State::kDrained;
        record.term = Term{3};
        record.instance = "boot-b";
        record.gate.wait = 6500ms;
        view.holder = StoredRecord{Revision{holder_mod}, "{}", record};
    }
    return view;
}

/// A member whose reads of the store are answered by the test; nothing else is ever answered.
struct Reader {
    Policy policy;
    State state = initial_state(Instant{}, 1);
    Instant now;
    OpId read;
    std::vector<Notice> notices;

    Reader() {
        policy.member = "a";
        policy.instance = "boot-a";
        tell(Woke{});
    }
    void tell(const Event& event) {
        now += 1ms;
        Effects effects;
        step(policy, state, now, event, effects);
        for (const auto& effect : effects) {
            if (const auto* r = std::get_if<ReadElection>(&effect)) read = r->op;
            if (const auto* n = std::get_if<Announce>(&effect)) notices.push_back(n->notice);
        }
    }
    void answer(const ElectionView& view) { tell(ElectionRead{read, StoreOutcome::kDone, view}); }
    void read_again() { tell(WatchResumed{}); }
    bool set_back() const {
        return std::count(notices.begin(), notices.end(), Notice::kStoreSetBack) != 0;
    }
};

}  // namespace

TEST_CASE("the first read is never a step back") {
    Reader reader;
    reader.answer(view_at(100, 90));
    CHECK_FALSE(reader.set_back());
    CHECK(reader.state.known.view == view_at(100, 90));
    CHECK_FALSE(reader.state.known.record_watched);
}

TEST_CASE("a revision, Raft term, record revision or cluster below what was seen is a step back") {
    struct Row {
        const char* name;
        void (*change)(ElectionView&);
        bool back;
    };
    const Row rows[] = {
        {"the same again", [](ElectionView&) {}, false},
        {"newer in everything",
         [](ElectionView& v) {
             v.revision.value += 9;
             v.raft_term += 1;
             v.holder.mod.value += 9;
         },
         false},
        {"an older revision", [](ElectionView& v) { v.revision.value -= 1; }, true},
        {"an older Raft term", [](ElectionView& v) { v.raft_term -= 1; }, true},
        {"an older record", [](ElectionView& v) { v.holder.mod.value -= 1; }, true},
        {"no record any more", [](ElectionView& v) { v.holder = StoredRecord{}; }, false},
        {"another cluster", [](ElectionView& v) { v.cluster_id += 1; }, true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        Reader reader;
        reader.answer(view_at(100, 90));
        reader.read_again();
        auto next = view_at(100, 90);
        row.change(next);
        reader.answer(next);
        CHECK(reader.set_back() == row.back);
        CHECK(reader.state.known.view == next);
    }
}

TEST_CASE("a read that the watch has overtaken is no step back, and is dropped") {
    Reader reader;
    reader.answer(view_at(100, 90));
    reader.read_again();
    reader.tell(StoreChanged{Revision{120}, {{Revision{120}, PauseChanged{PauseOrder{}}}}});
    reader.answer(view_at(110, 90));
    CHECK_FALSE(reader.set_back());
    auto expected = view_at(120, 90);
    expected.pause = PauseOrder{};
    CHECK(reader.state.known.view == expected);
}

TEST_CASE("after a step back every wait starts again and nothing counts as watched") {
    Reader reader;
    reader.answer(view_at(100, 90));
    reader.tell(
        StoreChanged{Revision{105}, {{Revision{105}, HolderChanged{view_at(105, 105).holder}}}});
    CHECK(reader.state.known.record_watched);
    reader.read_again();
    reader.answer(view_at(95, 90));
    CHECK(reader.set_back());
    const auto& known = reader.state.known;
    CHECK_FALSE(known.record_watched);
    CHECK(known.observed_since == reader.now);
    CHECK(known.record_learned == reader.now);
}

TEST_CASE("changes before the first read are not believed") {
    Reader reader;
    reader.tell(StoreChanged{Revision{105}, {{Revision{105}, PauseChanged{PauseOrder{}}}}});
    CHECK(reader.state.known.view == ElectionView{});
    CHECK_FALSE(reader.state.known.read);
}

TEST_CASE("a holder's key that is gone counts from when that was learned") {
    Reader reader;
    auto view = view_at(100, 90);
    view.holder.record->state = HolderRecord::State::kActive;
    view.queue = {Candidate{"K/b", Revision{3}, "b"}};
    reader.answer(view);
    CHECK(reader.state.known.key_gone_since == std::nullopt);
    reader.tell(StoreChanged{Revision{110}, {{Revision{110}, CandidateGone{"K/b"}}}});
    const auto gone = reader.now;
    CHECK(reader.state.known.key_gone_since == gone);
    reader.tell(StoreChanged{Revision{111}, {{Revision{111}, PauseChanged{PauseOrder{}}}}});
    CHECK(reader.state.known.key_gone_since == gone);
    auto other = view.holder;
    other.mod = Revision{112};
    other.record->term = Term{77};
    reader.tell(StoreChanged{Revision{112}, {{Revision{112}, HolderChanged{other}}}});
    CHECK(reader.state.known.key_gone_since == reader.now);
}
