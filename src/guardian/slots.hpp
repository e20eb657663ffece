// Owns who of several children may start: so many run at a time, but those that were killed and do
// not go are not counted. Must never start or end one. Thread rule: values only.
#pragma once

#include <cstddef>
#include <optional>

#include "spawn/child.hpp"

namespace elector::guardian {

/// So many children of one kind at the same time …
inline constexpr std::size_t kChildrenAtOnce = 8;
/// … and places for them: who cannot be ended keeps his.
inline constexpr std::size_t kChildPlaces = 32;

/// One that does not run, if one more may. `runs` are pointers to what has running() and stuck().
template <class Runs>
auto free_slot(const Runs& runs, std::size_t at_once) -> decltype(&**runs.begin()) {
    decltype(&**runs.begin()) free = nullptr;
    std::size_t running = 0;
    for (const auto& run : runs) {
        if (!run->running()) free = free ? free : &*run;
        if (run->running() && !run->stuck()) ++running;
    }
    return running < at_once ? free : nullptr;
}

/// What the last closers came to, for all nodes: while etcd cannot be reached many are no better
/// than one.
class ClosersWord {
  public:
    bool fail() const { return fail_; }
    /// `succeeded`: the same closer has had another order done. Exit code 2 is about one node's
    /// part of the configuration, and says nothing of etcd.
    void answered(const spawn::Ending& ending, bool succeeded) {
        if (ending.code == 2) return;
        fail_ = ending.code != 0 && !succeeded;
    }

  private:
    bool fail_ = false;
};

}  // namespace elector::guardian
