// Owns the way from a validated configuration to what the core and the clients need.
// Must never judge a value: the loader has. Thread rule: pure, but instance_of() reads /proc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "config/config.hpp"
#include "etcd/client.hpp"
#include "iotex/node_client.hpp"
#include "model/policy.hpp"

namespace elector::app {

/// Names the node beside this elector: boot id, network namespace, admin URL. An elector that is
/// restarted has the same instance; one on another host, or in another pod, never has.
std::string instance_of(const config::Config& config);

model::Policy policy_of(const config::Config& config, const std::string& instance);
/// When one of so many groups of a process has its beat (model::due_again): some together, so that
/// the process wakes once for them, and never all. `chance` tells processes of a host apart.
model::Duration beat_of(std::uint64_t chance, std::size_t group, std::size_t groups);
etcd::Access etcd_access_of(const config::Etcd& etcd);
/// For a client that lives as long as one command: the password as the configuration had it.
etcd::ClientOptions etcd_options_of(const config::Config& config);
iotex::NodeEndpoints node_endpoints_of(const config::Config& config);

/// This program's version, as published in the member record.
std::string_view version();

}  // namespace elector::app
