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
#include "app/log.hpp"
#include "app/member.hpp"
#include "app/resignation.hpp"

namespace elector::app {

class AdminApi final : private admin::House {
  public:
    /// What the service does for all groups.
    struct Service {
        /// What SIGHUP does; returns what was wrong.
        std::function<std::vector<std::string>()> reload;
        /// How far those who are to be told of events have been told.
        std::function<std::vector<notify::Standing>()> told;
    };

    /// `members`: one for each group, in the order of the file. Before they start: one that had
    /// resigned has so from the first.
    AdminApi(boost::asio::io_context& io, const std::vector<Member*>& members, Log& log,
             Service service);
    ~AdminApi() override;
    AdminApi(const AdminApi&) = delete;
    AdminApi& operator=(const AdminApi&) = delete;

    void start();
    /// A reload was tried; its configuration is that of the members.
    void reloaded(bool applied);
    /// Of the member of this group, before it runs.
    void on_effect(std::size_t group, const model::Effect& effect);
    /// One attempt of a call to etcd has ended, whatever group it was for.
    void on_rpc(const etcd::RpcStat& stat);
    /// Nothing new is begun.
    void stop();
    boost::asio::awaitable<void> close(std::chrono::milliseconds patience) {
        return server_.close(patience);
    }

  private:
    class Seat;

    std::span<admin::Host* const> groups() const override { return hosts_; }
    const support::LoopLag& lag() const override { return members_.front()->lag(); }
    std::vector<notify::Standing> told() const override { return service_.told(); }
    std::vector<std::string> reload() override { return service_.reload(); }

    admin::Server::Tell telling();
    void tell_regularly();
    void publish_status();
    void publish(const Seat& seat, std::string_view event, boost::json::object object);
    void publish(const Seat& seat, const model::RoleChanged& e);
    void publish(const Seat& seat, const model::Announce& e);
    void look_at_node(Seat& seat);

    std::vector<Member*> members_;
    Log& log_;
    Service service_;
    model::Instant heard_etcd_{};  ///< it is one way for all
    std::vector<std::unique_ptr<Seat>> seats_;
    std::vector<admin::Host*> hosts_;
    admin::Metrics metrics_;
    admin::Hub hub_;
    admin::Api api_;
    admin::Server server_;
    boost::asio::steady_timer timer_;
};

}  // namespace elector::app
