// Owns one connection to the API: HTTP/1.1 in and out, its limits and deadlines, TLS. Free of
// Beast; the one source file that needs it is behind this. Must never know what a path means.
// Thread rule: the io_context's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "admin/events.hpp"
#include "admin/message.hpp"

namespace elector::admin {

struct Limits {
    std::uint32_t header_bytes = 8 * 1024;
    std::size_t body_bytes = 64 * 1024;
    std::chrono::milliseconds request{10'000};  ///< from waiting for it to its last byte; and for
                                                ///< the answer to leave, or one event
    std::size_t connections = 64;
};

/// What answers. Must not throw.
struct Responder {
    std::function<boost::asio::awaitable<Answer>(const Request&)> answer;
    /// To the events of a group; empty: of all.
    std::function<std::shared_ptr<Subscription>(const std::string& group)> subscribe;
};

class Connection {
  public:
    virtual ~Connection() = default;
    /// Answers request after request until one side has enough. The caller keeps the connection and
    /// the responder meanwhile.
    virtual boost::asio::awaitable<void> serve() = 0;
    /// Every request is answered with this one answer, and the connection ended.
    virtual void refuse_with(Answer answer) = 0;
    /// Since when it waits for a request, or for the rest of one; none: it is being answered.
    virtual std::optional<std::chrono::steady_clock::time_point> waiting_since() const = 0;
    /// An answer that is under way may still leave; nothing is begun.
    virtual void finish() = 0;
    /// At once.
    virtual void close() = 0;
};

/// One request from bytes that are all there, as a connection reads it; or the refusal that it
/// would answer with; or neither: nobody could be answered. Bytes behind the request are the next
/// one's.
struct ReadRequest {
    std::optional<Request> request;
    std::optional<Answer> refusal;
};
ReadRequest read_request(std::string_view bytes, const Limits& limits);

/// `tls` empty: in clear.
std::shared_ptr<Connection> make_connection(boost::asio::ip::tcp::socket socket,
                                            std::shared_ptr<boost::asio::ssl::context> tls,
                                            const Responder& responder, Limits limits);

}  // namespace elector::admin
