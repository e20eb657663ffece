// Owns how the core's store effects become calls to etcd, and their outcomes events again; and the
// watch. Must never retry a write or judge an answer. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "app/log.hpp"
#include "app/tasks.hpp"
#include "etcd/client.hpp"
#include "etcd/transactions.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace elector::app {

class StoreRunner {
  public:
    using Post = std::function<void(model::Event)>;

    StoreRunner(boost::asio::io_context& io, etcd::ClientOptions options, std::string election_key,
                Tasks& tasks, Log& log, Post post);

    /// Begins the watch on the election's keys. `silence`: after that much of it the stream is
    /// probed.
    void start(model::Duration silence);
    /// True when the effect was a store effect and has been started.
    bool run(const model::Effect& effect, const model::Policy& policy);
    /// Another way to etcd, taken once it is proved. Returns what was wrong, if anything.
    std::string set_access(etcd::Access access);
    boost::asio::awaitable<void> close();

    const etcd::Keys& keys() const { return keys_; }
    etcd::Client& client() { return client_; }
    /// The last call was answered.
    bool answers() const { return failures_ == 0; }

  private:
    template <class E>
    boost::asio::awaitable<void> txn(E effect, etcd::CallOptions options);
    boost::asio::awaitable<void> grant(model::GrantLease effect);
    /// At the start of a holding, so that somebody does it and nobody waits for it.
    boost::asio::awaitable<void> trim_history();
    boost::asio::awaitable<void> keep_alive(model::KeepLeaseAlive effect);
    boost::asio::awaitable<void> revoke(model::RevokeLease effect);
    /// Instead of the one there is.
    void watch(const model::WatchElection& effect);
    void on_watch(const etcd::WatchNotice& notice, model::OpId id);
    void on_access(const etcd::AccessNotice& notice);
    /// False when `event`, which may go on for long, has been said a short while ago already.
    bool worth_saying(std::string_view event);
    model::StoreOutcome failed(const etcd::Error& error, const char* what);
    void worked();

    Tasks& tasks_;
    Log& log_;
    Post post_;
    etcd::Keys keys_;
    std::chrono::milliseconds attempt_;
    std::string username_;
    std::map<std::string_view, std::chrono::steady_clock::time_point> said_;  ///< by event
    etcd::Client client_;
    std::chrono::milliseconds silence_{};
    etcd::Watch watch_;
    bool watched_ = false;  ///< the watch was connected once
    int failures_ = 0;      ///< running, to say "unreachable" and "back" once each
};

}  // namespace elector::app
