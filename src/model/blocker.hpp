// Owns the conditions that keep a member from leading: each has a code and a sentence, the same in
// records, log and docs. Must never judge (see core/eligibility.hpp). Thread rule: constant data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace elector::model {

enum class Blocker : std::uint8_t {
    // about this member and its node
    kShuttingDown,
    kObserving,
    kNoFailover,
    kOtherCluster,
    kGuardianDown,
    kFenceMissing,
    kFenceRuns,
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
    void add(Blockers others) { bits_ |= others.bits_; }
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
/// `text` is codes(blockers).
bool is_codes(std::string_view text, Blockers blockers);

}  // namespace elector::model
