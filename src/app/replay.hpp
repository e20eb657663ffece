// Owns the replay of a recorder's dump: the core is led through the same events again and has to
// ask for the same effects. Must never touch a device but the stream. Thread rule: none.
#pragma once

#include <functional>
#include <istream>
#include <string>

#include "core/state.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace elector::app {

struct Replayed {
    std::size_t steps = 0;
    std::size_t effects = 0;  ///< that were asked for as recorded
    /// Empty, or "line 17: ...": the dump cannot be read, or the core does something else now.
    std::string problem;
};

/// `told` hears every step with what it asked for; may be empty.
using ReplayTold = std::function<void(model::Instant now, const model::Event& event,
                                      const model::Effects& effects)>;
Replayed replay(std::istream& dump, const ReplayTold& told = {});

}  // namespace elector::app
