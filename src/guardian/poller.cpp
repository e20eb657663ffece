#include "guardian/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <sys/timerfd.h>
#include <unistd.h>

namespace elector::guardian {
namespace {

constexpr std::uint64_t kTimer = ~std::uint64_t{0};

}  // namespace

Poller::~Poller() {
    for (const int fd : {epoll_, timer_})
        if (fd >= 0) ::close(fd);
}

bool Poller::open() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    timer_ = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (epoll_ < 0 || timer_ < 0) return false;
    look(timer_, kTimer);
    return true;
}

void Poller::look(int fd, std::uint64_t word, short events) {
    if (fd < 0) return;
    epoll_event event{};
    event.events = static_cast<std::uint32_t>(events);
    event.data.u64 = word;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0 && errno == EEXIST)
        ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Poller::leave(int fd) { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

void Poller::follow(Seen& seen, int fd, std::uint32_t serial, short events, std::uint64_t word) {
    const bool same = seen.fd == fd && seen.serial == serial;
    if (fd < 0 || (same && seen.events == events)) {
        if (fd < 0) seen = {};
        return;
    }
    const bool looked = same && seen.events != 0;
    seen = {fd, serial, events};
    if (events != 0) return look(fd, word, events);
    if (looked) leave(fd);
}

std::span<const std::uint64_t> Poller::wait(model::Instant now, model::Instant until) {
    if (until != timer_at_ && until > now) {
        itimerspec spec{};
        if (until != model::kNever) {
            const auto left = until - now;
            const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
            spec.it_value.tv_sec = whole.count();
            spec.it_value.tv_nsec = (left - whole).count();
        }
        ::timerfd_settime(timer_, 0, &spec, nullptr);
        timer_at_ = until;
    }
    const int n = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()),
                               until > now ? -1 : 0);
    std::size_t said = 0;
    for (int i = 0; i < n; ++i) {
        const auto word = events_[static_cast<std::size_t>(i)].data.u64;
        if (word != kTimer) {
            words_[said++] = word;
            continue;
        }
        std::uint64_t expirations = 0;
        static_cast<void>(!::read(timer_, &expirations, sizeof expirations));
        timer_at_ = model::kNever;
    }
    return {words_.data(), said};
}

}  // namespace elector::guardian
