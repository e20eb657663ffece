// The judgement of the holder record, as a table: what this process knows, and whether, or when, a
// claim may be made.
#include <doctest/doctest.h>

#include "core/step.hpp"
#include "core/takeover.hpp"

using namespace elector::core;

namespace {

constexpr Instant at(Duration d) { return Instant{} + d; }
constexpr Instant kNow = at(100s);

/// A process that has read the store at 1 s, knows the record since 50 s, and has an exact tip of
/// 200.
struct Known {
    Policy policy;
    State state = initial_state(Instant{}, 1);

    Known() {
        policy.member = "a";
        policy.instance = "boot-a";
        auto& k = state.known;
        k.read = true;
        k.observed_since = at(1s);
        k.record_learned = at(50s);
        k.record_watched = true;
        state.health.tip = Height{200};
        state.health.tip_exact = true;
    }
    HolderRecord& record(HolderRecord::State s) {
        auto& holder = state.known.view.holder;
        holder.mod = Revision{9};
        holder.record = HolderRecord{};
        auto& r = *holder.record;
        r.state = s;
        r.term = Term{5};
        r.instance = "boot-b";
        r.hold = 5s;
        r.quiesce = 11s;
        r.gate = Gate{Height{200}, 6500ms};
        return r;
    }
    Judgement judge(Instant now = kNow) const { return judge_record(policy, state, now); }
};

struct Verdict {
    bool open;
    Blocker because;
    Instant at;
    std::optional<Height> over;
};

void expect(const Judgement& judged, const Verdict& expected) {
    CHECK(judged.open == expected.open);
    if (!expected.open) CHECK(code(judged.because) == code(expected.because));
    CHECK(judged.at == expected.at);
    CHECK(judged.over == expected.over);
}

constexpr auto kActive = HolderRecord::State::kActive;
constexpr auto kDrained = HolderRecord::State::kDrained;
constexpr auto kUnfenced = HolderRecord::State::kUnfenced;

}  // namespace

TEST_CASE("nothing is judged before the store was read") {
    Known known;
    known.record(kDrained);
    known.state.known.read = false;
    expect(known.judge(), {false, Blocker::kRecordUnread, kNever, {}});
}

TEST_CASE("without a record the unknown wait counts from the later of observing and learning") {
    Known known;
    expect(known.judge(at(50s + 28784ms)), {false, Blocker::kRecordUnknown, at(78785ms), {}});
    expect(known.judge(at(78785ms)), {true, {}, at(78785ms), {}});
    known.state.known.observed_since = at(60s);
    expect(known.judge(at(80s)), {false, Blocker::kRecordUnknown, at(88785ms), {}});
}

TEST_CASE("an unreadable record is judged as none at all") {
    Known known;
    known.state.known.view.holder = StoredRecord{Revision{9}, "{rubbish", std::nullopt};
    expect(known.judge(at(60s)), {false, Blocker::kRecordUnknown, at(78785ms), {}});
}

TEST_CASE("an active record holds for as long as its candidate key is there") {
    Known known;
    known.record(kActive);
    expect(known.judge(at(3600s)), {false, Blocker::kHeld, kNever, {}});
}

TEST_CASE("the dirty wait counts from when the key was seen gone, with the larger times") {
    struct Row {
        const char* name;
        Duration their_hold, our_hold, their_quiesce, our_quiesce, wait;
    };
    for (const auto& row :
         {Row{"equal", 5s, 5s, 11s, 11s, 18685ms}, Row{"their hold", 15s, 5s, 11s, 11s, 28785ms},
          Row{"our hold", 3s, 15s, 11s, 11s, 28785ms},
          Row{"their quiesce", 5s, 5s, 41s, 11s, 48985ms},
          Row{"our quiesce", 5s, 5s, 1s, 41s, 48985ms}}) {
        CAPTURE(row.name);
        Known known;
        auto& record = known.record(kActive);
        record.hold = row.their_hold;
        record.quiesce = row.their_quiesce;
        known.policy.hold = row.our_hold;
        known.policy.quiesce = row.our_quiesce;
        known.state.known.key_gone_since = at(60s);
        const auto opens = at(60s) + row.wait;
        expect(known.judge(opens - 1ns), {false, Blocker::kDirtyWait, opens, {}});
        expect(known.judge(opens), {true, {}, opens, {}});
    }
}

TEST_CASE("the dirty wait never counts from before the record was learned") {
    Known known;
    known.record(kActive);
    known.state.known.key_gone_since = at(10s);
    expect(known.judge(at(60s)), {false, Blocker::kDirtyWait, at(50s + 18685ms), {}});
}

TEST_CASE("no height opens an active record") {
    Known known;
    known.record(kActive).gate = Gate{Height{1}, Duration{}};
    known.state.known.key_gone_since = at(90s);
    expect(known.judge(), {false, Blocker::kDirtyWait, at(108685ms), {}});
}

