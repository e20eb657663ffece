// Owns the question "may this member lead, and if not, why". Must never change state.
// Thread rule: pure functions.
#pragma once

#include <string>

#include "core/state.hpp"
#include "model/blocker.hpp"
#include "model/policy.hpp"

namespace elector::core {

/// What this member reads is not the pinned cluster.
bool other_cluster(const Policy& p, const State& s);
/// The node is verified standby and nothing of ours can still change that.
bool standby_certain(const State& s);
/// What makes this member unfit to lead, whoever holds now. Empty: eligible.
Blockers unfit_because(const Policy& p, const State& s, Instant now);
/// The next instant at which time alone changes unfit_because().
Instant unfit_changes_at(const Policy& p, const State& s, Instant now);

/// The operator address the others sign with: that of the longest registered other member that
/// publishes one. Empty: nobody else does.
std::string group_address(const Policy& p, const State& s);

}  // namespace elector::core
