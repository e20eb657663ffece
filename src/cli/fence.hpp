// Owns the command `fence`: the node of this host is brought to standby, or an operator vouches
// that another's cannot sign. Must never touch a record that was not judged. Thread rule: called
// from main.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace elector::cli {

/// What vouching comes to, given what is stored.
struct Vouching {
    std::string refusal;  ///< not empty: why not, and what to do
    std::string effect;   ///< what the transaction does, for the operator
    std::string doubt;    ///< what speaks against it, if anything
    etcd::Txn txn;
};

/// `whom` is a member's name or "key:" and the last part of a foreign candidate key.
Vouching vouch(const etcd::Keys& keys, const model::Policy& policy, const model::ElectionView& view,
               const std::string& whom, const std::string& actor, std::int64_t unix_ms = 0);

/// `fence [--force] --config FILE`, without etcd, or `fence --confirmed-dead NAME|key:HEX [--yes]
/// --config FILE`. Returns 0, 1 when refused or failed, 2 for a wrong command line or
/// configuration.
int fence(const std::vector<std::string>& arguments, const Means& means);

}  // namespace elector::cli
