// Owns the command `remove`: what is still stored of a member that is gone for good goes too.
// Must never touch what a living member, a holder or an older elector has. Thread rule: called
// from main.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace elector::cli {

/// What is stored of one member.
struct Leftover {
    etcd::KeyValue kv;
    bool alive = false;  ///< its lease lives
};

/// What removing comes to.
struct Removal {
    std::string refusal;  ///< not empty: why not, and what to do
    std::string effect;   ///< for the operator; empty beside no refusal: nothing is stored
    etcd::Txn txn;
};

Removal judge_removal(const etcd::Keys& keys, const model::ElectionView& view,
                      const std::string& name, const std::vector<Leftover>& stored);

/// `remove NAME [--yes] [--json] [--config FILE]`. Returns 0 when nothing of it is left, 1 when
/// refused or failed, 2 for a wrong command line or configuration.
int remove(const std::vector<std::string>& arguments, const Means& means);

}  // namespace elector::cli
