// Owns the commands that move the lead on purpose: `switchover` and `drill`.
// Must never order what was not judged. Thread rule: called from main.
#pragma once

#include <string>
#include <vector>

#include "cli/handover.hpp"
#include "cli/session.hpp"

namespace elector::cli {

/// `switchover [--to NAME] [--at best] [--dry-run] [--yes] [--json] [--config FILE]`. Returns 0
/// when the target's node is verified active (or a dry run finds nothing against it), 1 else, 2
/// for a wrong command line or configuration.
int switchover(const std::vector<std::string>& arguments, const Means& means);

/// `drill [--to NAME] [--yes] [--json] [--config FILE]`: there and back. Returns 0 when both ends
/// were verified, 1 else, 2 as above.
int drill(const std::vector<std::string>& arguments, const Means& means);

/// Both halves within the time budget.
bool within_budget(const HandOver& half, const config::Config& config);

}  // namespace elector::cli
