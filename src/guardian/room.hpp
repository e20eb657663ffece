// Owns how many descriptors a service of many nodes needs, and that it may have them.
// Must never judge what follows from too few. Thread rule: any.
#pragma once

#include <cstddef>
#include <cstdint>

namespace elector::guardian {

struct Room {
    std::int64_t needed = 0;
    std::int64_t limit = 0;  ///< what the process may have at most
    bool enough() const { return limit >= needed; }
};

/// Raises the limit on descriptors of this process, and of its children, to what so many nodes
/// need; or as far as may be. One node needs no more than any process may have.
Room make_room(std::size_t nodes);

}  // namespace elector::guardian
