#include "app/boot_clock.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>
#include <system_error>
#include <utility>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/timerfd.h>
#include <unistd.h>

namespace elector::app {
namespace asio = boost::asio;

namespace {

/// So many timers go off in one turn of the loop, so that other work comes in between.
constexpr int kAtOnce = 16;

model::Instant boot_time() {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return model::Instant(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

int make_timer() {
    const int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd >= 0) return fd;
    throw std::system_error(errno, std::generic_category(), "cannot create the deadline timer");
}

}  // namespace

model::Instant BootClock::now() const { return boot_time(); }

/// One in the queue of its io_context. `due` is an instant of the kernel's clock.
struct BootTimer::Entry {
    const Clock& clock;
    std::function<void()> on_wake;
    model::Instant due = model::kNever;
};

/// All timers of one io_context, behind one timer of the kernel.
class BootTimer::Queue final : public asio::execution_context::service {
  public:
    static inline asio::execution_context::id id;

    explicit Queue(asio::execution_context& context)
        : service(context), timer_(static_cast<asio::io_context&>(context), make_timer()) {}

    /// The loop runs for as long as anybody may yet arm a timer.
    void open() {
        if (open_++ == 0 && !waiting_) wait();
    }
    void close() {
        if (--open_ == 0) timer_.cancel();
    }

    void arm(Entry& entry, model::Instant due) {
        if (entry.due != model::kNever) armed_.erase({entry.due, &entry});
        entry.due = due;
        if (due != model::kNever) armed_.insert({due, &entry});
        set();
    }

  private:
    void shutdown() noexcept override {
        boost::system::error_code ignored;
        timer_.close(ignored);
    }

    void wait() {
        waiting_ = true;
        timer_.async_wait(
            asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code ec) {
                waiting_ = false;
                std::uint64_t expirations = 0;
                // Re-arming since may have emptied it: then there is nothing to say.
                const auto got =
                    ec ? 0 : ::read(timer_.native_handle(), &expirations, sizeof expirations);
                if (got == sizeof expirations) expire();
                if (open_ > 0 && timer_.is_open()) wait();
            });
    }

    void expire() {
        set_for_ = model::kNever;
        const auto now = boot_time();
        for (int i = 0; i < kAtOnce && !armed_.empty(); ++i) {
            const auto [due, entry] = *armed_.begin();
            if (due > now) break;
            armed_.erase(armed_.begin());
            entry->due = model::kNever;
            entry->on_wake();
        }
        set();
    }

    /// The kernel is told only of what comes earlier than what it waits for.
    void set() {
        const auto first = armed_.empty() ? model::kNever : armed_.begin()->first;
        if (first >= set_for_) return;
        set_for_ = first;
        itimerspec spec{};
        const auto left = std::max(first - boot_time(), model::Duration(1));
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
        spec.it_value.tv_sec = whole.count();
        spec.it_value.tv_nsec = (left - whole).count();
        timerfd_settime(timer_.native_handle(), 0, &spec, nullptr);
    }

    asio::posix::stream_descriptor timer_;
    std::set<std::pair<model::Instant, Entry*>> armed_;
    model::Instant set_for_ = model::kNever;
    int open_ = 0;
    bool waiting_ = false;
};

BootTimer::BootTimer(asio::io_context& io, const Clock& clock, std::function<void()> on_wake)
    : queue_(asio::use_service<Queue>(io)),
      entry_(std::make_unique<Entry>(Entry{clock, std::move(on_wake)})) {
    queue_.open();
}

BootTimer::~BootTimer() { close(); }

void BootTimer::arm(model::Instant at) {
    if (closed_) return;
    const bool never = at == model::kNever;
    const auto now = boot_time();
    // What is past is due now, behind whoever was due before: nobody is passed over for it.
    queue_.arm(*entry_, never ? at : std::max(now, now + (at - entry_->clock.now())));
}

void BootTimer::close() {
    if (std::exchange(closed_, true)) return;
    queue_.arm(*entry_, model::kNever);
    queue_.close();
}

}  // namespace elector::app
