// Owns the API of this process: its server, metrics and events, tied to the members they tell of.
// Must never hold a member up, nor end it. Thread rule: the io_context's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include "admin/api.hpp"
#include "admin/server.hpp"
#include "app/groups.hpp"
#include "app/log.hpp"

namespace elector::app {

class AdminApi final : private admin::House {
  public:
    /// `reload` does what SIGHUP does, and returns what was wrong. Before the members start: one
    /// that had resigned has so from the first.
    AdminApi(boost::asio::io_context& io, Groups& groups, Log& log,
             std::function<std::vector<std::string>()> reload);
    ~AdminApi() override;
    AdminApi(const AdminApi&) = delete;
    AdminApi& operator=(const AdminApi&) = delete;

    void start();
    /// A reload was tried; its configuration is that of the members.
    void reloaded(bool applied);
    /// Nothing new is begun.
    void stop();
    boost::asio::awaitable<void> close(std::chrono::milliseconds patience) {
        return server_.close(patience);
    }

  private:
    class Seat;

    std::span<admin::Host* const> groups() const override { return hosts_; }
    const support::LoopLag& lag() const override { return groups_.member(0).lag(); }
    std::vector<notify::Standing> told() const override { return groups_.telling().standings(); }
    std::vector<std::string> reload() override { return reload_(); }

    void follow(std::size_t group);
    void on_effect(std::size_t group, const model::Effect& effect);
    void on_event(std::size_t group, const model::Event& event);
    void on_rpc(const etcd::RpcStat& stat);
    admin::Server::Tell telling();
    void tell_regularly();
    void publish_status();
    void publish(const Seat& seat, std::string_view event, boost::json::object object);
    void publish(const Seat& seat, const model::RoleChanged& e);
    void publish(const Seat& seat, const model::Announce& e);
    void look_at_node(Seat& seat);

    Groups& groups_;
    Log& log_;
    std::function<std::vector<std::string>()> reload_;
    model::Instant heard_etcd_{};  ///< it is one way for all
    std::vector<std::unique_ptr<Seat>> seats_;
    std::vector<admin::Host*> hosts_;
    admin::Metrics metrics_;
    admin::Hub hub_;
    admin::Api api_;
    admin::Server server_;
    boost::asio::steady_timer timer_;  ///< runs while there are readers
    bool telling_ = false;             ///< and this says so
    bool stopped_ = false;
};

}  // namespace elector::app
