// Owns the pause before a retry: none the first time, then 50 to 100 ms at random, so that many
// clients do not return together. Must never sleep. Thread rule: values only.
#pragma once

#include <chrono>
#include <optional>
#include <random>

namespace elector::etcd {

class Backoff {
  public:
    using Clock = std::chrono::steady_clock;

    /// "First" again after a second without a retry: no fault can make a loop without a pause.
    std::chrono::milliseconds next(Clock::time_point now, std::minstd_rand& random) {
        const bool first = !last_ || now - *last_ >= std::chrono::seconds(1);
        last_ = now;
        if (first) return std::chrono::milliseconds(0);
        return std::chrono::milliseconds(std::uniform_int_distribution<int>(50, 100)(random));
    }

  private:
    std::optional<Clock::time_point> last_;
};

}  // namespace elector::etcd
