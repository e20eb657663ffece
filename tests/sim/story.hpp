// Owns what a run leaves behind: a hash of everything that happened, and on request the readable
// story. Must never change what happens. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/effect.hpp"
#include "model/event.hpp"
#include "sim/time.hpp"

namespace elector::sim {

class Story {
  public:
    /// Lines are kept only when told to; the last `limit` of them (0: all are printed at once).
    void tell(bool on) { told_ = on; }
    bool told() const { return told_; }

    void mix(std::uint64_t x) { hash_ = (hash_ ^ x) * 0x100000001b3ULL + (hash_ >> 29); }
    std::uint64_t hash() const { return hash_; }

    /// One line; `who` is a member's letter or a part of the world.
    void line(Time at, std::string_view who, const std::string& text);
    void event(Time at, std::uint8_t member, const model::Event& event);
    void effect(Time at, std::uint8_t member, const model::Effect& effect);

    void set_origin(Time start) { start_ = start; }

  private:
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;
    Time start_{};
    bool told_ = false;
};

std::string in_words(const model::Event& event);
std::string in_words(const model::Effect& effect);

}  // namespace elector::sim
