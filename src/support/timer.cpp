#include "support/timer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <set>
#include <system_error>
#include <utility>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/timerfd.h>
#include <unistd.h>

namespace elector::support {
namespace asio = boost::asio;
using Time = Timer::Time;

namespace {

/// So many go off in one turn of the loop, so that other work comes in between.
constexpr int kAtOnce = 16;
constexpr Time kNever = Time::max();

int make_timer(clockid_t clock) {
    const int fd = timerfd_create(clock, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd >= 0) return fd;
    throw std::system_error(errno, std::generic_category(), "cannot create a timer");
}

Time read_clock(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

/// All timers of one clock that await something. The loop runs on as long as there is one.
class TimerQueue {
  public:
    TimerQueue(asio::io_context& io, clockid_t clock) : clock_(clock), fd_(io, make_timer(clock)) {}

    Time now() const { return read_clock(clock_); }

    void add(Timer& timer) {
        armed_.emplace(timer.due_, &timer);
        set();
        if (!waiting_ && !expiring_) wait();
    }
    void move(Timer& timer, Time due) {
        armed_.erase({timer.due_, &timer});
        timer.due_ = due;
        armed_.emplace(due, &timer);
        set();
    }
    void remove(Timer& timer) {
        armed_.erase({timer.due_, &timer});
        set();
        if (armed_.empty() && !expiring_) stop();
    }

    void shutdown() {
        stop();
        while (!armed_.empty()) {
            // What it holds may cancel others, which are in here too.
            const auto dropped = std::move((*armed_.begin()).second->then_);
            armed_.begin()->second->then_ = nullptr;
            armed_.erase(armed_.begin());
        }
        boost::system::error_code ignored;
        fd_.close(ignored);
    }

  private:
    void stop() {
        boost::system::error_code ignored;
        fd_.cancel(ignored);
    }

    void wait() {
        if (!fd_.is_open()) return;
        waiting_ = true;
        fd_.async_wait(
            asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code ec) {
                waiting_ = false;
                std::uint64_t expirations = 0;
                // Setting it anew may have emptied it: then there is nothing to say.
                const auto got =
                    ec ? 0 : ::read(fd_.native_handle(), &expirations, sizeof expirations);
                const Turn turn(*this);
                if (got == sizeof expirations) expire();
            });
    }

    /// However the turn ends, whoever is left is awaited.
    struct Turn {
        explicit Turn(TimerQueue& queue) : queue_(queue) { queue_.expiring_ = true; }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        ~Turn() {
            queue_.expiring_ = false;
            queue_.set();
            if (!queue_.armed_.empty() && !queue_.waiting_) queue_.wait();
        }
        TimerQueue& queue_;
    };

    void expire() {
        set_for_ = kNever;
        const auto time = now();
        for (int i = 0; i < kAtOnce && !armed_.empty(); ++i) {
            const auto [due, timer] = *armed_.begin();
            if (due > time) break;
            armed_.erase(armed_.begin());
            const auto then = std::exchange(timer->then_, nullptr);
            then();
        }
    }

    /// The kernel is told of each first one, and of there being none any more.
    void set() {
        if (expiring_ || !fd_.is_open()) return;
        const auto first = armed_.empty() ? kNever : armed_.begin()->first;
        if (first == set_for_) return;
        set_for_ = first;
        itimerspec spec{};
        if (first != kNever) {
            const auto left = std::max(first - now(), Time(1));  // 0 would disarm it
            const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
            spec.it_value.tv_sec = whole.count();
            spec.it_value.tv_nsec = (left - whole).count();
        }
        // By how long it is, not until when: tests bend the clock that we read, not the kernel's.
        timerfd_settime(fd_.native_handle(), 0, &spec, nullptr);
    }

    const clockid_t clock_;
    asio::posix::stream_descriptor fd_;
    std::set<std::pair<Time, Timer*>> armed_;
    Time set_for_ = kNever;
    bool waiting_ = false;
    bool expiring_ = false;
};

namespace {

template <clockid_t Clock>
class QueueOf final : public asio::execution_context::service {
  public:
    static inline asio::execution_context::id id;

    explicit QueueOf(asio::execution_context& context)
        : service(context), queue(static_cast<asio::io_context&>(context), Clock) {}

    TimerQueue queue;

  private:
    void shutdown() noexcept override { queue.shutdown(); }
};

TimerQueue& queue_of(asio::io_context& io, clockid_t clock) {
    if (clock == CLOCK_BOOTTIME) return asio::use_service<QueueOf<CLOCK_BOOTTIME>>(io).queue;
    return asio::use_service<QueueOf<CLOCK_MONOTONIC>>(io).queue;
}

}  // namespace

Timer::Timer(asio::io_context& io, clockid_t clock) : queue_(queue_of(io, clock)) {}

void Timer::at(Time due, std::function<void()> then) {
    const auto replaced = std::exchange(then_, std::move(then));
    if (replaced) return queue_.move(*this, due);
    due_ = due;
    queue_.add(*this);
}

void Timer::move_to(Time due) { queue_.move(*this, due); }

void Timer::cancel() {
    const auto cancelled = std::exchange(then_, nullptr);
    if (cancelled) queue_.remove(*this);
}

Time Timer::now() const { return queue_.now(); }

}  // namespace elector::support
