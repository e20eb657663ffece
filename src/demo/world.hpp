// Owns everything the demo runs: etcd and the members as processes, simulated nodes and proxies in
// this one; the faults that can be put on them; and what is known of them: by their logs, by etcd,
// by the nodes themselves and by the kernel. Must never decide an election.
// Thread rule: the io_context's thread, which is the main thread.
#pragma once

#include <array>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/boot_clock.hpp"
#include "app/tasks.hpp"
#include "config/config.hpp"
#include "demo/account.hpp"
#include "demo/etcd_child.hpp"
#include "demo/folder.hpp"
#include "demo/handover.hpp"
#include "demo/ledger.hpp"
#include "demo/options.hpp"
#include "demo/ports.hpp"
#include "demo/service.hpp"
#include "etcd/client.hpp"
#include "etcd/transactions.hpp"
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

    /// A node as it is, not as a member sees it.
    struct NodeTruth {
        bool running = false;
        bool active = false;
        std::uint64_t tip = 0;
    };

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
    void kill_elector(std::size_t member);
    void freeze_elector(std::size_t member);
    void kill_guardian(std::size_t member);
    void heal();
    /// The holder is asked to hand over to the best of the others.
    void order_switchover();

    // --- what is known
    bool ready() const { return !members_.empty(); }
    /// The member that leads with a verified active node, if it is the only one.
    std::optional<std::size_t> leader() const;
    /// The member that leads, or is letting go.
    std::optional<std::size_t> holder() const;
    /// Members other than the leader that are queued and fit.
    std::size_t successors() const;
    /// Where a member's dashboard is: the same after a restart of its elector.
    std::string dashboard(std::size_t i) const;
    const Account& account(std::size_t i) const { return members_[i]->account; }
    Processes processes(std::size_t i) const { return members_[i]->service->processes(); }
    std::vector<NodeTruth> nodes() const;
    /// What etcd said last.
    const model::ElectionView& view() const { return view_; }
    /// The first member's; they differ in names and addresses only. REQUIRES: ready().
    const config::Config& config() const { return *config_; }
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
    struct Member {
        std::unique_ptr<netproxy::Proxy> way_to_etcd;
        std::unique_ptr<Service> service;
        Account account;
    };

    boost::asio::awaitable<bool> start_etcd();
    void start_nodes();
    void start_member(std::size_t i);
    std::string configuration_of(std::size_t i, std::uint16_t etcd_port) const;
    std::string configuration_file(std::size_t i) const;
    boost::asio::awaitable<bool> bootstrap();
    boost::asio::awaitable<void> look();
    boost::asio::awaitable<void> watch();
    boost::asio::awaitable<void> put_switchover(std::size_t from, std::string to);
    void on_line(std::size_t i, const std::string& text);
    void on_entry(const std::string& node, const checker::Entry& entry);
    void fault(std::size_t i, const char* kind);
    void strike(std::size_t i, Kind kind, const std::string& what);
    boost::asio::awaitable<void> pause(model::Duration span);

    boost::asio::io_context& io_;
    Options options_;
    std::function<void(const std::string&)> on_failure_;
    app::BootClock clock_;
    model::Instant began_;
    model::Instant epoch_;  ///< of 1970-01-01
    std::uint64_t seed_ = 0;
    std::ofstream log_;  ///< of --log
    app::Tasks tasks_;
    Folder folder_;
    std::array<std::uint16_t, kMembers> api_ports_;
    std::unique_ptr<EtcdChild> etcd_;
    std::unique_ptr<etcd::Client> operator_;  ///< straight to etcd, as an operator's tools
    etcd::Keys keys_;
    model::ElectionView view_;
    std::optional<config::Config> config_;
    std::unique_ptr<simnode::Host> nodes_;
    std::vector<std::unique_ptr<Member>> members_;
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
