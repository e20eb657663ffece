// Owns all HTTP traffic to one IoTeX node: its admin, probe and web3 ports.
// Must never decide policy, retry a set, follow a redirect or use a proxy.
// Thread rule: everything on the io_context's one thread; callbacks come from there too.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "iotex/metrics_payload.hpp"
#include "iotex/result.hpp"
#include "iotex/url.hpp"
#include "iotex/web3_payload.hpp"

namespace elector::iotex {

/// Where the three servers of one node listen. Without `web3` tip() and block_number() are
/// kNotSent.
struct NodeEndpoints {
    Url admin;
    Url probe;
    std::optional<Url> web3;
    bool operator==(const NodeEndpoints&) const = default;
};

/// Bounds on what a node may send us and the pace of the connection monitor.
struct Limits {
    std::size_t header_bytes = 8 * 1024;
    std::size_t small_body_bytes = 64 * 1024;
    std::size_t web3_body_bytes = 1024 * 1024;  ///< a full block lists thousands of hashes
    std::size_t metrics_body_bytes = 4 * 1024 * 1024;
    std::chrono::milliseconds retry_fast{20};   ///< between reconnects during the first `fast_for`
    std::chrono::milliseconds fast_for{1000};   ///< counted from the first attempt
    std::chrono::milliseconds retry_slow{200};  ///< between reconnects after that
    std::chrono::milliseconds reconnect{1000};  ///< one reconnect takes at most this long
    std::chrono::milliseconds drop_unused{3000};  ///< under the node's 5 s header time-out
};

/// What happens to a port, as it happens. Whether that means a crash is for the receiver to judge.
struct PortEvent {
    enum class Port { kAdmin, kProbe };
    enum class Kind {
        kConnected,    ///< the port accepts connections: the first time, and again after the others
        kLost,         ///< EOF, RST or unasked bytes on the held connection
        kRefused,      ///< one attempt was refused; every such attempt is reported
        kUnreachable,  ///< one attempt failed in another way
    };
    Port port = Port::kAdmin;
    Kind kind = Kind::kConnected;
    bool operator==(const PortEvent&) const = default;
};

struct StatusReply {
    bool active = false;
    std::uint64_t connection = 0;  ///< names the TCP connection that answered, for activate()
    bool operator==(const StatusReply&) const = default;
};

/// Client of one node.
///
/// Each port has at most one *held* keep-alive connection. Polls reuse it; while it is idle its
/// end is reported within milliseconds (kLost). Then, and while a port cannot be connected to, a
/// monitor reconnects: at once, every `retry_fast`, later every `retry_slow`, until a connection is
/// held again; the other port joins in if it holds none. The web3 port is not monitored.
///
/// The node closes a connection on which no request came for 5 s, which would look like a crash.
/// So a connection that the monitor made and no poll used is closed by us, silently, after
/// `drop_unused`; the port is then unwatched until the next poll. Reconnecting "at once" is
/// allowed again only after an answer, so that a port that accepts and closes cannot spin us.
///
/// One read per port at a time, else kNotSent. Reads (all but the two sets) are sent a second time,
/// on a new connection and within the same time-out, when the held connection ended before the
/// first byte of the answer. Time-outs cover everything an operation does.
class NodeClient {
  public:
    using Milliseconds = std::chrono::milliseconds;
    template <class T>
    using Awaitable = boost::asio::awaitable<T>;

    /// `on_port_event` may call close() but must not destroy the client. It is never called after
    /// close().
    NodeClient(boost::asio::io_context& io, NodeEndpoints endpoints, Limits limits,
               std::function<void(PortEvent)> on_port_event);
    ~NodeClient();
    NodeClient(const NodeClient&) = delete;
    NodeClient& operator=(const NodeClient&) = delete;

    /// GET /ha. With `fresh_connection` on a new connection, which is then the held one.
    Awaitable<Result<StatusReply>> status(bool fresh_connection, Milliseconds timeout);

    /// GET /ha?activate=false on a connection of its own, at any time, beside anything else.
    /// Success only says that an answer came. After any error but kRefused, kUnreachable and
    /// kNotSent it may still take effect later.
    Awaitable<Result<void>> deactivate(Milliseconds timeout);

    /// One GET /ha?activate=true on exactly the connection that answered the status.
    /// `still_allowed` is asked last, right before the one write. kNotSent: certain that nothing
    /// left (it said no, or the connection is gone or busy). Success only says that an answer came.
    /// Any other error: it may take effect, and the connection has been reset so that nothing more
    /// can leave. Never retried. If this process dies meanwhile the kernel resets the connection
    /// too.
    Awaitable<Result<void>> activate(std::uint64_t connection, std::function<bool()> still_allowed,
                                     Milliseconds timeout);

    /// GET /health: true for ready, false for not ready. Necessary for health, not sufficient.
    Awaitable<Result<bool>> readiness(Milliseconds timeout);

    /// GET /metrics, parsed as it streams in.
    Awaitable<Result<NodeMetrics>> metrics(Milliseconds timeout);

    /// Height and time of the newest block, exact at the moment of the answer (web3).
    Awaitable<Result<Tip>> tip(Milliseconds timeout);

    /// Height of the newest block only: cheaper than tip() (web3).
    Awaitable<Result<std::uint64_t>> block_number(Milliseconds timeout);

    /// The block of that height, with who made it (web3). kMalformed also when there is none yet.
    Awaitable<Result<MadeBlock>> block(std::uint64_t height, Milliseconds timeout);

    /// Ends every pending operation (kCancelled), the monitor and all connections, without waiting.
    /// Later operations are kNotSent. Idempotent; the destructor does it too.
    void close();

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace elector::iotex
