#include "core/clock.hpp"

namespace elector::core {
static_assert(Clock::is_steady);
}  // namespace elector::core
