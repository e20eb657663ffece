#include "app/boot_clock.hpp"

#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include <sys/timerfd.h>
#include <unistd.h>

namespace elector::app {

model::Instant BootClock::now() const {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return model::Instant(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

struct BootTimer::Impl : std::enable_shared_from_this<BootTimer::Impl> {
    Impl(boost::asio::io_context& io, int fd, const Clock& c, std::function<void()> wake)
        : timer(io, fd), clock(c), on_wake(std::move(wake)) {}

    void wait() {
        timer.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](boost::system::error_code ec) {
                             if (ec || self->closed) return;
                             std::uint64_t expirations = 0;
                             // Re-arming since may have emptied it: then there is nothing to say.
                             const auto got = ::read(self->timer.native_handle(), &expirations,
                                                     sizeof expirations);
                             if (got == sizeof expirations) self->on_wake();
                             if (!self->closed) self->wait();
                         });
    }

    boost::asio::posix::stream_descriptor timer;
    const Clock& clock;
    std::function<void()> on_wake;
    bool closed = false;
};

BootTimer::BootTimer(boost::asio::io_context& io, const Clock& clock,
                     std::function<void()> on_wake) {
    const int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        throw std::system_error(errno, std::generic_category(), "cannot create the deadline timer");
    impl_ = std::make_shared<Impl>(io, fd, clock, std::move(on_wake));
    impl_->wait();
}

BootTimer::~BootTimer() { close(); }

void BootTimer::arm(model::Instant at) {
    if (impl_->closed) return;
    itimerspec spec{};
    if (at != model::kNever) {
        const auto left = std::max(at - impl_->clock.now(), model::Duration(1));
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
        spec.it_value.tv_sec = whole.count();
        spec.it_value.tv_nsec = (left - whole).count();
    }
    timerfd_settime(impl_->timer.native_handle(), 0, &spec, nullptr);
}

void BootTimer::close() {
    if (std::exchange(impl_->closed, true)) return;
    boost::system::error_code ignored;
    impl_->timer.close(ignored);
}

}  // namespace elector::app
