// Owns how late an event loop has been, against when it asked to be woken: the largest delay, and
// how many there were of each size. Must never allocate or read a clock. Thread rule: values only.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace elector::support {

class LoopLag {
  public:
    using Duration = std::chrono::nanoseconds;
    /// Upper ends, inclusive, of all sizes but the last, which has none.
    static constexpr std::array<Duration, 7> kEnds{
        std::chrono::milliseconds(1),   std::chrono::milliseconds(5),
        std::chrono::milliseconds(25),  std::chrono::milliseconds(100),
        std::chrono::milliseconds(250), std::chrono::seconds(1),
        std::chrono::seconds(5)};

    /// A wake-up came so late. A negative one was early, and says nothing.
    void add(Duration late) {
        if (late < Duration{}) return;
        const auto end = std::lower_bound(kEnds.begin(), kEnds.end(), late);
        ++counts_[static_cast<std::size_t>(end - kEnds.begin())];
        largest_ = std::max(largest_, late);
        sum_ += late;
    }
    /// True when this delay is to be told: it is longer than `most`, and the last one that was told
    /// is not too recent to be read. `now` is of any steady clock.
    bool stalled(Duration now, Duration late, Duration most) {
        if (late <= most) return false;
        ++stalls_;
        if (stalls_ > 1 && now < quiet_until_) return false;
        quiet_until_ = now + std::chrono::seconds(10);
        return true;
    }

    Duration largest() const { return largest_; }
    /// Of all delays.
    Duration sum() const { return sum_; }
    /// How many delays stalled() was asked about and found too long.
    std::uint64_t stalls() const { return stalls_; }
    /// One number for each of kEnds, and one for what is beyond.
    const std::array<std::uint64_t, kEnds.size() + 1>& counts() const { return counts_; }

  private:
    std::array<std::uint64_t, kEnds.size() + 1> counts_{};
    Duration largest_{};
    Duration sum_{};
    Duration quiet_until_{};
    std::uint64_t stalls_ = 0;
};

}  // namespace elector::support
