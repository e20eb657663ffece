#include "iotex/port.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace elector::iotex {
namespace {

namespace asio = boost::asio;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

Exchange failed(Error cause) {
    Exchange exchange;
    exchange.failure = std::move(cause);
    return exchange;
}

Exchange not_sent(std::string_view cause) {
    return failed(Error(ErrorKind::kNotSent, std::string(cause)));
}

void rethrow(std::exception_ptr escaped) {
    if (escaped) std::rethrow_exception(escaped);
}

}  // namespace

IoClock::time_point RetryPace::next(IoClock::time_point now) const {
    if (!first_) return now;
    const bool fast = now - *first_ < limits_.fast_for;
    return std::max(now, last_ + (fast ? limits_.retry_fast : limits_.retry_slow));
}

void RetryPace::tried(IoClock::time_point now) {
    if (!first_) first_ = now;
    last_ = now;
}

/// Marks the one query of a port, also when its coroutine is destroyed half-way.
class Port::Querying {
  public:
    explicit Querying(bool& flag) : flag_(flag) { flag_ = true; }
    ~Querying() { flag_ = false; }
    Querying(const Querying&) = delete;
    Querying& operator=(const Querying&) = delete;

  private:
    bool& flag_;
};

Port::Port(asio::io_context& io, Url url, const Limits& limits, OnEvent on_event)
    : io_(io),
      url_(std::move(url)),
      limits_(limits),
      on_event_(std::move(on_event)),
      retry_(io),
      pace_(limits) {}

asio::awaitable<Exchange> Port::query(const Request& request, bool fresh,
                                      IoClock::time_point deadline) {
    if (closed_) co_return not_sent("the client is closed [client:closed]");
    if (querying_) co_return not_sent("another query of this port is in flight [client:busy]");
    const Querying querying(querying_);
    Exchange exchange = co_await query_with_retry(request, fresh, deadline);
    // Only now: a retry is itself the first attempt to reconnect.
    if (exchange.ended_by_peer()) ensure_monitor();
    co_return exchange;
}

asio::awaitable<Exchange> Port::query_with_retry(const Request& request, bool fresh,
                                                 IoClock::time_point deadline) {
    if (!fresh && held()) {
        const ConnectionPtr connection = held_;
        if (connection->busy()) {
            co_return not_sent("an activation is in flight on the held connection [client:busy]");
        }
        Exchange exchange = co_await connection->exchange(request, deadline);
        settle(connection, exchange, false);
        const bool again = exchange.ended_by_peer() && !exchange.answered && !closed_;
        if (!again) co_return exchange;
    }
    auto opened = co_await open(deadline);
    if (!opened) co_return failed(opened.error());
    const ConnectionPtr connection = *opened;
    Exchange exchange = co_await connection->exchange(request, deadline);
    settle(connection, exchange, true);
    co_return exchange;
}

asio::awaitable<Exchange> Port::query_apart(const Request& request, IoClock::time_point deadline) {
    if (closed_) co_return not_sent("the client is closed [client:closed]");
    auto opened = co_await open(deadline);
    if (!opened) co_return failed(opened.error());
    const ConnectionPtr connection = *opened;
    Exchange exchange = co_await connection->exchange(request, deadline);
    if (!exchange.failure) pace_.answered();
    if (exchange.ended_by_peer()) ensure_monitor();
    co_return exchange;
}

asio::awaitable<Exchange> Port::query_on(std::uint64_t connection, const Request& request,
                                         IoClock::time_point deadline) {
    if (closed_) co_return not_sent("the client is closed [client:closed]");
    const ConnectionPtr wanted = held();
    if (!wanted || wanted->id() != connection) {
        co_return not_sent("the connection that answered the status is gone [client:stale]");
    }
    if (wanted->busy()) co_return not_sent("that connection is busy [client:busy]");
    if (!wanted->healthy()) {
        wanted->close();
        on_idle_end(connection, HttpConnection::IdleEnd::kByPeer);
        co_return not_sent("the node just ended that connection [client:stale]");
    }
    Exchange exchange = co_await wanted->exchange(request, deadline);
    settle(wanted, exchange, false);
    if (exchange.ended_by_peer()) ensure_monitor();
    co_return exchange;
}

