// Owns the question "may this member lead, and if not, why": the blocking conditions, each with a
// code and a sentence for the operator. Must never change state. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/policy.hpp"
#include "core/state.hpp"

namespace elector::core {

enum class Blocker : std::uint8_t {
    // about this member and its node
    kShuttingDown,
    kObserving,
    kNoFailover,
    kOtherCluster,
    kGuardianDown,
    kNodeDead,
    kStandbyUnconfirmed,
    kBarred,
    kOperatorAddress,
    kCoolingDown,
    kUnready,
    kStaleTip,
    kLagging,
    // about the store and the queue
    kNotRegistered,
    kNotQueued,
    kNotHead,
    kPaused,
    // about the holder record
    kRecordUnread,
    kRecordUnknown,
    kHeld,
    kDirtyWait,
    kGateHeight,
    kGateTime,
    kUnfenced,
    kForeign,
    kOwnRecord
};

inline constexpr int kBlockerCount = static_cast<int>(Blocker::kOwnRecord) + 1;

class Blockers {
  public:
    void add(Blocker b) { bits_ |= bit(b); }
    bool has(Blocker b) const { return (bits_ & bit(b)) != 0; }
    bool none() const { return bits_ == 0; }
    std::uint64_t bits() const { return bits_; }
    static Blockers from_bits(std::uint64_t bits) {
        Blockers b;
        b.bits_ = bits;
        return b;
    }
    bool operator==(const Blockers&) const = default;

  private:
    static std::uint64_t bit(Blocker b) { return std::uint64_t{1} << static_cast<int>(b); }
    std::uint64_t bits_ = 0;
};

std::string_view code(Blocker blocker);
std::string_view sentence(Blocker blocker);
/// Codes, comma separated.
std::string codes(Blockers blockers);

/// What this member reads is not the pinned cluster.
bool other_cluster(const Policy& p, const State& s);
/// The node is verified standby and nothing of ours can still change that.
bool standby_certain(const State& s);
/// What makes this member unfit to lead, whoever holds now. Empty: eligible.
Blockers unfit_because(const Policy& p, const State& s, Instant now);
/// The next instant at which time alone changes unfit_because().
Instant unfit_changes_at(const Policy& p, const State& s, Instant now);

/// No known tip, ours included, has moved for longer than a fresh tip may be old.
bool chain_stalled(const Policy& p, const State& s, Instant now);
/// Our own tip has not moved for that long.
bool tip_stands(const Policy& p, const State& s, Instant now);
/// Another member that is queued, eligible, and whose tip moves.
const MemberEntry* moving_rival(const Policy& p, const State& s, Instant now);
/// Highest known tip of members and of the peers our node hears.
Height best_known_tip(const State& s);
/// The operator address the others sign with: that of the longest registered other member that
/// publishes one. Empty: nobody else does.
std::string group_address(const Policy& p, const State& s);

}  // namespace elector::core
