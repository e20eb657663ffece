// The loop around the core under a clock that the test turns: what a gap does, and what is
// measured.
#include "app/reactor.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "core/weather.hpp"

using namespace elector;
using namespace std::chrono_literals;

namespace {

class Turned final : public app::Clock {
  public:
    model::Instant now() const override { return at; }
    model::Instant at{1000s};
};

model::Policy policy_of_a() {
    model::Policy p;
    p.member = "a";
    p.instance = "boot-a";
    p.queue_prefix = "K/";
    p.max_hold = 5s;
    return p;
}

/// A member in rough weather, from event to event.
struct Rig {
    explicit Rig(std::uint64_t seed) : weather(seed), reactor(make(seed)) {
        reactor.on_stall = [this](model::Duration late) { stalls.push_back(late); };
        reactor.post(model::Woke{});
    }
    app::Reactor make(std::uint64_t seed) {
        return app::Reactor(
            io, clock, policy_of_a(), seed,
            [this](const model::Effect& e) {
                effects.push_back(e);
                weather.perform(clock.at, e);
            },
            [this](const std::string&) { broken = true; });
    }
    void next(model::Duration late = {}) {
        const auto [when, event] = weather.next(clock.at, reactor.state().wake);
        clock.at = when + late;
        reactor.post(event);
    }
    bool leads() const {
        const auto& s = reactor.state();
        return s.role == model::Role::kLeader &&
               s.holding.activation == core::Activation::kVerified;
    }
    bool reach_the_lead() {
        for (int i = 0; i < 2000 && !leads(); ++i) next();
        return leads();
    }

    boost::asio::io_context io;
    Turned clock;
    core::Weather weather;
    std::vector<model::Effect> effects;
    std::vector<model::Duration> stalls;
    bool broken = false;
    app::Reactor reactor;
};

/// A line that says what has happened may come before it.
bool lets_go_first(const std::vector<model::Effect>& effects) {
    const auto first = std::find_if(effects.begin(), effects.end(), [](const model::Effect& e) {
        return !std::holds_alternative<model::Announce>(e);
    });
    if (first == effects.end()) return false;
    const auto* change = std::get_if<model::RoleChanged>(&*first);
    return change && change->row->from == model::Role::kLeader &&
           change->row->to == model::Role::kDraining;
}

}  // namespace

TEST_CASE("after a gap beyond the holding the first effect is to let go, whatever event is first") {
    std::vector<int> kinds(std::variant_size_v<model::Event>);
    int leaders = 0;
    for (std::uint64_t seed = 1; seed <= 300 && leaders < 25; ++seed) {
        CAPTURE(seed);
        Rig rig(seed);
        if (!rig.reach_the_lead()) continue;
        for (std::uint64_t i = 0; i < seed % 40 && rig.leads(); ++i) rig.next();
        if (!rig.leads()) continue;
        ++leaders;
        const auto left = rig.reactor.state().holding.valid_until - rig.clock.at;
        const auto [when, event] = rig.weather.next(rig.clock.at, rig.reactor.state().wake);
        ++kinds[event.index()];
        rig.clock.at = std::max(when, rig.clock.at + left + 1s);
        rig.effects.clear();
        rig.reactor.post(event);
        CHECK(lets_go_first(rig.effects));
        CHECK(!rig.broken);
    }
    CHECK(leaders == 25);
    CHECK(std::count_if(kinds.begin(), kinds.end(), [](int n) { return n > 0; }) >= 6);
}

TEST_CASE("a wake-up that comes too late is measured and told, however the loop is woken") {
    Rig rig(1);
    const auto due = rig.reactor.state().wake;
    rig.clock.at = due + 251ms;
    rig.reactor.post(model::WatchResumed{});
    CHECK(rig.stalls == std::vector<model::Duration>{251ms});
    CHECK(rig.reactor.lag().largest() == 251ms);
    CHECK(rig.reactor.lag().stalls() == 1);
}

TEST_CASE("up to a margin late, or before anything is due, nothing is told") {
    Rig rig(1);
    const auto due = rig.reactor.state().wake;
    REQUIRE(due > rig.clock.at);
    rig.reactor.post(model::WatchResumed{});
    CHECK(rig.reactor.lag().counts() == support::LoopLag{}.counts());
    rig.clock.at = rig.reactor.state().wake + 250ms;
    rig.reactor.post(model::Woke{});
    CHECK(rig.reactor.lag().largest() == 250ms);
    CHECK(rig.stalls.empty());
}