asio::awaitable<Result<Port::ConnectionPtr>> Port::open(IoClock::time_point deadline) {
    const ConnectionPtr connection = make_connection();
    const auto outcome = co_await connection->connect(url_, deadline);
    if (!closed_) note_connect(outcome);
    if (!outcome) co_return outcome.error();
    co_return connection;
}

Port::ConnectionPtr Port::make_connection() {
    const auto gone = [](const auto& connection) { return connection.expired(); };
    connections_.erase(std::remove_if(connections_.begin(), connections_.end(), gone),
                       connections_.end());
    auto connection = std::make_shared<HttpConnection>(io_, ++last_id_);
    connections_.push_back(connection);
    return connection;
}

/// The held connection, forgotten first if a cancelled operation closed it.
const Port::ConnectionPtr& Port::held() {
    if (held_ && !held_->is_open()) held_.reset();
    return held_;
}

void Port::hold(const ConnectionPtr& connection) {
    if (held_ && held_ != connection && !held_->busy()) held_->close();
    held_ = connection;
    auto on_end = [weak = weak_from_this(), id = connection->id()](HttpConnection::IdleEnd why) {
        if (const auto self = weak.lock()) self->on_idle_end(id, why);
    };
    connection->watch(limits_.drop_unused, std::move(on_end));
}

/// Decides what becomes of a connection after an exchange. `adopt`: it may replace the held one.
void Port::settle(const ConnectionPtr& connection, const Exchange& exchange, bool adopt) {
    if (!exchange.failure) pace_.answered();
    const bool was_held = held_ == connection;
    if (exchange.reusable && !closed_ && (adopt || was_held)) return hold(connection);
    connection->close();
    if (!was_held) return;
    held_.reset();
    if (exchange.ended_by_peer()) note_lost();
}

void Port::on_idle_end(std::uint64_t connection, HttpConnection::IdleEnd why) {
    if (!held_ || held_->id() != connection) return;
    held_.reset();
    if (why == HttpConnection::IdleEnd::kUnused) return;
    note_lost();
    ensure_monitor();
}

void Port::note_lost() {
    up_ = false;
    emit(PortEvent::Kind::kLost);
}

void Port::note_connect(const Result<void>& outcome) {
    if (outcome) {
        if (!std::exchange(up_, true)) emit(PortEvent::Kind::kConnected);
        return;
    }
    if (outcome.error().kind == ErrorKind::kCancelled) return;
    up_ = false;
    emit(outcome.error().kind == ErrorKind::kRefused ? PortEvent::Kind::kRefused
                                                     : PortEvent::Kind::kUnreachable);
    ensure_monitor();
}

void Port::ensure_monitor() {
    if (closed_ || monitoring_ || held() || !on_event_) return;
    monitoring_ = true;
    asio::co_spawn(io_, monitor(shared_from_this()), rethrow);
    // A crash takes both ports: find out about the other one, too, if nothing watches it.
    if (const auto partner = partner_.lock()) partner->ensure_monitor();
}

asio::awaitable<void> Port::monitor(std::shared_ptr<Port> self) {
    for (;;) {
        self->retry_.expires_at(self->pace_.next(IoClock::now()));
        co_await self->retry_.async_wait(kTuple);
        if (self->closed_ || self->held()) break;
        self->pace_.tried(IoClock::now());
        auto opened = co_await self->open(IoClock::now() + self->limits_.reconnect);
        if (self->closed_) break;
        if (opened && !self->held()) self->hold(*opened);
        if (self->held()) break;
    }
    self->monitoring_ = false;
}

void Port::emit(PortEvent::Kind kind) {
    if (!closed_ && on_event_) on_event_(kind);
}

void Port::close() {
    closed_ = true;
    retry_.cancel();
    held_.reset();
    for (const auto& weak : connections_) {
        if (const auto connection = weak.lock()) connection->close();
    }
    connections_.clear();
}

}  // namespace elector::iotex
