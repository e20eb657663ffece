// Owns one member of one election: the core, its reactor, the client of its node, and what it
// tells. It shares the way to etcd, and the process, with the members of other groups. Must never
// decide, nor hold the others up. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/etcd_link.hpp"
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
    /// Of one group; a part of the whole file's, of which the process has one.
    using ConfigPtr = std::shared_ptr<const config::Config>;

    /// What the members of one process have together.
    struct Commons {
        boost::asio::io_context& io;
        const Clock& clock;
        EtcdLink& etcd;
        GuardianLink* guardian = nullptr;  ///< none: no guardian is asked for
        std::size_t members = 1;           ///< who share the memory of the last events
        std::uint64_t chance = 0;          ///< the same for all: see beat_of()
    };

    /// `log` is this group's. `seed` feeds lease ids, nonces and jitter. `on_exit` hears the exit
    /// code once, when the member has nothing more to do; call close() then. Without a `pin` any
    /// cluster will do. `ward`: the place of this group in the configuration, by which the guardian
    /// knows its node.
    Member(const Commons& commons, ConfigPtr config, Log log, std::uint64_t seed,
           std::function<void(int code)> on_exit,
           std::optional<etcd::ClusterPin> pin = std::nullopt, std::size_t ward = 0);

    /// Before the link to etcd is started.
    void start();
    /// Hands over if it leads, leaves the queue, then on_exit(0).
    void shut_down();
    /// Applies a configuration that has been diffed against the running one and not been refused;
    /// but for etcd and notifications, which are not one group's.
    void reload(ConfigPtr loaded);
    /// From now on, or from start(): it leaves the lead to others, and leads on while it does.
    void set_resigned(bool resigned);
    /// Nothing is decided any more.
    void stop();
    /// One last deactivation, whatever the state. Best effort.
    boost::asio::awaitable<void> deactivate_once() { return node_.deactivate_once(); }
    /// Ends every connection of its own; nothing runs when it returns. Its guardian sees it live
    /// until then.
    boost::asio::awaitable<void> close();

    const core::State& state() const { return reactor_.state(); }
    const model::Policy& policy() const { return reactor_.policy(); }
    const config::Config& config() const { return *config_; }
    model::Instant now() const { return reactor_.now(); }
    etcd::Client& store() { return etcd_.client(); }
    bool etcd_answers() const { return etcd_.answers(); }
    bool guardian_answers() const { return guarded_ && !state().guardian_lost; }
    const etcd::Keys& keys() const { return store_.keys(); }
    const support::LoopLag& lag() const { return reactor_.lag(); }
    /// How this member stands when something is told.
    Telling::Stand stand() const;
    /// For an observer: what it would do if it did anything.
    std::optional<std::string> would() const;
    std::string dump() const { return reactor_.recorder().dump(); }

    /// What this member is doing, in one line, whenever it differs. May be empty.
    std::function<void(const std::string& line)> on_status;
    /// Every effect, before it runs (displays, measurements). May be empty.
    std::function<void(const model::Effect&)> observer;
    /// Every answer of the store, before the core hears of it. May be empty.
    std::function<void(const model::Event&)> listener;

  private:
    model::Policy make_policy() const;
    bool observing() const { return config_->member.mode == config::Mode::kObserve; }
    void tell_fence();
    void look_for_fence();
    FailbackRunner::Known known() const;
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

    ConfigPtr config_;
    std::string instance_;
    model::Duration beat_;
    std::optional<etcd::ClusterPin> pin_;
    etcd::ClusterPin::Reading pinned_;
    Log log_;
    std::function<void(int)> on_exit_;
    Tasks tasks_;
    EtcdLink& etcd_;
    config::Environment environment_;
    StoreRunner store_;
    NodeRunner node_;
    FenceRunner fence_;
    bool guarded_;
    bool resigned_ = false;
    bool started_ = false;
    bool closed_ = false;
    model::OpId activation_;           ///< the last one that was sent
    model::Nonce activation_holding_;  ///< and the holding that it was sent for
    Reactor reactor_;
    GuardianLink::Ward* guardian_ = nullptr;
    FailbackRunner failback_;
    Observation observed_;
    std::string status_;  ///< as last told
};

}  // namespace elector::app
