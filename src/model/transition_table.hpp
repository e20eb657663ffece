// Owns the table of role changes: every change the core can make is a row, with the one sentence
// that operators see in log, docs and explain. Must never hold code. Thread rule: constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace elector::model {

/// What a member is in the election. A role says what it guarantees, see docs/safety.md.
enum class Role : std::uint8_t { kFollower, kCandidate, kLeader, kDraining };

/// Why a role changed. The name in the table is the reason code in log, history and metrics.
enum class Cause : std::uint8_t {
    kQueued,
    kNotEligible,
    kOutranked,
    kSwitchoverAhead,
    kCandidacyLost,
    kForeignCandidacy,
    kClaimed,
    kShutdown,
    kSwitchover,
    kHoldingEnding,
    kConfirmationRefused,
    kLeaseLost,
    kStoreSetBack,
    kNodeDead,
    kNodeLost,
    kNodeLeftActive,
    kStatusHung,
    kActivationFailed,
    kUnready,
    kTipFrozen,
    kFoundActive,
    kOperatorChanged,
    kOwnRecord,
    kGuardianLost,
    kDrained,
    kRecordTaken
};

struct Transition {
    Role from;
    Role to;
    Cause cause;
    std::string_view code;      ///< stable reason code
    std::string_view sentence;  ///< for the operator
};

std::span<const Transition> transition_table();

/// The row for this change. REQUIRES: there is one; a change without a row is a broken invariant.
const Transition* find_transition(Role from, Role to, Cause cause);

std::string_view name(Role role);

}  // namespace elector::model
