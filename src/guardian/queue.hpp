// Owns who waits for its turn: each once, first come, first served.
// Must never allocate after its making. Thread rule: values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace elector::guardian {

class Queue {
  public:
    explicit Queue(std::size_t size) : ring_(size), in_(size) {}

    bool empty() const { return count_ == 0; }
    std::size_t size() const { return count_; }
    bool has(std::size_t who) const { return in_[who]; }
    /// Without effect for one who waits already.
    void push(std::size_t who) {
        if (in_[who]) return;
        in_[who] = true;
        ring_[(first_ + count_++) % ring_.size()] = static_cast<std::uint16_t>(who);
    }
    /// REQUIRES: !empty().
    std::size_t pop() {
        const std::size_t who = ring_[first_];
        first_ = (first_ + 1) % ring_.size();
        --count_;
        in_[who] = false;
        return who;
    }

  private:
    std::vector<std::uint16_t> ring_;
    std::vector<bool> in_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

}  // namespace elector::guardian
