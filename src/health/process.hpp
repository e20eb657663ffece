// Owns the question "does the node's process live?", as its ports tell it. Must never do anything
// about it. Thread rule: values and pure functions.
#pragma once

#include <optional>

#include "model/event.hpp"
#include "model/policy.hpp"

namespace elector::health {

using namespace model;

/// One port of the node, as the connections to it show.
struct Port {
    bool accepted = false;  ///< a connection, ever
    std::optional<Instant> refused_since;
    Instant last_refused;
    std::optional<Instant> lost;
};

struct Process {
    std::uint32_t life = 0;  ///< counts restarts seen
    bool dead = false;
    Port admin;
    Port probe;
};

enum class Fate : std::uint8_t {
    kNothing,  ///< nothing that the process does not survive
    kLost,     ///< it has ended; perhaps another one is there already
    kDied      ///< it is gone
};

Fate on_port(Process& process, const Policy& p, const PortChanged& e, Instant now);
/// It has answered.
void on_answer(Process& process);

}  // namespace elector::health
