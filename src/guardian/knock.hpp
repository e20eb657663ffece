// Owns the question whether anybody listens on the node's admin and probe ports.
// Must never send a byte or judge. Thread rule: the guardian's one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "guardian/machine.hpp"

namespace elector::guardian {

class Knock {
  public:
    ~Knock() { drop(); }
    Knock() = default;
    Knock(const Knock&) = delete;
    Knock& operator=(const Knock&) = delete;

    void begin(const Address& admin, const Address& probe, Instant deadline);
    int fd(std::size_t port) const { return doors_[port].fd; }
    /// Of the two connections: other ones have another number.
    std::uint32_t serial() const { return serial_; }
    Instant deadline() const { return busy_ ? deadline_ : model::kNever; }
    /// Once both are known, or it takes too long: whether both refuse.
    std::optional<bool> proceed(Instant now);
    void drop();

  private:
    struct Door {
        int fd = -1;
        bool refused = false;
    };
    std::array<Door, 2> doors_;
    std::uint32_t serial_ = 0;
    bool busy_ = false;
    Instant deadline_;
};

}  // namespace elector::guardian
