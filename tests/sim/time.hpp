// Owns virtual time of the simulator: true time, each host's BOOTTIME, the seeded dice.
// Must never read a real clock or a device. Thread rule: values only.
#pragma once

#include <chrono>
#include <cstdint>

#include "model/clock.hpp"

namespace elector::sim {

using namespace std::chrono_literals;

using Duration = model::Duration;
/// True time, as nobody inside can see it: nanoseconds since the chain's epoch.
using Time = std::chrono::nanoseconds;
inline constexpr Time kNoTime = Time::max();

/// splitmix64, the same everywhere.
class Rng {
  public:
    explicit constexpr Rng(std::uint64_t seed) : state_(seed) {}
    constexpr std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    /// Uniform in [0, n).
    constexpr std::uint64_t below(std::uint64_t n) { return next() % n; }
    constexpr std::int64_t between(std::int64_t from, std::int64_t to) {
        return from + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(to - from) + 1));
    }
    constexpr Duration between(Duration from, Duration to) {
        return Duration{between(from.count(), to.count())};
    }
    constexpr bool chance(std::uint64_t permille) { return below(1000) < permille; }

  private:
    std::uint64_t state_;
};

/// One host's CLOCK_BOOTTIME: an offset and a constant rate error.
struct HostClock {
    Duration offset{};
    std::int64_t ppm = 0;

    model::Instant at(Time t) const {
        return model::Instant{offset + t + Duration{t.count() * ppm / 1'000'000}};
    }
    /// The first true time at which this clock shows `i` or later.
    Time when(model::Instant i) const {
        const auto local = i.time_since_epoch() - offset;
        if (local.count() <= 0) return Time{0};
        if (local > std::chrono::hours{1}) return kNoTime;
        Time t{static_cast<std::int64_t>(static_cast<double>(local.count()) * 1e6 /
                                         static_cast<double>(1'000'000 + ppm))};
        while (at(t) < i) ++t;
        while (t > Time{0} && at(t - Time{1}) >= i) --t;
        return t;
    }
};

}  // namespace elector::sim
