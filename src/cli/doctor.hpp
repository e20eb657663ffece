// Owns the command `doctor`: which questions are asked, in which order, each with its time-out;
// what is made of the answers is in diagnosis. Must never change what the group stores, nor the
// node. Thread rule: called from main.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace elector::cli {

/// Asks etcd for all rights that the elector needs, in a transaction that can never be done.
etcd::Txn rights_question(const etcd::Keys& keys);

/// `doctor [--json] [--config FILE]`: 0 nothing wrong but warnings, 1 at least one error, 2 for a
/// wrong command line or configuration.
int doctor(const std::vector<std::string>& arguments, const Means& means);

}  // namespace elector::cli
