// Owns the strong identifiers of the core, so that a revision cannot be passed where a lease is
// meant. Thread rule: values only.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace elector::model {

/// Identifies one operation that the core has asked for; its completion echoes it.
struct OpId {
    std::uint64_t value = 0;
    auto operator<=>(const OpId&) const = default;
};

/// An etcd store revision (create, mod or header). 0: none, "the key is not there".
struct Revision {
    std::int64_t value = 0;
    auto operator<=>(const Revision&) const = default;
};

/// The create revision of a candidate key that claimed; rises with every holder. 0: none.
using Term = Revision;

/// An etcd lease, chosen by us: random, positive, 63 bits. 0: none.
struct LeaseId {
    std::int64_t value = 0;
    auto operator<=>(const LeaseId&) const = default;
};

/// A random number that tells two claims of one term apart from each other.
struct Nonce {
    std::uint64_t value = 0;
    auto operator<=>(const Nonce&) const = default;
};

/// One TCP connection of the node client; an activation goes on the one that answered the status.
struct ConnectionId {
    std::uint64_t value = 0;
    auto operator<=>(const ConnectionId&) const = default;
};

/// A block height of the chain.
struct Height {
    std::uint64_t value = 0;
    auto operator<=>(const Height&) const = default;
};

/// The last part of a candidate key: the lease id in lower-case hex without padding
/// (etcd's own election recipe).
std::string candidate_suffix(LeaseId lease);

}  // namespace elector::model
