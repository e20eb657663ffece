// Owns what the service manager is told, in the words of sd_notify: one datagram whenever something
// has changed, and signs of life. Must never allocate after its making, wait, or fail because
// nobody listens. Thread rule: one thread.
#pragma once

#include <array>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

#include "guardian/message.hpp"
#include "model/clock.hpp"

namespace elector::guardian {

using model::Duration;
using model::Instant;

class ServiceManager {
  public:
    /// `address`: the path of a datagram socket, or '@' and an abstract name; empty: nobody
    /// listens, and nothing is ever sent. `watchdog`: the longest time between two signs of life
    /// that it will accept; 0: it wants none.
    ServiceManager(std::string_view address, Duration watchdog);
    ~ServiceManager();
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    /// As $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID say. They are taken out of the
    /// environment: no child is to speak for this process.
    static ServiceManager from_environment();

    bool listens() const { return fd_ >= 0; }
    /// The service does its job: for the first time, or again with another configuration.
    void ready();
    /// Without effect before the service is ready.
    void reloading();
    /// It cannot be ready yet, and that is nobody's failure: it asks for more time, again and
    /// again.
    void waits(bool on) { waits_ = on; }
    /// It ends, and may take so long. Nothing follows on that but words and signs of life.
    void stopping(Duration takes);
    /// One line for people.
    void status(const StatusText& line) { status_ = line; }

    /// Sends what has changed, and, if the service is `well`, a sign of life when it is time. What
    /// could not be sent is sent later.
    void proceed(Instant now, bool well);
    /// When there will be something to send without a change.
    Instant wake() const;
    /// errno of what keeps it from being told anything, once; else 0.
    int fault();

  private:
    enum class Phase : std::uint8_t { kStarting, kReady, kReloading, kStopping };

    bool status_due(Instant now) const { return status_ != told_status_ && now >= next_status_; }
    bool send(std::string_view datagram);

    int fd_ = -1;
    sockaddr_un address_{};
    socklen_t address_size_ = 0;
    Duration feed_every_{};
    Phase phase_ = Phase::kStarting;
    Phase told_phase_ = Phase::kStarting;
    bool reloaded_ = false;         ///< already, although nobody was told that it began
    std::int64_t reload_usec_ = 0;  ///< of CLOCK_MONOTONIC, as the protocol wants it
    std::int64_t stop_usec_ = 0;
    StatusText status_;
    StatusText told_status_;
    Instant next_status_;
    Instant next_feed_;
    Instant retry_at_ = model::kNever;
    bool waits_ = false;
    Instant next_extension_;
    bool well_ = false;
    int fault_ = 0;
    bool fault_told_ = false;
};

}  // namespace elector::guardian
