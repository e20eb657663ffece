// Owns the loop around the pure core: events in, step(), effects out, one timer.
// Must never decide anything, and never let an event in while a step runs.
// Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/boot_clock.hpp"
#include "app/recorder.hpp"
#include "core/step.hpp"
#include "support/loop_lag.hpp"

namespace elector::app {

class Reactor {
  public:
    using RunEffect = std::function<void(const model::Effect&)>;
    using OnBroken = std::function<void(const std::string& what)>;

    /// `run` executes one effect; `broken` hears of a broken invariant, after which nothing is
    /// stepped any more. `recorded`: so many of the last events are kept.
    Reactor(boost::asio::io_context& io, const Clock& clock, model::Policy policy,
            std::uint64_t seed, RunEffect run, OnBroken broken,
            std::size_t recorded = Recorder::kKept);

    /// Steps the core with this event, now or right after the step that is running.
    void post(model::Event event);
    /// Applies to the next step. The holding keeps the timing it was claimed with.
    void set_policy(model::Policy policy);
    /// No step happens after this.
    void close();

    const core::State& state() const { return state_; }
    const model::Policy& policy() const { return policy_; }
    const Recorder& recorder() const { return recorder_; }
    /// Of wake-ups that were due.
    const support::LoopLag& lag() const { return lag_; }
    /// Hears, after the step, of a wake-up that came more than a margin too late: the process, or
    /// the whole host, has stood still. Not of all of them when they are many. May be empty.
    std::function<void(model::Duration late)> on_stall;
    model::Instant now() const { return clock_.now(); }

  private:
    void step(const model::Event& event);
    model::Duration measure();
    void arm();

    const Clock& clock_;
    model::Policy policy_;
    core::State state_;
    RunEffect run_;
    OnBroken broken_;
    Recorder recorder_;
    std::vector<model::Event> queue_;  ///< what came while one was stepped
    bool stepping_ = false;
    bool closed_ = false;
    model::Effects effects_;
    model::Instant asked_ = model::kNever;  ///< when the next step was wanted
    support::LoopLag lag_;
    BootTimer timer_;
};

}  // namespace elector::app
