// Owns the one way to read the time that deadlines are made of, and the one timer on it.
// Must never be bypassed: every protocol instant comes from a Clock, so that tests can bend it.
// Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "model/clock.hpp"

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

/// One timer on CLOCK_BOOTTIME (a timerfd), armed relative to the clock it is given. A wake-up may
/// come early or late; the receiver looks at the clock.
class BootTimer {
  public:
    /// Throws std::system_error when the kernel gives no timer.
    BootTimer(boost::asio::io_context& io, const Clock& clock, std::function<void()> on_wake);
    ~BootTimer();
    BootTimer(const BootTimer&) = delete;
    BootTimer& operator=(const BootTimer&) = delete;

    /// Replaces what was armed before. model::kNever disarms.
    void arm(model::Instant at);
    /// No wake-up comes after this.
    void close();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace elector::app
