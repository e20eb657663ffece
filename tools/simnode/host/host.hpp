// Owns simulated nodes in real time: one chain, its nodes, their loopback ports, fault orders.
// Must never listen on anything but 127.0.0.1.
// Thread rule: the io_context's one thread, which also calls every method.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "simnode/checker/checker.hpp"
#include "simnode/model/types.hpp"

namespace elector::simnode {

/// TCP ports on 127.0.0.1; 0 asks for a free one.
struct NodePorts {
    std::uint16_t admin = 0;
    std::uint16_t probe = 0;
    std::uint16_t web3 = 0;
    bool operator==(const NodePorts&) const = default;
};

struct HostOptions {
    ChainParams chain;
    std::vector<NodeParams> nodes;
    std::vector<NodePorts> ports;  ///< fewer than nodes: free ones for the rest
    /// CLOCK_REALTIME (ns) of the chain's instant 0. Unset: three block intervals ago.
    /// Processes that share it, the seed and the interval see the same chain.
    std::optional<std::int64_t> chain_epoch_ns;
    std::size_t metrics_padding_bytes = 0;
    std::optional<std::uint16_t> control_port;  ///< none: no control port
    /// Called for every log line, in order of time; node name and entry.
    std::function<void(const std::string&, const checker::Entry&)> sink;
};

/// An order to break or mend something. `node` is ignored by orders for the whole chain.
/// kinds: crash lose_host terminate restart restart_active restart_standby freeze thaw unready
/// ready
///   frozen_height moving_height heal slow_set late_set hang_set ignore_set hang_status
///   refuse_admin refuse_web3 isolate unsync skew noop rolldpos | chain_stall delegate_on
///   delegate_off
struct FaultOrder {
    std::string kind;
    NodeIndex node = 0;
    std::int64_t ms = 0;       ///< slow_set, late_set, skew, chain_stall
    std::uint64_t blocks = 0;  ///< unsync
};

class HostCore;

class Host {
  public:
    /// Binds the ports at once. Throws boost::system::system_error when one cannot be had,
    /// std::invalid_argument for a chain epoch in the future.
    Host(boost::asio::io_context& io, HostOptions options);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// Ends every node as a process exit does (its stop is logged) and closes all ports.
    void stop();
    std::size_t size() const;
    NodePorts ports(NodeIndex n) const;
    std::uint16_t control_port() const;  ///< 0: none
    /// What the ports file holds.
    boost::json::object ports_json() const;
    /// Empty, or why it was not done.
    std::string fault(const FaultOrder& order);
    /// Everything about chain and nodes, as GET /state of the control port shows it.
    boost::json::object state();

  private:
    std::shared_ptr<HostCore> core_;
};

}  // namespace elector::simnode
