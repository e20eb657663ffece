// Owns the choice of ports for the members' APIs. Must never keep one. Thread rule: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace elector::demo {

inline constexpr std::size_t kPorts = 3;

/// Ports of the loopback that were free a moment ago, all different; `first` and those behind it
/// where they are free. Throws std::runtime_error.
std::array<std::uint16_t, kPorts> ports_from(std::uint16_t first);

}  // namespace elector::demo
