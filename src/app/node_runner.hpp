// Owns how the core's node effects become HTTP requests to the node beside us, and their outcomes
// events. Must never retry a set or judge an answer. Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <memory>

#include "app/boot_clock.hpp"
#include "app/log.hpp"
#include "app/tasks.hpp"
#include "iotex/node_client.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace elector::app {

class NodeRunner {
  public:
    using Post = std::function<void(model::Event)>;

    NodeRunner(boost::asio::io_context& io, const Clock& clock, iotex::NodeEndpoints endpoints,
               model::Duration request_timeout, Tasks& tasks, Log& log, Post post);

    /// True when the effect was a node effect and has been started.
    bool run(const model::Effect& effect);
    /// New probe or web3 address: new connections; what was pending ends as failed.
    void replace(iotex::NodeEndpoints endpoints, model::Duration request_timeout);
    /// One last deactivation, whatever the state (broken invariant). Best effort.
    boost::asio::awaitable<void> deactivate_once();
    void close();

  private:
    using ClientPtr = std::shared_ptr<iotex::NodeClient>;
    ClientPtr make_client(iotex::NodeEndpoints endpoints);
    void start_status(const model::QueryStatus& effect);
    boost::asio::awaitable<void> status(ClientPtr client, model::QueryStatus effect,
                                        std::shared_ptr<boost::asio::cancellation_signal> keep);
    boost::asio::awaitable<void> deactivate(ClientPtr client, model::Deactivate effect);
    boost::asio::awaitable<void> activate(ClientPtr client, model::Activate effect);
    boost::asio::awaitable<void> readiness(ClientPtr client, model::ReadReadiness effect);
    boost::asio::awaitable<void> tip(ClientPtr client, model::ReadTip effect);
    boost::asio::awaitable<void> metrics(ClientPtr client, model::ReadMetrics effect);
    model::NodeFailure failed(const iotex::Error& error, const char* what);

    boost::asio::io_context& io_;
    const Clock& clock_;
    std::chrono::milliseconds request_timeout_;
    Tasks& tasks_;
    Log& log_;
    Post post_;
    ClientPtr client_;
    /// Of the status query that runs; shared with it, because a newer one may replace it here.
    std::shared_ptr<boost::asio::cancellation_signal> status_cancel_;
    std::string last_failure_;  ///< said once until it changes
};

}  // namespace elector::app
