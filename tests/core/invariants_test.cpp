// Each invariant fires on a state that was doctored to break it, and on no healthy one.
#include "core/invariants.hpp"

#include <doctest/doctest.h>

#include "core/step.hpp"

using namespace elector::core;

namespace {

constexpr Instant kNow = Instant{} + 100s;

struct Sound {
    Policy policy;
    State state = initial_state(Instant{}, 1);
    Effects effects;

    Sound() {
        state.now = kNow;
        state.wake = kNow + 1s;
    }
    /// The words of the broken invariant; empty: all hold.
    std::string broken() const {
        try {
            check_invariants(policy, state, effects);
        } catch (const InvariantBroken& e) {
            return e.what();
        }
        return {};
    }
};

struct Leading : Sound {
    Leading() {
        state.role = Role::kLeader;
        state.standby.wanted = false;
        auto& h = state.holding;
        h.term = Term{5};
        h.record = StoredRecord{Revision{9}, "{}", HolderRecord{}};
        h.record.record->term = Term{5};
        h.valid_until = kNow + 5s;
        h.armed_until = kNow + 5s;
        state.node.activity = NodeActivity::kStandby;
        state.node.activation.op = OpId{7};
        effects = {Activate{OpId{7}, ConnectionId{1}, h.valid_until - 3 * policy.margin}};
    }
    Activate& activate() { return std::get<Activate>(effects[0]); }
};

struct Letting : Sound {
    Letting() {
        state.role = Role::kDraining;
        state.holding.term = Term{5};
        state.standby.confirmed = kNow;
        Drain drain;
        drain.record.state = HolderRecord::State::kDrained;
        drain.record.term = Term{5};
        effects = {drain};
    }
    Drain& drain() { return std::get<Drain>(effects[0]); }
};

}  // namespace

TEST_CASE("sound states break nothing") {
    CHECK(Sound{}.broken() == "");
    CHECK(Leading{}.broken() == "");
    CHECK(Letting{}.broken() == "");
}

TEST_CASE("a wake-up in the past is a broken invariant") {
    Sound s;
    s.state.wake = kNow;
    CHECK(s.broken() == "the next wake-up lies ahead");
    s.state.exited = true;
    CHECK(s.broken() == "");
}

TEST_CASE("a leader without a holding, or past it, is a broken invariant") {
    Leading s;
    s.effects.clear();
    s.state.holding.valid_until = kNow + s.policy.margin;
    CHECK(s.broken() == "a leader's holding has not ended");
    s.state.holding.term = Term{};
    CHECK(s.broken() == "a leader holds");
}

TEST_CASE("a holding outside leading and draining is a broken invariant") {
    for (const auto role : {Role::kFollower, Role::kCandidate}) {
        Sound s;
        s.state.role = role;
        s.state.holding.term = Term{5};
        CHECK(s.broken() == "only leaders and drainers hold");
    }
}

TEST_CASE("a node that may be active without a leader is a broken invariant") {
    for (const auto role : {Role::kFollower, Role::kCandidate, Role::kDraining}) {
        Sound s;
        s.state.role = role;
        s.state.standby.wanted = false;
        CHECK(s.broken() == "only a leader's node may be active");
    }
}

TEST_CASE("an activation that lacks one of its conditions is a broken invariant") {
    struct Row {
        const char* broken;
        void (*spoil)(Leading&);
    };
    const Row rows[] = {
        {"an activation leaves only a leader",
         [](Leading& s) { s.state.role = Role::kDraining, s.state.standby.wanted = true; }},
        {"an activation follows an acknowledged claim",
         [](Leading& s) { s.state.holding.record.record->term = Term{4}; }},
        {"an activation follows an acknowledged claim",
         [](Leading& s) { s.state.holding.record.record.reset(); }},
        {"an activation has three margins of holding left",
         [](Leading& s) { s.activate().not_after += 1ns; }},
        {"an activation has three margins of holding left",
         [](Leading& s) {
             s.state.holding.valid_until = kNow + 3 * s.policy.margin;
             s.activate().not_after = kNow;
         }},
        {"an activation follows an armed guardian",
         [](Leading& s) {
             s.policy.guardian = true;
             s.state.holding.armed_until = kNow + 3 * s.policy.margin;
         }},
        {"an activation follows a verified standby",
         [](Leading& s) { s.state.node.activity = NodeActivity::kUnknown; }},
        {"an activation is alone in flight", [](Leading& s) { s.state.node.set.op = OpId{8}; }},
        {"no unanswered set can land after it",
         [](Leading& s) { s.state.node.unanswered_until = kNow + 1ns; }},
    };
    for (const auto& row : rows) {
        Leading s;
        row.spoil(s);
        CHECK(s.broken() == row.broken);
    }
}

TEST_CASE("a marker that lacks one of its conditions is a broken invariant") {
    struct Row {
        const char* broken;
        void (*spoil)(Letting&);
    };
    const Row rows[] = {
        {"only a draining member writes a marker",
         [](Letting& s) { s.state.role = Role::kFollower, s.state.holding.term = Term{}; }},
        {"a marker follows a confirmed standby",
         [](Letting& s) { s.state.standby.confirmed.reset(); }},
        {"a marker says drained",
         [](Letting& s) { s.drain().record.state = HolderRecord::State::kActive; }},
        {"a marker is of the own term", [](Letting& s) { s.drain().record.term = Term{4}; }},
    };
    for (const auto& row : rows) {
        Letting s;
        row.spoil(s);
        CHECK(s.broken() == row.broken);
    }
}

TEST_CASE("time that goes back between two steps is a broken invariant") {
    Policy policy;
    auto state = initial_state(kNow, 1);
    Effects effects;
    CHECK_THROWS_AS(step(policy, state, kNow - 1ns, Woke{}, effects), InvariantBroken);
}
