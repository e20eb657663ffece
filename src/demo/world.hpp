// Owns everything the demo runs: etcd, simulated nodes, proxies and members, on one io_context; the
// faults that can be put on them; and what is known of them. Must never decide an election.
// Thread rule: the io_context's thread, which is the main thread.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/boot_clock.hpp"
#include "app/member.hpp"
#include "app/tasks.hpp"
#include "demo/etcd_child.hpp"
#include "demo/handover.hpp"
#include "demo/ledger.hpp"
#include "demo/options.hpp"
#include "netproxy/proxy.hpp"
#include "simnode/host/host.hpp"

namespace elector::demo {

/// Something worth telling the onlooker.
struct Happening {
    enum class Weight : std::uint8_t { kInfo, kWarning, kAlarm };
    model::Instant at;
    std::string who;  ///< a member, or "demo"
    std::string text;
    Weight weight = Weight::kInfo;
    bool detail = false;  ///< of interest only to who watches closely
};

class World {
  public:
    static constexpr std::size_t kMembers = 3;

    /// Starts etcd, and nothing else. Throws std::runtime_error when something is missing.
    World(boost::asio::io_context& io, const Options& options,
          std::function<void(const std::string&)> on_failure);
    ~World();

    /// Brings everything up, to registered members with verified standby nodes and the first
    /// record. False when that failed; on_failure has heard why.
    boost::asio::awaitable<bool> start();
    /// Ends everything but etcd, which goes with this object.
    boost::asio::awaitable<void> close();

    // --- faults and orders; each says what it did
    void kill_node(std::size_t member);
    void make_unready(std::size_t member);
    void cut_off(std::size_t member);
    void heal();
    /// The holder is asked to hand over to the best of the others.
    void order_switchover();

    // --- what is known
    bool ready() const { return !members_.empty(); }
    /// The member that leads with a verified active node, if it is the only one.
    std::optional<std::size_t> leader() const;
    /// The member that holds, or is letting go.
    std::optional<std::size_t> holder() const;
    /// Members other than the leader that are queued and fit.
    std::size_t successors() const;
    app::Member& member(std::size_t i) { return *members_[i]; }
    const app::Member& member(std::size_t i) const { return *members_[i]; }
    bool dead(std::size_t i) const { return faults_[i].killed; }
    bool unready(std::size_t i) const { return faults_[i].unready; }
    bool is_cut_off(std::size_t i) const { return faults_[i].cut_off; }
    bool broken() const;
    const HandoverMeter& meter() const { return meter_; }
    const Ledger& ledger() const { return ledger_; }
    const std::deque<Happening>& happenings() const { return happenings_; }
    const EtcdChild& etcd() const { return *etcd_; }
    model::Instant now() const { return clock_.now(); }
    model::Instant began() const { return began_; }
    const std::string& profile() const { return options_.profile; }

    void say(std::string who, std::string text, Happening::Weight weight = Happening::Weight::kInfo,
             bool detail = false);
    std::function<void(const Happening&)> on_happening = [](const Happening&) {};

  private:
    struct Faults {
        bool killed = false;
        bool unready = false;
        bool cut_off = false;
    };

    boost::asio::awaitable<bool> start_etcd();
    void start_nodes();
    void start_member(std::size_t i);
    config::Config config_of(std::size_t i) const;
    boost::asio::awaitable<bool> bootstrap();
    boost::asio::awaitable<bool> all_standby_in_etcd(model::Instant since);
    boost::asio::awaitable<void> put_switchover(std::size_t from, std::string to);
    boost::asio::awaitable<void> watch_etcd();
    void on_effect(std::size_t i, const model::Effect& effect);
    void on_entry(const std::string& node, const checker::Entry& entry);
    void fault(std::size_t i, const char* kind);
    boost::asio::awaitable<void> pause(model::Duration span);

    boost::asio::io_context& io_;
    Options options_;
    std::function<void(const std::string&)> on_failure_;
    app::BootClock clock_;
    model::Instant began_;
    std::int64_t began_realtime_ns_ = 0;
    std::uint64_t seed_ = 0;
    app::Tasks tasks_;
    std::unique_ptr<EtcdChild> etcd_;
    std::unique_ptr<etcd::Client> operator_;  ///< straight to etcd, as an operator's tools
    etcd::Keys keys_;
    std::vector<std::unique_ptr<netproxy::Proxy>> proxies_;
    std::unique_ptr<simnode::Host> nodes_;
    std::vector<app::Log> logs_;
    std::vector<std::unique_ptr<app::Member>> members_;
    std::array<Faults, kMembers> faults_{};
    HandoverMeter meter_;
    Ledger ledger_;
    std::deque<Happening> happenings_;
    bool closing_ = false;
};

std::string member_name(std::size_t i);

/// Waits; wakes early (with an error that is ignored) only when the io_context ends.
boost::asio::awaitable<void> pause_for(boost::asio::io_context& io, model::Duration span);

}  // namespace elector::demo
