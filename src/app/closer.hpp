// Owns the closer: a short-lived child of the guardian that records in etcd what the guardian has
// done to the node. It is an ordinary client of etcd, with the configuration's TLS and user, which
// the guardian itself must not be.
// Must never touch the node's activity. Thread rule: called from main; one io_context of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/session.hpp"
#include "config/config.hpp"
#include "guardian/process.hpp"
#include "model/election_view.hpp"

namespace elector::app {

/// What an order comes to over the store as it stands.
struct Closure {
    std::optional<etcd::Txn> txn;  ///< none: nothing is left to write
    std::string_view what;         ///< for the log, once that is done
    bool operator==(const Closure&) const = default;
};
Closure closure_of(const etcd::Keys& keys, const model::ElectionView& view,
                   const guardian::Order& order, const model::Gate& gate, std::int64_t unix_ms = 0);
/// The gate for that order. `tip`: of the same process life that was confirmed standby.
model::Gate gate_of(const config::Config& config, guardian::GateKind kind,
                    std::optional<model::Height> tip);

/// Why nothing may be concluded from what is stored there: the configuration names another election
/// or another etcd than the holding's; `pinned` and `seen` are clusters, 0: not known. Empty:
/// nothing speaks against it.
std::string elsewhere(const etcd::Keys& keys, const guardian::Order& order, std::uint64_t pinned,
                      std::uint64_t seen);

/// Carries out several orders at the same time, each over the configuration of its group; null:
/// that is not to be had. Each is reported to the guardian as soon as it is done with. The largest
/// code of all: 0: done, or nothing was left to do; 1: has to be tried again; 2: with another
/// configuration. `notes` are logged.
int close_holdings(const std::vector<guardian::Order>& orders,
                   const std::vector<const config::Config*>& configs, const cli::Means& means,
                   const std::vector<std::string>& notes);

}  // namespace elector::app
