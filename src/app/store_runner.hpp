// Owns how the core's store effects become calls to etcd, and their outcomes and the watch's news
// events again. Must never retry a write or judge an answer. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <string>

#include "app/etcd_link.hpp"
#include "app/log.hpp"
#include "app/tasks.hpp"
#include "etcd/transactions.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace elector::app {

class StoreRunner {
  public:
    using Post = std::function<void(model::Event)>;

    /// Shares `link` with other groups; adds its keys to what that watches.
    StoreRunner(EtcdLink& link, std::string election_key, Tasks& tasks, Log& log, Post post);

    /// True when the effect was a store effect and has been started.
    bool run(const model::Effect& effect, const model::Policy& policy);
    const etcd::Keys& keys() const { return keys_; }

  private:
    template <class E>
    boost::asio::awaitable<void> txn(E effect, etcd::CallOptions options);
    boost::asio::awaitable<void> grant(model::GrantLease effect);
    /// At the start of a holding, so that somebody does it and nobody waits for it.
    boost::asio::awaitable<void> trim_history();
    boost::asio::awaitable<void> keep_alive(model::KeepLeaseAlive effect);
    boost::asio::awaitable<void> revoke(model::RevokeLease effect);
    void watch(const model::WatchElection& effect);
    template <class E>
    std::function<void(const etcd::Result<etcd::TxnReply>&)> answered(const E& effect);
    void on_watch(const EtcdLink::Watched& watched);
    model::StoreOutcome failed(const etcd::Error& error, const char* what);

    EtcdLink& link_;
    Tasks& tasks_;
    Log& log_;
    Post post_;
    etcd::Keys keys_;
    std::size_t place_;    ///< of this group in the link's watch
    model::OpId watched_;  ///< who asked for the range that is watched; 0: nobody, it is the first
};

}  // namespace elector::app
