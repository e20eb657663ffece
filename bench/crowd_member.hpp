// Owns one candidate of a crowd in one process with all others: its own core, reads and watch, over
// a client that it shares; and a node that is a few variables. Must never decide an election.
// Thread rule: the io_context's thread.
#pragma once

#include <cstdint>
#include <functional>

#include <boost/asio/io_context.hpp>

#include "app/reactor.hpp"
#include "app/tasks.hpp"
#include "etcd/client.hpp"
#include "etcd/transactions.hpp"

namespace elector::bench {

/// What one candidate, or all of them, have been told and have asked.
struct Traffic {
    std::uint64_t events = 0;        ///< of the watch
    std::uint64_t event_bytes = 0;   ///< their keys and values
    std::uint64_t reads = 0;         ///< of the election
    std::uint64_t read_bytes = 0;    ///< keys and values in the answers
    std::uint64_t publications = 0;  ///< of the member record
    std::uint64_t watches = 0;       ///< begun
};

class CrowdMember {
  public:
    using Heard = std::function<void(CrowdMember&, const model::Effect&)>;

    CrowdMember(boost::asio::io_context& io, const app::Clock& clock, etcd::Client& client,
                app::Tasks& tasks, const etcd::Keys& keys, const model::Policy& policy,
                std::uint64_t seed, Traffic& traffic, Heard heard);

    void start();
    void stop();
    const core::State& state() const { return reactor_.state(); }

  private:
    void run(const model::Effect& effect);
    bool run_store(const model::Effect& effect);
    void run_node(const model::Effect& effect);
    void post(model::Event event);
    template <class E>
    void start_txn(const E& effect);
    template <class E>
    boost::asio::awaitable<void> txn(E effect);
    boost::asio::awaitable<void> grant(model::GrantLease effect);
    boost::asio::awaitable<void> keep_alive(model::KeepLeaseAlive effect);
    void watch(const model::WatchElection& effect);
    void on_watch(const etcd::WatchNotice& notice, model::OpId id);

    boost::asio::io_context& io_;
    const app::Clock& clock_;
    etcd::Client& client_;
    app::Tasks& tasks_;
    const etcd::Keys& keys_;
    Traffic& traffic_;
    Heard heard_;
    etcd::Watch watch_;
    bool watched_ = false;
    bool active_ = false;
    app::Reactor reactor_;
};

}  // namespace elector::bench
