// Owns the known-unsafe variants: each takes one rule of the protocol away, from outside the core,
// by bending policy, state, events or adapters. A checker has to catch every one of them.
// Must never touch a run without a mutant. Thread rule: values only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/event.hpp"
#include "core/policy.hpp"
#include "core/state.hpp"

namespace elector::sim {

enum class Mutant : std::uint8_t {
    kNone,
    kQuiesceWait,
    kSendTime,
    kConfirmedDrain,
    kOneInFlight,
};

std::string_view name(Mutant mutant);
std::optional<Mutant> find_mutant(std::string_view name);
std::span<const Mutant> all_mutants();

void bend(Mutant mutant, core::Policy& policy);
/// Before the core sees `event`.
void bend(Mutant mutant, core::State& state, core::Instant now, const core::Event& event);
/// After the core has answered.
void bend(Mutant mutant, core::State& state, core::Instant now);

}  // namespace elector::sim
