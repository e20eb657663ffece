// Owns the pace of the deciding function alone: how many steps a second one processor makes. A run
// of a member in a small world is written down first, event by event; what is timed is the same
// events once more, from the same start. Thread rule: one thread.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/invariants.hpp"
#include "core_world.hpp"
#include "samples.hpp"

namespace {

using namespace elector::bench;
namespace core = elector::core;

constexpr int kEvents = 10'000;
constexpr int kRuns = 60;
constexpr std::uint64_t kSeed = 7;

struct Tape {
    std::vector<std::pair<core::Instant, core::Event>> events;
    std::size_t effects = 0;
    core::Role role{};
};

template <class World>
Tape write_down(World world, const core::Policy& policy) {
    Tape tape;
    core::Instant now{};
    auto state = core::initial_state(now, kSeed);
    for (int i = 0; i < kEvents && !state.exited; ++i) {
        auto [at, event] = world.next(now, core::wake_at(state));
        now = at;
        core::Effects effects;
        core::step(policy, state, now, event, effects);
        for (const auto& effect : effects) world.perform(now, effect);
        tape.effects += effects.size();
        tape.events.emplace_back(now, std::move(event));
    }
    tape.role = state.role;
    return tape;
}

/// Million steps a second. The events are the same, so that the effects have to be.
double replay(const Tape& tape, const core::Policy& policy) {
    auto state = core::initial_state({}, kSeed);
    core::Effects effects;
    std::size_t seen = 0;
    const auto begin = Clock::now();
    for (const auto& [now, event] : tape.events) {
        effects.clear();
        core::step(policy, state, now, event, effects);
        seen += effects.size();
    }
    const double took = milliseconds_since(begin);
    core::require(seen == tape.effects, "a run that is repeated is the same run");
    return static_cast<double>(tape.events.size()) / took / 1000;
}

void measure(const char* name, const Tape& tape, const core::Policy& policy) {
    Samples pace;
    for (int i = 0; i < kRuns; ++i) pace.push_back(replay(tape, policy));
    std::printf("%-28s %9zu %9zu %9.2f %9.2f %9.2f\n", name, tape.events.size(), tape.effects,
                quantile(pace, 0), median(pace), quantile(pace, 1));
}

}  // namespace

int main() {
    const auto policy = calm_policy();
    std::printf("%-28s %9s %9s %9s %9s %9s  (million steps/s: min, median, max of %d)\n", "",
                "steps", "effects", "min", "median", "max", kRuns);
    const auto leader = write_down(CalmWorld(CalmWorld::Lead::kOurs), policy);
    core::require(leader.role == core::Role::kLeader, "the member leads");
    measure("leader, nothing happens", leader, policy);
    const auto waiting = write_down(CalmWorld(CalmWorld::Lead::kTheirs), policy);
    core::require(waiting.role == core::Role::kCandidate, "the member waits");
    measure("waiting, nothing happens", waiting, policy);
    measure("everything goes wrong", write_down(core::Weather(kSeed), policy), policy);
    return 0;
}
