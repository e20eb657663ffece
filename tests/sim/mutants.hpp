// Owns the known-unsafe variants: each takes one rule of the protocol away, from outside the core,
// by bending policy, state, effects or what the adapters do. A check has to catch every one.
// Must never touch a run without a variant. Thread rule: values only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/state.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "sim/plan.hpp"

namespace elector::sim {

enum class Mutant : std::uint8_t {
    kNone,
    kQuiesceWait,
    kPendingNotInQuiesce,
    kOvertime,
    kNodeSkew,
    kSettle,
    kGateReread,
    kTipAtOnce,
    kDeadGateTip,
    kSendTime,
    kKeepAliveConfirms,
    kOneInFlight,
    kConfirmedDrain,
    kDrainGuard,
    kAbsentIsFree,
    kPendingIgnored,
    kGuardianSpares,
    kArmUnacknowledged,
    kForeignIgnored,
    kForeignForgets,
    kStaleRead,
    kDeposeHolder,
    kUnfencedLate,
    kSetBackUnseen,
    kLostKeyUnseen,
    kTermMayFall,
    kMarkerAfterSetBack,
    kAbsentSince,
    kFenceTrusted,
    kLookIsHead,
};

/// One row for each variant: what is taken away, and where it has to show.
struct MutantRow {
    Mutant mutant{};
    std::string_view name;
    std::string_view rule;        ///< that is taken away, in the protocol's words
    Theme theme{};                ///< the schedules in which it shows
    std::uint64_t within = 0;     ///< caught within so many seeds of that theme, counted from 1
    std::string_view survives{};  ///< why nothing can catch it; then it is a rule to spare
    std::size_t front = 0;        ///< of a crowd, in which alone it shows; 0: as in production
};

/// kNone is not among them.
std::span<const MutantRow> all_mutants();
std::string_view name(Mutant mutant);
std::optional<Mutant> find_mutant(std::string_view name);

void bend(Mutant mutant, model::Policy& policy);
/// Before the core sees `event`.
void bend(Mutant mutant, core::State& state, model::Instant now, const model::Event& event);
/// After the core has answered.
void bend(Mutant mutant, core::State& state, model::Instant now, model::Effects& effects);

}  // namespace elector::sim
