// Owns one port of the node: its held connection, the monitor that brings it back, its events.
// Must never send a request by itself, nor send a set twice.
// Thread rule: the io_context's one thread. Always held by shared_ptr; a caller that awaits one of
// its coroutines keeps its own reference until that returns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "iotex/http_connection.hpp"
#include "iotex/node_client.hpp"

namespace elector::iotex {

/// When the monitor may try again: at once after an answer, then quickly, then slowly.
class RetryPace {
  public:
    explicit RetryPace(const Limits& limits) : limits_(limits) {}
    IoClock::time_point next(IoClock::time_point now) const;
    void tried(IoClock::time_point now);
    void answered() { first_.reset(); }

  private:
    Limits limits_;
    std::optional<IoClock::time_point> first_;
    IoClock::time_point last_{};
};

class Port : public std::enable_shared_from_this<Port> {
  public:
    using ConnectionPtr = std::shared_ptr<HttpConnection>;
    using OnEvent = std::function<void(PortEvent::Kind)>;

    /// Without `on_event` the port is not monitored: a connection that ends is just forgotten.
    Port(boost::asio::io_context& io, Url url, const Limits& limits, OnEvent on_event);

    /// The other monitored port of the same node: it is checked too when this one goes away.
    void set_partner(const std::shared_ptr<Port>& partner) { partner_ = partner; }

    /// For reads: on the held connection, or on a new one that is then held. May send it twice.
    /// kNotSent while another query runs or the held connection is busy.
    boost::asio::awaitable<Exchange> query(const Request& request, bool fresh,
                                           IoClock::time_point deadline);

    /// For deactivation: on a new connection that is closed afterwards, beside anything else.
    boost::asio::awaitable<Exchange> query_apart(const Request& request,
                                                 IoClock::time_point deadline);

    /// For activation: on exactly this held connection, or kNotSent.
    boost::asio::awaitable<Exchange> query_on(std::uint64_t connection, const Request& request,
                                              IoClock::time_point deadline);

    void close();
    const Url& url() const { return url_; }

  private:
    class Querying;

    static boost::asio::awaitable<void> monitor(std::shared_ptr<Port> self);
    boost::asio::awaitable<Result<ConnectionPtr>> open(IoClock::time_point deadline);
    boost::asio::awaitable<Exchange> query_with_retry(const Request& request, bool fresh,
                                                      IoClock::time_point deadline);
    ConnectionPtr make_connection();
    const ConnectionPtr& held();
    void hold(const ConnectionPtr& connection);
    void settle(const ConnectionPtr& connection, const Exchange& exchange, bool adopt);
    void on_idle_end(std::uint64_t connection, HttpConnection::IdleEnd why);
    void note_lost();
    void note_connect(const Result<void>& outcome);
    void ensure_monitor();
    void emit(PortEvent::Kind kind);

    boost::asio::io_context& io_;
    Url url_;
    Limits limits_;
    OnEvent on_event_;
    std::weak_ptr<Port> partner_;
    ConnectionPtr held_;
    std::vector<std::weak_ptr<HttpConnection>> connections_;  ///< all alive, for close()
    boost::asio::steady_timer retry_;
    RetryPace pace_;
    std::uint64_t last_id_ = 0;
    bool up_ = false;
    bool querying_ = false;
    bool monitoring_ = false;
    bool closed_ = false;
};

}  // namespace elector::iotex