TEST_CASE("a drained record opens by a tip above its gate or by its stretched wait") {
    struct Row {
        const char* name;
        std::optional<Height> gate, tip;
        bool exact, same_life;
        Instant now;
        bool open;
    };
    const auto by_time = at(50s + 6565ms);
    for (const auto& row :
         {Row{"above", Height{200}, Height{201}, true, true, at(51s), true},
          Row{"equal", Height{200}, Height{200}, true, true, at(51s), false},
          Row{"below", Height{200}, Height{199}, true, true, at(51s), false},
          Row{"no tip", Height{200}, std::nullopt, true, true, at(51s), false},
          Row{"a gauge's tip", Height{200}, Height{300}, false, true, at(51s), false},
          Row{"a tip of an earlier life", Height{200}, Height{300}, true, false, at(51s), false},
          Row{"null gate, any tip", std::nullopt, Height{300}, true, true, at(51s), false},
          Row{"equal, later", Height{200}, Height{200}, true, true, by_time, true},
          Row{"just before", Height{200}, Height{200}, true, true, by_time - 1ns, false},
          Row{"null gate, later", std::nullopt, std::nullopt, true, true, by_time, true}}) {
        CAPTURE(row.name);
        Known known;
        known.record(kDrained).gate.tip = row.gate;
        auto& node = known.state.node;
        known.state.health.tip = row.tip;
        known.state.health.tip_exact = row.exact;
        node.tip_life = row.same_life ? node.process.life : node.process.life + 1;
        expect(known.judge(row.now),
               {row.open, row.gate ? Blocker::kGateHeight : Blocker::kGateTime, by_time, row.gate});
    }
}

TEST_CASE("a marker nobody watched appear counts only after the unknown wait") {
    Known known;
    known.record(kDrained).gate = Gate{Height{1}, Duration{}};
    known.state.known.record_watched = false;
    const auto opens = at(1s + 28785ms);
    expect(known.judge(opens - 1ns), {false, Blocker::kRecordUnknown, opens, {}});
    CHECK(known.judge(opens).open);
}

TEST_CASE("an unfenced record never opens by itself") {
    Known known;
    known.record(kUnfenced);
    known.state.known.key_gone_since = at(60s);
    expect(known.judge(at(24h)), {false, Blocker::kUnfenced, kNever, {}});
}

TEST_CASE("a record with a foreign key never opens, whatever it said") {
    for (const auto state : {kActive, kDrained, kUnfenced}) {
        Known known;
        known.record(state).foreign = {ForeignKey{"K/old", Revision{3}, "a"}};
        known.state.known.key_gone_since = at(60s);
        expect(known.judge(at(24h)), {false, Blocker::kForeign, kNever, {}});
    }
}

TEST_CASE("a record of this instance is drained first, unless it is drained") {
    for (const auto state : {kActive, kUnfenced}) {
        Known known;
        known.record(state).instance = "boot-a";
        known.state.known.key_gone_since = at(60s);
        expect(known.judge(at(24h)), {false, Blocker::kOwnRecord, kNever, {}});
        CHECK(is_own_leftover(known.policy, known.state));
    }
    Known known;
    known.record(kDrained).instance = "boot-a";
    CHECK(known.judge().open);
    CHECK_FALSE(is_own_leftover(known.policy, known.state));
}

TEST_CASE("the name alone does not make a record ours, and our holding is no leftover") {
    Known known;
    known.record(kUnfenced).member = "a";
    CHECK_FALSE(is_own_leftover(known.policy, known.state));
    known.record(kActive).instance = "boot-a";
    known.state.holding.term = Term{5};
    CHECK_FALSE(is_own_leftover(known.policy, known.state));
    known.state.holding.term = Term{4};
    CHECK(is_own_leftover(known.policy, known.state));
}

TEST_CASE("what blocks a claim is told whole") {
    Known known;
    known.record(kActive);
    auto& s = known.state;
    const auto blocked = [&] { return codes(blocked_because(known.policy, s, kNow)); };
    CHECK(blocked() ==
          "standby_unconfirmed,unready,stale_tip,lagging,not_registered,not_queued,held");
    s.standby.confirmed = at(2s);
    s.node.activity = NodeActivity::kStandby;
    s.health.ready.good = s.health.fresh.good = s.health.near.good = true;
    s.session.registered = true;
    s.session.create = Revision{7};
    CHECK(blocked() == "not_head,held");
    s.known.view.queue = {Candidate{"K/b", Revision{6}, "b"}, Candidate{"K/a", Revision{7}, "a"}};
    CHECK(blocked() == "not_head,held");
    s.known.view.queue.erase(s.known.view.queue.begin());
    s.known.view.pause = PauseOrder{};
    CHECK(blocked() == "paused,held");
    s.known.view.pause.reset();
    known.record(kDrained);
    CHECK(blocked() == "");
}
