// Owns one TCP connection to one port of the node: connecting, one HTTP exchange at a time, and the
// watch for its end while it is idle. Free of Beast; the one source file that needs Beast is behind
// it. Must never retry, follow a redirect or know what a request means. Thread rule: the
// io_context's one thread. Always held by shared_ptr; a caller that awaits one of its coroutines
// keeps its own reference until that returns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "iotex/result.hpp"
#include "iotex/url.hpp"
#include "support/timer.hpp"

namespace elector::iotex {

using IoClock = std::chrono::steady_clock;

/// One request and what its answer may look like. A class with a constructor so that it can be
/// passed through co_await expressions safely.
struct Request {
    Request(std::string t, std::size_t header, std::size_t body,
            std::function<void(std::string_view)> s)
        : text(std::move(t)), header_limit(header), body_limit(body), sink(std::move(s)) {}
    std::string text;  ///< the whole request, a few hundred bytes
    std::size_t header_limit;
    std::size_t body_limit;
    std::function<void(std::string_view)>
        sink;  ///< receives the body in pieces, whatever the status
    /// When set: asked right before the write, which it can forbid; and the connection is reset
    /// (RST) instead of closed when it is abandoned.
    std::function<bool()> still_allowed;
};

/// How an exchange went.
struct Exchange {
    std::optional<Error> failure;  ///< text: only the cause. Empty: a whole answer came
    unsigned status = 0;           ///< HTTP status of a whole answer
    bool sent = false;             ///< some bytes of the request may have left
    bool answered = false;         ///< at least one byte of an answer came
    bool reusable = false;         ///< the connection can carry another request
    std::uint64_t connection = 0;

    /// The peer ended the connection instead of (completely) answering.
    bool ended_by_peer() const {
        return failure &&
               (failure->kind == ErrorKind::kClosed || failure->kind == ErrorKind::kReset);
    }
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
  public:
    enum class IdleEnd {
        kByPeer,  ///< EOF, RST, or bytes that nobody asked for
        kUnused,  ///< the time allowed without a request is over
    };

    HttpConnection(boost::asio::io_context& io, std::uint64_t id);
    /// Closes explicitly: left to itself, Asio's socket turns a demanded reset into a normal end.
    ~HttpConnection() { close(); }
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    /// Errors: kRefused, kTimeout, kUnreachable, kCancelled. Text: only the cause.
    boost::asio::awaitable<Result<void>> connect(const Url& url, IoClock::time_point deadline);

    /// REQUIRES: connected and not busy. The write is one send(2) made before the first suspension.
    boost::asio::awaitable<Exchange> exchange(const Request& request, IoClock::time_point deadline);

    /// Calls `on_end` once when the idle connection ends, after closing it. A connection that
    /// carried no request yet is closed after `drop_unused`.
    void watch(std::chrono::milliseconds drop_unused, std::function<void(IdleEnd)> on_end);

    /// Open, and no end or unasked bytes are waiting in the socket right now.
    bool healthy();

    /// Ends a pending exchange with kCancelled and the watch without a call.
    void close();

    bool is_open() const { return socket_.is_open(); }
    bool busy() const { return busy_; }
    std::uint64_t id() const { return id_; }

  private:
    class Turn;

    void arm(IoClock::time_point at, std::function<void()> on_expiry);
    void wait_for_end(std::shared_ptr<std::function<void(IdleEnd)>> on_end);
    bool send(const Request& request, Exchange& result);
    boost::asio::awaitable<void> receive(const Request& request, Exchange& result);
    bool reset_on_close(bool on);
    Error describe(const boost::system::error_code& failure, ErrorKind otherwise) const;

    boost::asio::ip::tcp::socket socket_;
    support::Timer timer_;
    std::uint64_t id_;
    std::uint64_t turn_ = 0;  ///< changes with every new use; handlers of an earlier use do nothing
    bool busy_ = false;
    bool used_ = false;
    bool timed_out_ = false;
};

}  // namespace elector::iotex
