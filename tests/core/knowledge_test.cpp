// Whole reads and watch batches, answered by hand: what counts as a store that went back in time.
#include <algorithm>

#include <doctest/doctest.h>

#include "core/step.hpp"
#include "core/takeover.hpp"

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
    std::vector<std::uint64_t> pins;

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
            if (const auto* p = std::get_if<PinCluster>(&effect)) pins.push_back(p->cluster);
            if (const auto* n = std::get_if<Announce>(&effect)) notices.push_back(n->notice);
        }
    }
    void answer(const ElectionView& view) { tell(ElectionRead{read, StoreOutcome::kDone, view}); }
    void read_again() { tell(WatchResumed{}); }
    bool told(Notice notice) const {
        return std::count(notices.begin(), notices.end(), notice) != 0;
    }
    bool set_back() const { return told(Notice::kStoreSetBack); }
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

namespace {

/// Our key was in the queue at revision 100; the whole read at 110 lacks it.
struct Bereft : Reader {
    Bereft() {
        auto view = view_at(100, 90);
        view.queue = {Candidate{"K/a", Revision{50}, "a"}};
        state.session.lease = LeaseId{7};
        state.session.key = "K/a";
        answer(view);
        tell(WatchResumed{false});
    }
    void lose() { answer(view_at(110, 90)); }
    void watch(std::int64_t at, const decltype(Change::what)& what) {
        tell(StoreChanged{Revision{at}, {{Revision{at}, what}}});
    }
};

}  // namespace

TEST_CASE("our key gone is a step back only if the watch goes past without telling") {
    Bereft told;
    told.lose();
    told.watch(105, CandidateGone{"K/a"});
    told.watch(111, PauseChanged{});
    CHECK_FALSE(told.set_back());

    Bereft older_news;
    older_news.lose();
    older_news.watch(105, PauseChanged{});
    older_news.watch(110, PauseChanged{});
    CHECK_FALSE(older_news.set_back());
    older_news.watch(111, CandidateGone{"K/other"});
    CHECK(older_news.set_back());
    CHECK_FALSE(older_news.state.known.read);

    Bereft at_once;
    at_once.lose();
    const std::vector<Change> both = {{Revision{105}, CandidateGone{"K/a"}},
                                      {Revision{111}, PauseChanged{}}};
    at_once.tell(StoreChanged{Revision{111}, both});
    CHECK_FALSE(at_once.set_back());
}

TEST_CASE("a gap of the watch explains our key gone, whether before the read or after it") {
    Bereft after;
    after.lose();
    after.tell(WatchResumed{true});
    after.watch(111, PauseChanged{});
    CHECK_FALSE(after.set_back());

    Bereft before;
    before.tell(WatchResumed{true});
    before.lose();  // sent before the gap: says nothing of it
    before.watch(111, PauseChanged{});
    CHECK_FALSE(before.set_back());
    CHECK(before.state.known.gap);
    before.answer(view_at(112, 90));
    CHECK_FALSE(before.state.known.gap);
}

TEST_CASE("a watch that goes on where it ended is no gap") {
    Bereft reader;
    reader.lose();
    reader.tell(WatchResumed{false});
    reader.watch(111, PauseChanged{});
    CHECK(reader.set_back());
}

TEST_CASE("until the watch has told why our key is gone, nothing is claimed") {
    Bereft reader;
    reader.lose();
    CHECK(judge_record(reader.policy, reader.state, reader.now + 1h).because ==
          Blocker::kRecordUnread);
    reader.watch(105, CandidateGone{"K/a"});
    CHECK(judge_record(reader.policy, reader.state, reader.now + 1h).open);
}

TEST_CASE("the first cluster is to be pinned, and another than the pinned one is told") {
    Reader reader;
    reader.answer(view_at(100));
    reader.read_again();
    reader.answer(view_at(101));
    CHECK(reader.pins == std::vector<std::uint64_t>{1});
    CHECK_FALSE(reader.told(Notice::kOtherCluster));
    CHECK_FALSE(other_cluster(reader.policy, reader.state));

    for (const std::uint64_t pinned : {std::uint64_t{2}, kNoCluster}) {
        Reader other;
        other.policy.cluster = pinned;
        CHECK_FALSE(other_cluster(other.policy, other.state));  // nothing has been read
        other.answer(view_at(100));
        CHECK(other.pins.empty());
        CHECK(other.told(Notice::kOtherCluster));
        CHECK(other_cluster(other.policy, other.state));
    }
}
