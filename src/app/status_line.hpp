// Owns the one line that tells a person what a member is doing, for `systemctl status`.
// Must never act, nor say what changes by time alone: the line is told whenever it differs.
// Thread rule: pure functions.
#pragma once

#include <string>

#include "core/state.hpp"
#include "model/policy.hpp"

namespace elector::app {

/// "leader, node active: holds term 42", "candidate, node standby: waits (held, not_head);
/// delegate-b leads". Words in brackets are the blockers of docs and member records.
std::string status_line(const model::Policy& policy, const core::State& state, model::Instant now);

}  // namespace elector::app
