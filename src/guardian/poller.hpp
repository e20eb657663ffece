// Owns what the guardian waits for: descriptors by epoll, each with a word that says whose it is,
// and one timer of CLOCK_BOOTTIME. The work of a wait is that of what has happened, not of what is
// waited for. Must never allocate or judge. Thread rule: the guardian's one thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <sys/epoll.h>

#include "model/clock.hpp"

namespace elector::guardian {

class Poller {
  public:
    /// What is known to be looked at, of one descriptor that comes and goes.
    struct Seen {
        int fd = -1;
        std::uint32_t serial = 0;
        short events = 0;
    };

    Poller() = default;
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// False: errno says why not.
    bool open();
    /// From now on, until it is closed; or with other events. Without a descriptor nothing happens.
    void look(int fd, std::uint64_t word, short events = EPOLLIN);
    /// REQUIRES: still open, and looked at.
    void leave(int fd);
    /// `seen` becomes this. A connection with another serial is another one: the kernel has
    /// forgotten the one before when it was closed. Without events it is not looked at.
    void follow(Seen& seen, int fd, std::uint32_t serial, short events, std::uint64_t word);
    /// Waits until something happens, or `until`; not at all if that has come. The words of those
    /// that have something to say; some of them, where there are many: the others come next time.
    std::span<const std::uint64_t> wait(model::Instant now, model::Instant until);

  private:
    static constexpr std::size_t kAtOnce = 64;

    int epoll_ = -1;
    int timer_ = -1;
    model::Instant timer_at_ = model::kNever;
    std::array<epoll_event, kAtOnce> events_{};
    std::array<std::uint64_t, kAtOnce> words_{};
};

}  // namespace elector::guardian
