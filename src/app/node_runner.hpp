// Owns how the core's node effects become HTTP requests to the node beside us, and their outcomes
// events. Must never retry a set or judge an answer. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <memory>

#include "app/boot_clock.hpp"
#include "app/log.hpp"
#include "app/tasks.hpp"
#include "core/effect.hpp"
#include "core/event.hpp"
#include "iotex/node_client.hpp"

namespace elector::app {

class NodeRunner {
  public:
    using Post = std::function<void(core::Event)>;

    NodeRunner(boost::asio::io_context& io, const Clock& clock, iotex::NodeEndpoints endpoints,
               core::Duration set_timeout, Tasks& tasks, Log& log, Post post);

    /// True when the effect was a node effect and has been started.
    bool run(const core::Effect& effect);
    /// New probe or web3 address: new connections; what was pending ends as failed.
    void replace(iotex::NodeEndpoints endpoints, core::Duration set_timeout);
    /// One last deactivation, whatever the state (broken invariant). Best effort.
    boost::asio::awaitable<void> deactivate_once();
    void close();

  private:
    using ClientPtr = std::shared_ptr<iotex::NodeClient>;
    ClientPtr make_client(iotex::NodeEndpoints endpoints);
    void start_status(const core::QueryStatus& effect);
    boost::asio::awaitable<void> status(ClientPtr client, core::QueryStatus effect,
                                        std::shared_ptr<boost::asio::cancellation_signal> keep);
    boost::asio::awaitable<void> deactivate(ClientPtr client, core::Deactivate effect);
    boost::asio::awaitable<void> activate(ClientPtr client, core::Activate effect);
    boost::asio::awaitable<void> readiness(ClientPtr client, core::ReadReadiness effect);
    boost::asio::awaitable<void> tip(ClientPtr client, core::ReadTip effect);
    boost::asio::awaitable<void> metrics(ClientPtr client, core::ReadMetrics effect);
    core::NodeFailure failed(const iotex::Error& error, const char* what);

    boost::asio::io_context& io_;
    const Clock& clock_;
    std::chrono::milliseconds set_timeout_;
    Tasks& tasks_;
    Log& log_;
    Post post_;
    ClientPtr client_;
    /// Of the status query that runs; shared with it, because a newer one may replace it here.
    std::shared_ptr<boost::asio::cancellation_signal> status_cancel_;
    std::string last_failure_;  ///< said once until it changes
};

}  // namespace elector::app
