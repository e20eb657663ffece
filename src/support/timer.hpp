// Owns the timers of an io_context: all of a clock behind one timer of the kernel, which wakes the
// loop for those that are still awaited. Must never run two callbacks at once.
// Thread rule: the io_context's thread.
#pragma once

#include <chrono>
#include <ctime>
#include <functional>

#include <boost/asio/io_context.hpp>

namespace elector::support {

class TimerQueue;

/// One callback, once. Asio's own timers leave the kernel's armed for what was cancelled, and so
/// wake the loop for calls that were answered long ago.
class Timer {
  public:
    /// Of either clock: its time since the epoch of that clock.
    using Time = std::chrono::nanoseconds;

    /// `clock` is CLOCK_MONOTONIC or CLOCK_BOOTTIME. Throws std::system_error when the kernel gives
    /// no timer.
    explicit Timer(boost::asio::io_context& io, clockid_t clock = CLOCK_MONOTONIC);
    ~Timer() { cancel(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// `then` runs on the loop when `due` has come, never earlier. Replaces what was awaited
    /// before. It may destroy this timer, but must not own it: nothing else would ever let it go.
    void at(Time due, std::function<void()> then);
    /// An instant of CLOCK_MONOTONIC. REQUIRES: so is this timer's clock.
    void at(std::chrono::steady_clock::time_point due, std::function<void()> then) {
        at(due.time_since_epoch(), std::move(then));
    }
    void after(Time delay, std::function<void()> then) { at(now() + delay, std::move(then)); }
    /// Nothing is awaited any more. The callback is destroyed now and not called.
    void cancel();
    /// The callback of what is awaited stays: only when it runs changes. REQUIRES: pending().
    void move_to(Time due);
    bool pending() const { return static_cast<bool>(then_); }
    Time due() const { return due_; }
    /// The time of its clock.
    Time now() const;

  private:
    friend class TimerQueue;

    TimerQueue& queue_;
    Time due_{};  ///< while it awaits something
    std::function<void()> then_;
};

}  // namespace elector::support
