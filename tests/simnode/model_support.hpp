// Owns small helpers to drive the node model in tests: request and wait, in virtual time.
// Thread rule: one thread.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "simnode/model/prng.hpp"
#include "simnode/model/world.hpp"

namespace elector::simnode::test {

/// The answer to `id`, or nothing when none comes within `limit` of virtual time.
inline std::optional<Completion> await(World& w, RequestId id, Duration limit = 60s) {
    const Instant end = w.now() + limit;
    for (;;) {
        while (auto c = w.next_completion())
            if (c->request == id) return c;
        if (w.next_event() > end) {
            w.advance(end);
            return std::nullopt;
        }
        w.advance(w.next_event());
    }
}

inline Completion set(World& w, NodeIndex n, bool value) {
    const auto c = await(w, w.begin_set(n, value, w.now()));
    REQUIRE(c);
    return *c;
}

inline bool status(World& w, NodeIndex n) {
    const auto c = await(w, w.begin_status(n, w.now()));
    REQUIRE(c);
    REQUIRE(c->outcome == Outcome::ok);
    return c->active;
}

/// Polls until the status is false, as a draining controller does; the instant of that answer.
inline Instant await_inactive(World& w, NodeIndex n) {
    while (status(w, n)) w.advance(w.now() + 5ms);
    return w.now();
}

inline void pass(World& w, Duration d) { w.advance(w.now() + d); }

/// Advances until `done` or the limit; true when done.
template <class Done>
bool pass_until(World& w, Duration limit, Done&& done) {
    const Instant end = w.now() + limit;
    while (!done()) {
        if (w.next_event() > end) return false;
        w.advance(w.next_event());
    }
    return true;
}

inline std::vector<LogEntry> signatures(const World& w, NodeIndex n) {
    std::vector<LogEntry> out;
    for (const LogEntry& e : w.log())
        if (e.node == n && is_signature(e.kind)) out.push_back(e);
    return out;
}

/// Every delegate's turn is ours: for tests about proposals.
inline ChainParams always_ours() {
    ChainParams c;
    c.producers = 1;
    return c;
}

}  // namespace elector::simnode::test
