// Owns one elector process: the core's state, what waits for it, and its life.
// Must never run the core itself. Thread rule: values only.
#pragma once

#include <string>
#include <vector>

#include "core/state.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "sim/time.hpp"

namespace elector::sim {

struct Watch {
    bool up = false;
    bool scheduled = false;
    std::size_t next = 0;  ///< in the store's history
    bool placed = false;   ///< there is a place to go on at
    model::OpId op;        ///< of the effect that began it; 0: the first one
    bool far = false;
};

struct Member {
    model::Policy policy;
    std::string name;  ///< that the file gives the next process
    core::State state;
    bool running = false;
    bool frozen = false;
    bool wanted = true;  ///< the operator wants the service to run
    bool host_up = true;
    bool host_frozen = false;
    std::uint64_t incarnation = 0;
    Time wake_at = kNoTime;  ///< the earliest wake-up that is scheduled
    bool woke = false;       ///< while frozen
    std::vector<model::Event> inbox;
    Watch watch;
    model::OpId fence;        ///< its order, not answered yet
    bool runs_fence = false;  ///< itself: there was no guardian to run it
    // pace
    Time second{};
    std::uint32_t steps_in_second = 0;
    // what was written last
    model::Role role = model::Role::kFollower;

    bool works() const { return running && !frozen; }
};

}  // namespace elector::sim
