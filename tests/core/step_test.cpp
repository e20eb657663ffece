// What must hold of step() whatever happens: total, deterministic, silent before its wake-up.
#include "core/step.hpp"

#include <map>
#include <set>

#include <doctest/doctest.h>

#include "core/dump.hpp"
#include "core/weather.hpp"

using namespace elector::core;

namespace {

constexpr int kSeeds = 24;
constexpr int kMostSeeds = 2000;  // for the rarest role change
constexpr int kSteps = 3000;

Policy policy_for(std::uint64_t seed) {
    Policy p;
    p.member = "a";
    p.instance = "boot-a";
    p.queue_prefix = "K/";
    p.web3 = seed % 4 != 0;
    p.guardian = seed % 3 == 0;
    p.max_hold = 5s;  // so that something happens within few steps
    return p;
}

OpId op_of(const Effect& effect) {
    return std::visit(
        [](const auto& e) {
            if constexpr (requires { e.op; }) {
                return OpId{e.op};
            } else {
                return OpId{};
            }
        },
        effect);
}

struct Run {
    std::uint64_t seed;
    Policy policy = policy_for(seed);
    Weather weather{seed};
    State state = initial_state(Instant{}, seed);

    template <class Check>
    void go(Check check) {
        std::pair<Instant, Event> next{Instant{}, Woke{}};
        for (int i = 0; i < kSteps && !state.exited; ++i) {
            const auto before = state;
            Effects effects;
            step(policy, state, next.first, next.second, effects);
            check(before, next.first, next.second, effects);
            for (const auto& effect : effects) weather.perform(next.first, effect);
            next = weather.next(next.first, state.wake);
        }
    }
};

template <class Check>
void in_all_weathers(Check check) {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        CAPTURE(seed);
        Run run{seed};
        check(run);
    }
}

std::string without_numbers(const std::string& text) {
    std::string out;
    for (const char c : text)
        if (c < '0' || c > '9') out += c;
    return out;
}

/// Steps that were not silent, one example of each kind.
struct Noise {
    std::map<std::string, std::string> examples;

    /// Expects no effects, and nothing changed but the time.
    void expect_none(const Run& run, Instant now, const Event& event) {
        compare(run, run.state, now, event);
    }
    /// Expects that the event does no more than a mere wake-up.
    void expect_none_but_woke(const Run& run, Instant now, const Event& event) {
        auto woken = run.state;
        Effects effects;
        step(run.policy, woken, now, Woke{}, effects);
        if (effects.empty()) compare(run, woken, now, event);
    }
    void compare(const Run& run, const State& expected, Instant now, const Event& event) {
        auto state = run.state;
        Effects effects;
        step(run.policy, state, now, event, effects);
        state.now = expected.now;  // which every step writes
        if (effects.empty() && same(expected, state)) return;
        const auto changed = difference(dump(expected), dump(state));
        std::string kinds;
        for (const auto& effect : effects) kinds += " " + std::to_string(effect.index());
        examples.emplace(kinds + without_numbers(changed),
                         "seed " + std::to_string(run.seed) + ", event kind " +
                             std::to_string(event.index()) + ", " +
                             std::to_string((now - run.state.now).count()) +
                             " ns after the step, effect kinds" + kinds + ", role " +
                             std::string(name(run.state.role)) + "\n" + changed);
    }
    ~Noise() {
        for (const auto& [kind, example] : examples) MESSAGE(example);
        CHECK(examples.empty());
    }
};

}  // namespace

TEST_CASE("the weathers bring every role, and most role changes") {
    std::set<std::string> missing{
        "follower>queued",          "candidate>claimed",       "leader>switchover",
        "leader>holding_ending",    "leader>lease_lost",       "leader>store_set_back",
        "leader>node_lost",         "leader>status_hung",      "leader>confirmation_refused",
        "leader>activation_failed", "leader>node_left_active", "draining>drained",
        "draining>record_taken",    "candidate>own_record",    "follower>own_record"};
    for (std::uint64_t seed = 1; seed <= kMostSeeds && !missing.empty(); ++seed) {
        Run run{seed};
        run.go([&](const State&, Instant, const Event&, const Effects& effects) {
            for (const auto& e : effects)
                if (const auto* r = std::get_if<RoleChanged>(&e))
                    missing.erase(std::string(name(r->row->from)) + ">" +
                                  std::string(r->row->code));
        });
    }
    std::string list;
    for (const auto& row : missing) list += row + " ";
    CHECK(list == "");
}

