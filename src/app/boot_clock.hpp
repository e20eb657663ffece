// Owns the one way to read the time that deadlines are made of, and the timers on it.
// Must never be bypassed: every protocol instant comes from a Clock, so that tests can bend it.
// Thread rule: the io_context's thread.
#pragma once

#include <functional>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "model/clock.hpp"
#include "support/timer.hpp"

namespace elector::app {

/// The seam. Source in production: CLOCK_BOOTTIME, which goes on while the host is suspended.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual model::Instant now() const = 0;
};

class BootClock final : public Clock {
  public:
    model::Instant now() const override;
};

/// A timer on CLOCK_BOOTTIME, armed relative to the clock it is given. A wake-up may come early or
/// late; the receiver looks at the clock. A receiver may arm and close timers, but not destroy its
/// own. Until it is closed, the loop runs.
class BootTimer {
  public:
    /// Throws std::system_error when the kernel gives no timer.
    BootTimer(boost::asio::io_context& io, const Clock& clock, std::function<void()> on_wake);
    BootTimer(const BootTimer&) = delete;
    BootTimer& operator=(const BootTimer&) = delete;

    /// Replaces what was armed before. model::kNever disarms.
    void arm(model::Instant at);
    /// No wake-up comes after this.
    void close();

  private:
    const Clock& clock_;
    const std::function<void()> on_wake_;
    support::Timer timer_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open_;
};

}  // namespace elector::app
