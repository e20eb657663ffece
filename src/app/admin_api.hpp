// Owns the API of this member: its server, metrics and events, tied to the member they tell of.
// Must never hold the member up, nor end it. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "admin/api.hpp"
#include "admin/server.hpp"
#include "app/groups.hpp"
#include "app/log.hpp"
#include "app/resignation.hpp"

namespace elector::app {

class AdminApi final : private admin::Host {
  public:
    /// `reload` does what SIGHUP does, and returns what was wrong. Before the member starts: one
    /// that had resigned has so from the first.
    AdminApi(boost::asio::io_context& io, Groups& groups, Log& log,
             std::function<std::vector<std::string>()> reload);

    void start();
    /// A reload was tried; its configuration is that of the member.
    void reloaded(bool applied);
    void on_effect(const model::Effect& effect);
    /// Nothing new is begun.
    void stop();
    boost::asio::awaitable<void> close(std::chrono::milliseconds patience) {
        return server_.close(patience);
    }

  private:
    const core::State& state() const override { return member_.state(); }
    const model::Policy& policy() const override { return member_.policy(); }
    const config::Config& config() const override { return member_.config(); }
    model::Instant now() const override { return member_.now(); }
    const support::LoopLag& lag() const override { return member_.lag(); }
    bool etcd_answers() const override { return member_.etcd_answers(); }
    bool guardian_answers() const override { return member_.guardian_answers(); }
    std::vector<notify::Standing> told() const override { return groups_.telling().standings(); }
    std::vector<std::string> reload() override { return reload_(); }
    orders::Desk& orders() override { return desk_; }
    std::int64_t wall_clock_ms() const override;
    model::Instant heard_etcd() const override { return heard_etcd_; }
    boost::asio::awaitable<admin::HistoryRead> history() override;
    std::optional<std::int64_t> resigned_unix_ms() const override { return resignation_.unix_ms(); }
    std::optional<std::string> would() const override { return member_.would(); }
    std::string resign() override;
    std::string rejoin() override;

    admin::Server::Tell telling();
    void listen(const model::Event& event);
    void tell_resigned();
    void tell_regularly();
    void publish(const model::RoleChanged& e);
    void publish(const model::Announce& e);
    void look_at_node();

    Groups& groups_;
    Member& member_;
    Log& log_;
    std::function<std::vector<std::string>()> reload_;
    orders::Desk desk_;
    Resignation resignation_;
    model::Instant heard_etcd_{};
    admin::Metrics metrics_;
    admin::Hub hub_;
    admin::Api api_;
    admin::Server server_;
    boost::asio::steady_timer timer_;
    std::string node_;  ///< as last published
};

}  // namespace elector::app
