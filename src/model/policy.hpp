// Owns the numbers and switches that the core obeys, already validated by the configuration loader.
// Must never hold state. Thread rule: values only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "model/clock.hpp"

namespace elector::model {

using namespace std::chrono_literals;

/// The pin of a host that has one and cannot read it.
inline constexpr std::uint64_t kNoCluster = ~std::uint64_t{0};

/// The floors of A4 for one block interval, and the other bounds of the protocol.
struct Policy {
    // who
    std::string member;
    std::string instance;      ///< boot id + network namespace + admin URL
    std::string queue_prefix;  ///< "K/": candidate keys are this plus the lease in hex
    std::string version;
    std::string api_url;
    int priority = 0;
    bool nofailover = false;
    bool guardian = false;       ///< arm it before activations
    bool fence = false;          ///< there is a command that fences the node
    bool fence_missing = false;  ///< one is required, and cannot be run
    bool observe = false;        ///< only look: no request that changes the node or the store
    std::uint64_t cluster = 0;   ///< pinned; 0: none yet; kNoCluster: none will do

    // holding
    Duration hold = 5s;
    Duration renew = 1s;
    Duration margin = 250ms;
    Duration max_hold = 15s;          ///< the loader's maximum, assumed where a record says nothing
    std::int64_t drift_ppm = 10'000;  ///< A2: how far two hosts' clock rates may differ

    // node
    Duration block_interval = 2500ms;
    Duration quiesce = 11s;
    Duration settle = 6500ms;
    Duration overtime = 2500ms;
    Duration start_delay = 10s;
    Duration poll_interval = 1s;
    Duration refused_grace = 200ms;
    bool web3 = true;  ///< exact tips can be had

    // health
    int fall = 3;
    int rise = 2;
    std::uint64_t max_lag = 2;  ///< blocks
    Duration max_tip_age = 10s;

    // pace
    Duration rank_settle = 10s;
    Duration cool_first = 10s;
    Duration cool_max = 10min;
    Duration cool_forget = 1h;
    Duration last_standing = 30s;
    Duration publish_interval = 2s;
    Duration metrics_interval = 10s;
    std::optional<Duration> beat;  ///< see due_again(); none: each from its own last time

    /// Of a group with more members than this, only so many of the queue's first keys, and their
    /// members, are followed (ADR 19); at least 2. 0: always all of it.
    std::size_t front = 16;

    bool operator==(const Policy&) const = default;
};

/// A span measured on a clock that may be slow against another host's: made longer by the drift.
constexpr Duration stretched(const Policy& p, Duration d) {
    return d + d / 1000 * p.drift_ppm / 1000;
}
/// A span during which something is believed: made shorter by the drift.
constexpr Duration shrunk(const Policy& p, Duration d) { return d - d / 1000 * p.drift_ppm / 1000; }

/// When what is done every `interval` is due again: with all else that is, so that a process wakes
/// once for it, in step with itself and apart from other groups. Never later than the interval.
constexpr Instant due_again(const Policy& p, Instant last, Duration interval) {
    const auto at = last + interval;
    if (!p.beat) return at;
    const auto since_beat = (at.time_since_epoch() + *p.beat) % interval;
    return at - std::min<Duration>(since_beat, interval / 2);
}

/// How long an unanswered set may still take effect after it was sent (A4), by a clock that may run
/// fast.
constexpr Duration late_set(const Policy& p) { return stretched(p, p.block_interval + 1s); }
/// When a standby that was asked for and not confirmed counts as failed.
constexpr Duration unconfirmed_after(const Policy& p) { return p.block_interval + 1500ms; }
/// The wait when nothing is known of an earlier holder.
constexpr Duration unknown_wait(const Policy& p) {
    return stretched(p, p.max_hold + p.quiesce + p.overtime);
}

}  // namespace elector::model
