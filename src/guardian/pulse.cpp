#include "guardian/pulse.hpp"

namespace elector::guardian {

void Pulse::started(Instant now) {
    *this = Pulse{};
    last_ = now;
}

void Pulse::beat(Instant now) {
    last_ = now;
    heard_ = true;
}

bool Pulse::lost(Instant now) {
    if (given_up_ || now < last_ + kLongSilence) return false;
    return given_up_ = true;
}

}  // namespace elector::guardian
