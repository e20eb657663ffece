// Owns the core's notion of time: instants and durations as plain values.
// Must never read a clock: `Clock` has no now(), so reading time inside the core does not compile.
// Thread rule: values only.
#pragma once

#include <chrono>

namespace elector::model {

/// All spans of time in the core. Unit: nanoseconds.
using Duration = std::chrono::nanoseconds;

/// The time base of every deadline: CLOCK_BOOTTIME of this host (it goes on during suspend).
/// Instants of two hosts are never compared.
struct Clock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true;
};

using Instant = Clock::time_point;

/// Later than anything that can be reached: "no deadline".
inline constexpr Instant kNever = Instant::max();

}  // namespace elector::model
