// Owns the means of one step: the time, the wake-up, the effects, chance; and the slot that keeps
// one operation in flight on one resource. Must never decide anything. Thread rule: lives within
// one step.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "model/effect.hpp"
#include "model/policy.hpp"
#include "model/split_mix.hpp"

namespace elector::model {

/// At most one operation in flight on one resource, with a pause before the next after a failure.
struct Slot {
    OpId op;        ///< 0: idle
    Instant sent;   ///< when the effect left the core; never later than the bytes
    Instant retry;  ///< not before
    int failures = 0;
    bool busy() const { return op.value != 0; }
    bool answers(OpId completed) const { return busy() && op == completed; }
};

struct Means {
    const Policy& p;
    Instant now;
    Effects& out;
    Instant& wake;
    std::uint64_t& last_op;
    std::uint64_t& seed;  ///< of splitmix64

    /// True once `at` has come; until then asks to be woken there.
    bool due(Instant at) {
        if (now >= at) return true;
        wake = std::min(wake, at);
        return false;
    }

    template <class E>
    void emit(E&& effect) {
        out.emplace_back(std::forward<E>(effect));
    }
    void announce(Notice notice, std::string detail = {}) {
        emit(Announce{notice, std::move(detail)});
    }

    std::uint64_t random() { return split_mix(seed); }

    /// Starts an operation on an idle slot.
    OpId start(Slot& slot) {
        slot.op = OpId{++last_op};
        slot.sent = now;
        return slot.op;
    }
    /// The slot may start an operation now; else arranges the wake-up.
    bool ready(Slot& slot) { return !slot.busy() && due(slot.retry); }

    /// First retry at once, then 50 to 100 ms.
    void failed(Slot& slot) {
        slot.op = {};
        slot.retry = slot.failures++ == 0
                         ? now
                         : now + std::chrono::milliseconds(50 + static_cast<int>(random() % 51));
    }
    void finished(Slot& slot) {
        slot.op = {};
        slot.failures = 0;
        slot.retry = now;
    }
};

}  // namespace elector::model
