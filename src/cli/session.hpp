// Owns one command's conversation with the group's etcd: look, commit, end.
// Must never decide what is written. Thread rule: called from main; one io_context of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "config/config.hpp"
#include "etcd/client.hpp"
#include "etcd/transactions.hpp"
#include "iotex/node_client.hpp"
#include "model/policy.hpp"
#include "orders/desk.hpp"

namespace elector::cli {

/// What the program gives to every command that talks to a group.
struct Means {
    /// As the service connects, so that a command goes where the service goes.
    std::function<etcd::ClientOptions(const config::Config&)> etcd_options;
    /// Brings the node of this host to standby; an exit code.
    std::function<int(const config::Config&, bool force)> fence_node;
    /// Where the node of this host is.
    std::function<iotex::NodeEndpoints(const config::Config&)> node_endpoints;
    std::uint64_t seed = 0;  ///< random, for lease ids and nonces
};

class Session {
  public:
    Session(const Means& means, const config::Config& config);
    /// Of one group of the same file, over the client of `whole`, which outlives it. `place`: that
    /// of the group, so that no two have the same leases.
    Session(Session& whole, const Means& means, const config::Config& config, std::size_t place);

    /// The whole election, read linearizably.
    boost::asio::awaitable<etcd::Result<model::ElectionView>> look();
    boost::asio::awaitable<etcd::Result<etcd::TxnReply>> commit(etcd::Txn txn);
    etcd::Client& client() { return link_.client; }
    orders::Desk& desk() { return desk_; }
    boost::asio::io_context& io() { return link_.io; }
    boost::asio::awaitable<void> pause(std::chrono::milliseconds span);

    /// Runs the command to its end and closes; its exit code. Not of one group of several.
    int run(boost::asio::awaitable<int> command);

    const etcd::Keys keys;
    /// The part of the policy that writing a record and reporting need.
    const model::Policy policy;

  private:
    boost::asio::awaitable<void> run_and_close(boost::asio::awaitable<int> command, int& code);

    /// What groups share.
    struct Link {
        explicit Link(etcd::ClientOptions options) : client(io, std::move(options)) {}
        boost::asio::io_context io{1};
        etcd::Client client;
    };

    std::unique_ptr<Link> own_link_;
    Link& link_;
    orders::Desk desk_;
};

/// "cannot <what>: <cause>; <next>" on stderr, after the program's name.
int refuse(const std::string& text);
/// This host's wall clock, for what people read.
std::int64_t wall_clock_ms();
/// Who is asked for the history: "user@host".
std::string actor();
/// True when the operator has typed `word`; asks on stderr. False also when there is no terminal.
bool typed(const std::string& word, const std::string& question);

}  // namespace elector::cli