TEST_CASE("a wake-up before its time emits nothing and changes nothing") {
    Noise noise;
    Dice dice(99);
    in_all_weathers([&](Run& run) {
        run.go([&](const State&, Instant now, const Event&, const Effects&) {
            if (run.state.exited) return;
            noise.expect_none(run, now, Woke{});
            const auto last = std::min(run.state.wake - 1ns, now + 1h);
            noise.expect_none(run, now + dice.between(Duration{}, last - now), Woke{});
            noise.expect_none(run, last, Woke{});
        });
    });
}

TEST_CASE("an answer to an operation that is not under way changes nothing") {
    Noise noise;
    in_all_weathers([&](Run& run) {
        run.go([&](const State&, Instant now, const Event&, const Effects&) {
            if (run.state.exited) return;
            for (const auto op : {OpId{}, OpId{1'000'000'000}}) {
                ElectionView empty;
                const Event strays[] = {
                    LeaseAnswered{op, StoreOutcome::kLeaseGone, {}},
                    LeaseRevoked{op, StoreOutcome::kDone},
                    ElectionRead{op, StoreOutcome::kDone, empty},
                    TxnAnswered{op, StoreOutcome::kDone, Revision{99}, {}},
                    RecordAnswered{op, StoreOutcome::kGuardFailed, {}},
                    StatusRead{op, NodeFailure::kNone, true, ConnectionId{9}},
                    SetAnswered{op, NodeFailure::kTimedOut, false},
                    ReadinessRead{op, NodeFailure::kNone, false},
                    TipRead{op, NodeFailure::kNone, Height{9}, 1s},
                    MetricsRead{op, NodeFailure::kNone, Height{9}, Height{9}, "io1other"},
                    GuardianArmed{op}};
                for (const auto& stray : strays) noise.expect_none_but_woke(run, now, stray);
            }
        });
    });
}

TEST_CASE("the same answer a second time changes nothing") {
    Noise noise;
    in_all_weathers([&](Run& run) {
        run.go([&](const State&, Instant now, const Event& event, const Effects&) {
            const bool repeatable = std::holds_alternative<PortChanged>(event) ||
                                    std::holds_alternative<WatchResumed>(event);
            if (run.state.exited || repeatable) return;
            noise.expect_none_but_woke(run, now, event);
        });
    });
}

TEST_CASE("the same state, time and event give the same state and effects") {
    in_all_weathers([&](Run& run) {
        run.go([&](State before, Instant now, const Event& event, const Effects& effects) {
            Effects again;
            step(run.policy, before, now, event, again);
            if (!same(before, run.state) || !same(again, effects)) FAIL("differs");
        });
    });
}

TEST_CASE("no operation id is used twice") {
    in_all_weathers([&](Run& run) {
        std::set<std::uint64_t> used;
        run.go([&](const State&, Instant, const Event&, const Effects& effects) {
            for (const auto& effect : effects) {
                const auto op = op_of(effect);
                if (op.value != 0 && !used.insert(op.value).second) FAIL("used twice");
            }
        });
        CHECK(used.size() > 100);
    });
}

TEST_CASE("after Exit nothing more is done") {
    Policy policy = policy_for(1);
    auto state = initial_state(Instant{}, 1);
    state.exited = true;
    Effects effects;
    const auto before = dump(state);
    step(policy, state, Instant{} + 1s, ShutdownRequested{}, effects);
    CHECK(effects.empty());
    CHECK(dump(state) == before);
    CHECK(wake_at(state) == kNever);
}
