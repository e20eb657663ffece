// Owns the arithmetic of the election's timing: what a configuration promises, and the bounds under
// which it would not be safe. Must never read a clock or a file. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "config/config.hpp"

namespace elector::config {

/// A CONFIRM that has no answer after this long is sent to the next endpoint too.
inline constexpr Duration kHedgeDelay = milliseconds{250};
/// The largest `hold` any member may run with; a holder nobody knows anything of is assumed to have
/// it.
inline constexpr Duration kMaxHold = seconds{15};
/// The smallest time-to-live etcd grants at default settings.
inline constexpr Duration kMinHold = seconds{2};
/// Below this a single lost reply could end a holding.
inline constexpr Duration kMinTolerance = milliseconds{1500};
/// How long etcd is without a leader after losing one: 2.2 to 3.0 s.
inline constexpr Duration kEtcdElection = seconds{3};

/// Shortest safe `quiesce` for block interval `b`: silent 3 B after a deactivation, and B + 1 s
/// more when an activation was still unanswered.
constexpr Duration quiesce_floor(Duration b) { return 4 * b + seconds{1}; }
/// Shortest safe `overtime`: the node joins rounds up to 2.0 s old by its own wall clock.
constexpr Duration overtime_floor(Duration node_skew) { return seconds{2} + node_skew; }
/// Shortest safe `settle`: a leftover proposal at most B + 1.5 s after a confirmed standby, then
/// overtime.
constexpr Duration settle_floor(Duration b, Duration overtime) {
    return b + milliseconds{1500} + overtime;
}

/// `span` as the slowest clock within the drift may measure it; rounded up. Requires 0 <= span < 2
/// h.
Duration stretched(Duration span, std::int64_t drift_ppm);
/// `span` as the fastest clock within the drift may measure it; rounded down. Requires 0 <= span <
/// 2 h.
Duration shrunk(Duration span, std::int64_t drift_ppm);

/// How long a holding survives without a confirmation: hold (1 - d) - renew - 2 margin - hedge.
/// May be negative.
Duration blip_tolerance(const Election& election);

/// What the timing adds up to. Every figure is an upper bound unless it says typical.
struct Budget {
    Duration hold;                  ///< lease time-to-live
    Duration renew;                 ///< between two confirmations
    Duration tolerance;             ///< blip_tolerance()
    Duration dirty_wait;            ///< over an `active` record: (hold + quiesce + overtime)(1 + d)
    Duration unknown_wait;          ///< the same with the largest hold; also a group's first start
    Duration depose_after;          ///< unknown_wait + 5 s: a head that could claim and does not
    Duration host_loss;             ///< host dead until the successor may activate
    Duration host_loss_with_etcd;   ///< the same when the etcd leader died with it
    Duration node_crash;            ///< node process gone until the successor may activate
    Duration drain_typical;         ///< first `false` until confirmed, median
    Duration drain_healthy;         ///< the same, a healthy node's worst
    Duration unfenced_after;        ///< first `false` until UNFENCED is declared: B + 1.5 s
    Duration drain_deadline;        ///< first `false` until the guardian kills: quiesce
    Duration gate_with_tip;         ///< after a drain, with web3: one block, in time
    Duration gate_without_tip;      ///< after a drain, time only: settle (1 + d)
    Duration clean_handover;        ///< drain_healthy + gate_with_tip; a late block adds
    Duration clean_handover_blind;  ///< drain_healthy + gate_without_tip
    Duration stop_timeout;          ///< TimeoutStopSec must be longer: quiesce + settle + fence
    bool operator==(const Budget&) const = default;
};

/// Requires a configuration that load() accepted.
Budget budget_of(const Config& config);

/// A readable table of the budget, one line a figure, for `check`. Waits are rounded up and the
/// tolerance down to a tenth of a second.
std::string render_budget(const Config& config);

}  // namespace elector::config
