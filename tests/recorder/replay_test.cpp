// What the recorder keeps of a run, and that the same core does the same with it again.
#include "app/replay.hpp"

#include <sstream>

#include <doctest/doctest.h>

#include "app/json_values.hpp"
#include "app/reactor.hpp"
#include "app/recorder.hpp"
#include "core/step.hpp"
#include "weather.hpp"

using namespace elector;
using namespace elector::core;

namespace {

/// A process of so many steps in rough weather, recorded as the reactor does it.
std::string record(std::uint64_t seed, int steps, std::size_t kept = app::Recorder::kKept) {
    Policy policy;
    policy.member = "a";
    policy.instance = "boot-a";
    policy.queue_prefix = "K/";
    policy.max_hold = 5s;
    Weather weather{seed};
    auto state = initial_state(Instant{}, seed);
    app::Recorder recorder(kept);
    std::pair<Instant, Event> next{Instant{}, Woke{}};
    for (int i = 0; i < steps && !state.exited; ++i) {
        if (i == steps / 2) {
            policy.priority = 3;
            recorder.policy(policy);
        }
        Effects effects;
        recorder.step(policy, state, next.first, next.second);
        step(policy, state, next.first, next.second, effects);
        for (const auto& effect : effects) {
            recorder.effect(effect);
            weather.perform(next.first, effect);
        }
        next = weather.next(next.first, state.wake);
    }
    return recorder.dump();
}

app::Replayed replay(const std::string& dump) {
    std::istringstream in(dump);
    return app::replay(in);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a dump from the start of a process is replayed step by step, effect by effect") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const auto done = replay(record(seed, 300));
        CHECK(done.problem == "");
        CHECK(done.steps > 50);
        CHECK(done.effects > 50);
    }
}

TEST_CASE("a dump of a process that has run for long begins with a later state, and is replayed") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        const auto dump = record(seed, 5000);
        const auto lines = static_cast<std::size_t>(std::count(dump.begin(), dump.end(), '\n'));
        CHECK(lines <= 2 * app::Recorder::kKept + 100);
        const auto done = replay(dump);
        CHECK(done.problem == "");
    }
}

TEST_CASE("of a member among many little is kept, from the state that all before has led to") {
    constexpr auto kFew = app::Recorder::kLeast;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        const auto whole = record(seed, 2000, 100'000);
        const auto dump = record(seed, 2000, kFew);
        const auto lines = static_cast<std::size_t>(std::count(dump.begin(), dump.end(), '\n'));
        CHECK(lines > kFew);
        CHECK(lines <= 2 * kFew + 50);
        CHECK(replay(dump).problem == "");
        // The same run, word for word, but for the first line.
        const auto end = dump.substr(dump.find('\n') + 1);
        CHECK(whole.ends_with(end));
    }
}

TEST_CASE("a policy that changes while effects are run is replayed as of the next step") {
    struct : app::Clock {
        Instant at;
        Instant now() const override { return at; }
    } clock;
    boost::asio::io_context io;
    Policy policy;
    policy.member = "a";
    Weather weather{1};
    app::Reactor* made = nullptr;
    int changes = 0;
    app::Reactor reactor(
        io, clock, policy, 1,
        [&](const Effect& effect) {
            weather.perform(clock.at, effect);
            if (++changes > 20) return;
            policy.cluster = static_cast<std::uint64_t>(changes);
            made->set_policy(policy);
        },
        [](const std::string& what) { FAIL(what); });
    made = &reactor;
    reactor.post(Woke{});
    for (int i = 0; i < 100; ++i) {
        const auto next = weather.next(clock.at, reactor.state().wake);
        clock.at = next.first;
        reactor.post(next.second);
    }
    CHECK(changes > 20);
    CHECK(replay(reactor.recorder().dump()).problem == "");
}

TEST_CASE("whatever stands in etcd comes back from a dump as it stood there") {
    const std::string odd("nul \0 not UTF-8 \xff\xfe, a line\nand a \"quote\"", 40);
    const StoredRecord stored{Revision{7}, odd, std::nullopt};
    const Event event = StoreChanged{
        Revision{8}, {{Revision{7}, HolderChanged{stored}}, {Revision{8}, PauseChanged{}}}};
    Event back;
    app::from_value(app::parse_line(app::describe(event)), back);
    const auto& changes = std::get<StoreChanged>(back).changes;
    REQUIRE(changes.size() == 2);
    CHECK(std::get<HolderChanged>(changes.front().what).holder == stored);
    app::Recorder recorder;
    auto state = initial_state(Instant{}, 1);
    Effects effects;
    recorder.step(Policy{}, state, Instant{}, event);
    step(Policy{}, state, Instant{}, event, effects);
    for (const auto& effect : effects) recorder.effect(effect);
    CHECK(replay(recorder.dump()).problem == "");
}

TEST_CASE("a dump that the core would not write says where it differs") {
    const auto dump = record(1, 300);
    const auto changed = replay(replaced(dump, R"("ttl":5000000000)", R"("ttl":4000000000)"));
    CHECK(changed.problem.find("recorded was {\"GrantLease\"") != std::string::npos);
    const auto first_effect = dump.find("{\"effect\"");
    const auto end = dump.find('\n', first_effect);
    auto shorter = dump;
    shorter.erase(first_effect, end + 1 - first_effect);
    CHECK(replay(shorter).problem.find("the core asks for") != std::string::npos);
}

TEST_CASE("what is no dump is refused with the line and the cause") {
    CHECK(replay("").problem == "line 1: the dump is empty");
    CHECK(replay("{\"recorder\":1}\n").problem ==
          "line 1: the dump is of another version of the recorder");
    CHECK(replay("{\"event\":{\"Woke\":{}}}\n").problem ==
          "line 1: the first line is no header of a recorder");
    CHECK(replay("rubbish\n").problem.rfind("line 1: ", 0) == 0);
    const auto unknown = replay(replaced(record(1, 10), "\"Woke\"", "\"Dozed\""));
    CHECK(unknown.problem == "line 2: 'Dozed' is none of the alternatives");
}
