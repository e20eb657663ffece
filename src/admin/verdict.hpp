// Owns the judgements that load balancers, probes and scripts ask for: ready, leader, standby; by
// what was verified of the node, not by what the member means to do. Must never change state.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <vector>

#include "admin/host.hpp"

namespace elector::admin {

/// Why not, one sentence each; empty: it is.
using Reasons = std::vector<std::string>;

/// etcd and node are reachable, and the guardian answers.
Reasons unready(const Host& host);
/// This member holds the lead, now, and its node has just said that it is active.
Reasons not_leader(const Host& host);
/// The node has just said that it is standby, nothing of ours can change that, and this member
/// holds nothing.
Reasons not_standby(const Host& host);

/// The node's last answer about its status is no older than a poll that may take its time.
bool status_is_recent(const Host& host);

}  // namespace elector::admin
