// Owns the command `bootstrap`: the first holder record of a group whose members have all shown a
// standby node, and the cluster that this host agrees to.
// Must never write over a holder record. Thread rule: called from main.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace elector::cli {

/// Where the roll call stands. Neither refusal nor missing answers: the transaction may be tried.
struct RollCall {
    std::string refusal;  ///< not empty: why not, and what to do
    std::string missing;  ///< members whose answer is still awaited
    etcd::Txn txn;
};

/// `nonce` is what the members were asked with: an answer that names it was given afterwards.
RollCall judge(const etcd::Keys& keys, const model::Policy& policy, const model::ElectionView& view,
               const std::vector<std::string>& members, const std::string& nonce,
               const std::string& actor, std::int64_t unix_ms = 0);

/// "a,b,c", without empty names and repetitions.
std::vector<std::string> names_of(const std::string& list);

/// `bootstrap [--members a,b,c] [--accept-cluster] [--yes] --config FILE`. Returns 0, 1 when
/// refused or failed, 2 for a wrong command line or configuration.
int bootstrap(const std::vector<std::string>& arguments, const Means& means);

}  // namespace elector::cli
