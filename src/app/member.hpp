// Owns one member of the election in this process: the core, its reactor, the clients of its etcd
// and its node, and what it tells. Must never decide. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/certificate_watch.hpp"
#include "app/failback_runner.hpp"
#include "app/fence_runner.hpp"
#include "app/guardian_link.hpp"
#include "app/log.hpp"
#include "app/node_runner.hpp"
#include "app/observation.hpp"
#include "app/reactor.hpp"
#include "app/store_runner.hpp"
#include "app/tasks.hpp"
#include "app/telling.hpp"
#include "config/config.hpp"
#include "etcd/cluster_pin.hpp"

namespace elector::app {

class Member {
  public:
    /// `seed` feeds lease ids, nonces and jitter. `on_exit` hears the exit code once, when the
    /// member has nothing more to do; call close() then. Without a `pin` any cluster will do.
    /// `guard`: the link to a guardian, which outlives this; without one no guardian is asked for.
    /// `ward`: the place of this group in the configuration, by which the guardian knows its node.
    Member(boost::asio::io_context& io, const Clock& clock, config::Config config, Log& log,
           std::uint64_t seed, std::function<void(int code)> on_exit,
           std::optional<etcd::ClusterPin> pin = std::nullopt, GuardianLink* guard = nullptr,
           std::size_t ward = 0);

    void start();
    /// Hands over if it leads, leaves the queue, then on_exit(0).
    void shut_down();
    /// Applies a configuration that has been diffed against the running one and not been refused.
    void reload(const config::Config& loaded);
    /// From now on, or from start(): it leaves the lead to others, and leads on while it does.
    void set_resigned(bool resigned);
    /// Ends every connection; nothing runs when it returns. Notifications that are on their way are
    /// given `last_words` first.
    boost::asio::awaitable<void> close(std::chrono::milliseconds last_words = {});

    const core::State& state() const { return reactor_.state(); }
    const model::Policy& policy() const { return reactor_.policy(); }
    const config::Config& config() const { return config_; }
    model::Instant now() const { return reactor_.now(); }
    etcd::Client& store() { return store_.client(); }
    bool etcd_answers() const { return store_.answers(); }
    bool guardian_answers() const { return guarded_ && !state().guardian_lost; }
    const etcd::Keys& keys() const { return store_.keys(); }
    const support::LoopLag& lag() const { return reactor_.lag(); }
    /// How far those who are to be told have been told.
    std::vector<notify::Standing> told() const { return telling_.standings(); }
    /// For an observer: what it would do if it did anything.
    std::optional<std::string> would() const;
    std::string dump() const { return reactor_.recorder().dump(); }

    /// What this member is doing, in one line, whenever it differs. May be empty.
    std::function<void(const std::string& line)> on_status;
    /// Every effect, before it runs (displays, measurements). May be empty.
    std::function<void(const model::Effect&)> observer;
    /// Every answer of the store, before the core hears of it. May be empty.
    std::function<void(const model::Event&)> listener;
    /// Every finished attempt of a call to etcd. May be empty.
    std::function<void(const etcd::RpcStat&)> on_rpc;

  private:
    model::Policy make_policy() const;
    bool observing() const { return config_.member.mode == config::Mode::kObserve; }
    etcd::ClientOptions client_options(std::uint64_t seed);
    std::string etcd_password();
    void set_access();
    void tell_fence();
    void look_for_fence();
    FailbackRunner::Known known() const;
    Telling::Stand stand() const;
    void tell_fence_missing();
    void run(const model::Effect& effect);
    void pin(const model::PinCluster& e);
    /// None: nobody has ever listened at it.
    std::optional<config::Url> known_probe() const;
    void tell_observation();
    void tell_status(const model::Effect& effect);
    void tell(const model::RoleChanged& e);
    void tell(const model::Announce& e);
    void tell_stall(model::Duration late);
    void note_activation(const model::Event& e);
    void broken(const std::string& what);
    boost::asio::awaitable<void> end_broken();

    config::Config config_;
    std::string instance_;
    std::optional<etcd::ClusterPin> pin_;
    etcd::ClusterPin::Reading pinned_;
    Log& log_;
    std::function<void(int)> on_exit_;
    Tasks tasks_;
    config::Environment environment_;
    std::string password_fault_;  ///< said already
    CertificateWatch certificates_;
    StoreRunner store_;
    NodeRunner node_;
    FenceRunner fence_;
    bool guarded_;
    bool resigned_ = false;
    bool started_ = false;
    model::OpId activation_;           ///< the last one that was sent
    model::Nonce activation_holding_;  ///< and the holding that it was sent for
    Reactor reactor_;
    GuardianLink::Ward* guardian_ = nullptr;
    FailbackRunner failback_;
    Telling telling_;
    Observation observed_;
    std::string status_;  ///< as last told
};

}  // namespace elector::app
