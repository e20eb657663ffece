// Owns which of many comes next: one instant for each, the earliest at hand.
// Must never allocate after its making, or read a clock. Thread rule: values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/clock.hpp"

namespace elector::guardian {

/// A heap that knows where each of its members stands: a change costs the logarithm of their
/// number.
class Agenda {
  public:
    explicit Agenda(std::size_t size);

    void set(std::size_t who, model::Instant at);
    /// set() of one who had its turn: what it wants at once, or wanted long ago, comes behind all
    /// others that are due, and not in the turn of `now`.
    void set_after_turn(std::size_t who, model::Instant at, model::Instant now);
    model::Instant at(std::size_t who) const { return at_[who]; }
    /// The earliest of all; kNever when nobody waits for anything.
    model::Instant next() const { return heap_.empty() ? model::kNever : at_[heap_.front()]; }
    /// Whose instant has come; of several the earliest. It stays there until set() anew.
    std::optional<std::size_t> due(model::Instant now) const;

  private:
    bool before(std::size_t a, std::size_t b) const { return at_[heap_[a]] < at_[heap_[b]]; }
    void swap(std::size_t a, std::size_t b);

    std::vector<model::Instant> at_;
    std::vector<std::uint16_t> heap_;
    std::vector<std::uint16_t> place_;  ///< in the heap
};

}  // namespace elector::guardian
