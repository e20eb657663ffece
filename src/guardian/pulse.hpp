// Owns the question whether the elector's loop turns, by the pings that it sends.
// Must never do I/O, read a clock or allocate. Thread rule: values only.
#pragma once

#include "model/clock.hpp"

namespace elector::guardian {

using model::Duration;
using model::Instant;

/// An elector that guards a holding has a nearer deadline than this one; a machine that is busy
/// beyond all measure does not keep a process waiting for so long.
inline constexpr Duration kLongSilence = std::chrono::seconds(10);
/// What a killed process may take to be gone, before nothing more can be done about it from here.
inline constexpr Duration kKillTakesEffect = std::chrono::seconds(5);

/// Of one process of the elector after the other.
class Pulse {
  public:
    void started(Instant now);
    /// A ping has come.
    void beat(Instant now);
    /// This process has been heard at all.
    bool heard() const { return heard_; }
    /// True once: it has been silent for so long that it has to be replaced.
    bool lost(Instant now);
    /// It turns, or its end has been seen to just now.
    bool well(Instant now) const { return now < last_ + kLongSilence + kKillTakesEffect; }
    /// When lost() is to be asked again.
    Instant wake() const { return given_up_ ? model::kNever : last_ + kLongSilence; }

  private:
    Instant last_;
    bool heard_ = false;
    bool given_up_ = false;
};

}  // namespace elector::guardian
