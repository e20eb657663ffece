// Owns the model's only source of variety: splitmix64, seeded by the caller, the same everywhere.
// Must never be seeded from a clock or a device. Integer arithmetic only.
// Thread rule: values only.
#pragma once

#include <cstdint>

#include "simnode/model/types.hpp"

namespace elector::simnode {

/// The finaliser of splitmix64: a good hash of a counter.
constexpr std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ b); }

/// A value of `r`, uniform, chosen by the hash `h`.
constexpr Duration pick(Range r, std::uint64_t h) {
    const auto span = static_cast<std::uint64_t>((r.max - r.min).count()) + 1;
    return r.min + Duration{static_cast<std::int64_t>(h % span)};
}

class Prng {
  public:
    explicit constexpr Prng(std::uint64_t seed) : state_(seed) {}
    constexpr std::uint64_t next() { return mix(state_++); }
    constexpr std::uint64_t below(std::uint64_t n) { return next() % n; }
    constexpr Duration in(Range r) { return pick(r, next()); }

  private:
    std::uint64_t state_;
};

}  // namespace elector::simnode
