// Owns the small source of numbers that look like chance: splitmix64, whose whole state is a
// number. Must never be the source of what nobody may guess. Thread rule: pure function.
#pragma once

#include <cstdint>

namespace elector::model {

/// The next number of the sequence that `state` stands in.
inline std::uint64_t split_mix(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace elector::model
