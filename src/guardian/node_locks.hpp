// Owns the locks of all nodes that one guardian has: all are taken before anything is done to a
// node. Must never allocate after acquire(). Thread rule: any.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "guardian/node_lock.hpp"

namespace elector::guardian {

class NodeLocks {
  public:
    /// What keeps a service from its nodes.
    struct Refusal {
        std::size_t node = 0;  ///< its place among the URLs
        std::string why;
        bool no_room = false;  ///< nobody knows who has it: there are too few descriptors
        bool operator==(const Refusal&) const = default;
    };

    /// Takes the lock of each node. Whoever has one is asked, all at the same time, for a second at
    /// most. A refusal: the first node that another service has, or that is named twice; what was
    /// taken is kept then too, by nobody's order but until the end of this object.
    std::optional<Refusal> acquire(const std::vector<std::string>& admin_urls, bool answering);

    std::size_t size() const { return locks_.size(); }
    NodeLock& operator[](std::size_t node) { return locks_[node]; }
    /// How many of them the remains of another have.
    std::size_t missing() const { return missing_; }
    /// Tries those that are missing once more. The first whose holder has answered after all.
    std::optional<std::size_t> try_again();

  private:
    std::deque<NodeLock> locks_;
    std::size_t missing_ = 0;
};

}  // namespace elector::guardian
