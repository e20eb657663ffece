// Owns giving back what only the start needed: pages of code that are mapped since then, and free
// memory at the heap's end. Thread rule: any; the calls are the kernel's.
#pragma once

#include <cstddef>

#include "model/clock.hpp"

namespace elector::app {

/// Unmaps the pages of program and libraries that cannot have been written to. They stay in the
/// page cache; what is used again is mapped again, without a read. Returns the bytes asked for.
std::size_t give_back_start_pages();

/// Does that once, when the start is over.
class StartPages {
  public:
    explicit StartPages(model::Instant started) : due_(started + std::chrono::seconds(20)) {}
    /// Called now and then: asks for no wake-up of its own. True when it was this time.
    bool look(model::Instant now) {
        if (now < due_) return false;
        due_ = model::kNever;
        give_back_start_pages();
        return true;
    }

  private:
    model::Instant due_;
};

}  // namespace elector::app
