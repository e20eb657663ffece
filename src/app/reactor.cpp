#include "app/reactor.hpp"

#include <utility>

#include "core/invariants.hpp"

namespace elector::app {

Reactor::Reactor(boost::asio::io_context& io, const Clock& clock, model::Policy policy,
                 std::uint64_t seed, RunEffect run, OnBroken broken, std::size_t recorded)
    : clock_(clock),
      policy_(std::move(policy)),
      state_(core::initial_state(clock.now(), seed)),
      run_(std::move(run)),
      broken_(std::move(broken)),
      recorder_(recorded),
      timer_(io, clock, [this] { post(model::Woke{}); }) {}

void Reactor::post(model::Event event) {
    if (closed_) return;
    if (stepping_) return queue_.push_back(std::move(event));
    stepping_ = true;
    const auto late = measure();
    step(event);
    while (!queue_.empty() && !closed_)
        for (const auto& next : std::exchange(queue_, {}))
            if (!closed_) step(next);
    stepping_ = false;
    if (closed_) return;
    arm();
    // Told afterwards: the first thing to do after a gap is to look at the holding.
    const auto now = clock_.now();
    if (lag_.stalled(now.time_since_epoch(), late, policy_.margin) && on_stall) on_stall(late);
}

/// How late this is, whatever event came first; nothing if no step was due.
model::Duration Reactor::measure() {
    const auto now = clock_.now();
    if (now < asked_) return {};
    lag_.add(now - asked_);
    return now - asked_;
}

void Reactor::arm() {
    asked_ = core::wake_at(state_);
    timer_.arm(asked_);
    asked_ = std::max(asked_, clock_.now());  // what was due meanwhile is asked for now
}

void Reactor::step(const model::Event& event) {
    const auto now = std::max(clock_.now(), state_.now);
    recorder_.step(policy_, state_, now, event);
    effects_.clear();
    try {
        core::step(policy_, state_, now, event, effects_);
    } catch (const core::InvariantBroken& e) {
        close();
        return broken_(e.what());
    }
    const auto effects = std::move(effects_);
    effects_ = {};
    // All recorded before any is run: what running them changes belongs to the next step.
    for (const auto& effect : effects) recorder_.effect(effect);
    for (const auto& effect : effects) run_(effect);
}

void Reactor::set_policy(model::Policy policy) {
    policy_ = std::move(policy);
    recorder_.policy(policy_);
    post(model::Woke{});
}

void Reactor::close() {
    closed_ = true;
    timer_.close();
}

}  // namespace elector::app
