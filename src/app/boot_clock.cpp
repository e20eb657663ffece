#include "app/boot_clock.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace elector::app {

namespace {

constexpr std::chrono::microseconds kSame{50};

}  // namespace

model::Instant BootClock::now() const {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return model::Instant(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

BootTimer::BootTimer(boost::asio::io_context& io, const Clock& clock, std::function<void()> on_wake)
    : clock_(clock),
      on_wake_(std::move(on_wake)),
      timer_(io, CLOCK_BOOTTIME),
      open_(io.get_executor()) {}

void BootTimer::arm(model::Instant at) {
    if (!open_.owns_work()) return;
    if (at == model::kNever) return timer_.cancel();
    // What is past is due now, behind whoever was due before: nobody is passed over for it.
    const auto left = std::max(model::Duration(0), at - clock_.now());
    const auto due = timer_.now() + left;
    if (!timer_.pending()) return timer_.at(due, [this] { on_wake_(); });
    // The same instant again, from two other looks at the clocks.
    if (std::chrono::abs(due - timer_.due()) > kSame) timer_.move_to(due);
}

void BootTimer::close() {
    timer_.cancel();
    open_.reset();
}

}  // namespace elector::app
