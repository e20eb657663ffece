// The judgement over what members publish: at most one node is active.
#include "sentinel/sentinel.hpp"

#include <doctest/doctest.h>

using namespace elector::sentinel;

namespace {

/// A group whose publications and record are given by the test.
struct Group {
    Policy policy;
    Instant now;
    Instant wake = kNever;
    std::uint64_t last_op = 0;
    std::uint64_t seed = 1;
    Effects effects;
    ElectionView view;
    Sentinel sentinel;

    void publishes(const std::string& name, NodeActivity activity, std::int64_t mod) {
        std::erase_if(view.members,
                      [&](const MemberEntry& entry) { return entry.record.name == name; });
        MemberEntry entry{Revision{1}, Revision{mod}, {}};
        entry.record.name = name;
        entry.record.instance = "boot-" + name;
        entry.record.activity = activity;
        view.members.push_back(entry);
    }
    void record(HolderRecord::State state, const std::string& name, std::int64_t mod) {
        view.holder = StoredRecord{Revision{mod}, "", HolderRecord{}};
        view.holder.record->state = state;
        view.holder.record->term = Term{7};
        view.holder.record->member = name;
        view.holder.record->instance = "boot-" + name;
    }
    void looks(bool write = true) {
        effects.clear();
        Means m{policy, now, effects, wake, last_op, seed};
        drive(sentinel, m, view, write);
    }
    void answers(StoreOutcome outcome) {
        effects.clear();
        Means m{policy, now, effects, wake, last_op, seed};
        CHECK(on_written(sentinel, m, TxnAnswered{sentinel.slot.op, outcome, {}, {}}));
    }
    std::vector<std::string> told() const {
        std::vector<std::string> all;
        for (const auto& effect : effects) {
            if (const auto* e = std::get_if<Announce>(&effect))
                all.push_back(std::string(describe(e->notice).name) + ": " + e->detail);
            if (const auto* e = std::get_if<RecordDoubleActive>(&effect))
                all.push_back("history " + std::to_string(e->entry.term.value) + " " +
                              e->entry.reason + ": " + e->entry.member + ", " + e->entry.other);
        }
        return all;
    }
};

using Told = std::vector<std::string>;
constexpr auto kActive = NodeActivity::kActive;
constexpr auto kStandby = NodeActivity::kStandby;

/// b holds, and its node is active.
Group led_by_b() {
    Group g;
    g.record(HolderRecord::State::kActive, "b", 20);
    g.publishes("a", kStandby, 10);
    g.publishes("b", kActive, 21);
    return g;
}

}  // namespace

TEST_CASE("one active node is as it should be, whoever holds") {
    Group g = led_by_b();
    CHECK(double_active(g.view) == std::nullopt);
    g.record(HolderRecord::State::kDrained, "b", 20);
    CHECK(double_active(g.view) == std::nullopt);
    g.view.holder = {};
    CHECK(double_active(g.view) == std::nullopt);
    CHECK(double_active(ElectionView{}) == std::nullopt);
}

TEST_CASE("a second active node beside the holder's is a breach that names both") {
    Group g = led_by_b();
    g.publishes("a", kActive, 22);
    CHECK(double_active(g.view) == DoubleActive{Term{7}, "b", "a"});
}

TEST_CASE("the holder counts although its record was rewritten since it published") {
    Group g = led_by_b();
    g.record(HolderRecord::State::kUnfenced, "b", 30);
    g.publishes("a", kActive, 31);
    CHECK(double_active(g.view) == DoubleActive{Term{7}, "b", "a"});
}

TEST_CASE("what was published before the present record was written says nothing of now") {
    Group g = led_by_b();
    g.publishes("a", kActive, 19);
    CHECK(double_active(g.view) == std::nullopt);
    g.record(HolderRecord::State::kDrained, "b", 23);
    g.publishes("a", kActive, 24);
    CHECK(double_active(g.view) == std::nullopt);
}

TEST_CASE("two active nodes without a holder are a breach too, named in their order") {
    Group g;
    g.record(HolderRecord::State::kDrained, "c", 20);
    g.publishes("a", kActive, 22);
    g.publishes("b", kActive, 21);
    CHECK(double_active(g.view) == DoubleActive{Term{7}, "b", "a"});
    g.view.holder = {};
    CHECK(double_active(g.view) == DoubleActive{Term{}, "b", "a"});
}

TEST_CASE("another node under the holder's name is not the holder's") {
    Group g = led_by_b();
    g.view.members.back().record.instance = "boot-other";
    g.publishes("a", kActive, 22);
    CHECK(double_active(g.view) == DoubleActive{Term{7}, "b", "a"});
}

TEST_CASE("a breach is told and written down once while it lasts, and again when it comes again") {
    Group g = led_by_b();
    g.publishes("a", kActive, 22);
    g.looks();
    CHECK(g.told() == Told{"double_active: b and a", "history 7 double_active: b, a"});
    g.answers(StoreOutcome::kDone);
    g.publishes("a", kActive, 24);
    g.looks();
    CHECK(g.told() == Told{});
    g.publishes("a", kStandby, 25);
    g.looks();
    CHECK(g.told() == Told{});
    g.publishes("a", kActive, 26);
    g.looks();
    CHECK(g.told() == Told{"double_active: b and a", "history 7 double_active: b, a"});
    CHECK(g.sentinel.observed == 2);
}

TEST_CASE("it is written down although it is over, until the store has it") {
    Group g = led_by_b();
    g.publishes("a", kActive, 22);
    g.looks();
    g.publishes("a", kStandby, 23);
    g.answers(StoreOutcome::kUnknown);
    g.looks();
    CHECK(g.told() == Told{"history 7 double_active: b, a"});
    g.answers(StoreOutcome::kUnknown);
    g.looks();
    CHECK(g.told() == Told{});
    g.now = g.wake;
    g.looks();
    CHECK(g.told() == Told{"history 7 double_active: b, a"});
    g.answers(StoreOutcome::kGuardFailed);  // another member was first
    g.now += 1h;
    g.looks();
    CHECK(g.told() == Told{});
}

TEST_CASE("who only observes tells and does not write") {
    Group g = led_by_b();
    g.publishes("a", kActive, 22);
    g.looks(false);
    CHECK(g.told() == Told{"double_active: b and a"});
    g.looks(false);
    CHECK(g.told() == Told{});
}

TEST_CASE("an answer to somebody else is left to him") {
    Group g = led_by_b();
    Means m{g.policy, g.now, g.effects, g.wake, g.last_op, g.seed};
    CHECK_FALSE(on_written(g.sentinel, m, TxnAnswered{OpId{9}, StoreOutcome::kDone, {}, {}}));
}
