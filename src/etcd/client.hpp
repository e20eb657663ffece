// Owns the public face of the etcd v3 client: calls, lease keep-alive, watches, endpoint rotation.
// Must never hold election policy, nor show gRPC or protobuf to its users.
// Thread rule: every function is called, and every handler runs, on the thread of the io_context.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "etcd/error.hpp"
#include "etcd/kv.hpp"

namespace elector::etcd {

/// One finished RPC attempt (a stream counts when it ends). For metrics.
struct RpcStat {
    std::string_view method;    ///< "KV/Txn", "Watch/Watch"
    std::string_view endpoint;  ///< "http://host:port", "https://host:port"
    int grpc_code = 0;
    std::chrono::microseconds duration{0};
};

/// What a TLS connection demands and shows, as PEM text.
struct Tls {
    std::string ca_pem;       ///< who may vouch for etcd; empty: the system's roots
    std::string cert_pem;     ///< our certificate; empty: none
    std::string key_pem;      ///< its private key
    std::string server_name;  ///< to be found in etcd's certificate; empty: the endpoint's host
    bool operator==(const Tls&) const = default;
};

/// The way to etcd. A running client can be given another one.
struct Access {
    /// "http://host:port", "host:port" or, all of them, "https://host:port"; at least one.
    std::vector<std::string> endpoints;
    /// For one attempt at one endpoint. A call goes on at the next one while its own time lasts.
    std::chrono::milliseconds request_timeout{500};
    /// For making one connection.
    std::chrono::milliseconds dial_timeout{1000};
    /// For https:// only.
    Tls tls;
    /// Whom to log in; empty: nobody.
    std::string username;
    bool operator==(const Access&) const = default;
};

/// What becomes of a log-in, and of another way to etcd that the client was given.
struct AccessNotice {
    enum class Kind {
        kLoggedIn,     ///< for the first time, or after a failure
        kLoginFailed,  ///< once for each attempt
        kMoved,        ///< what was asked for last is in use; another way there was is closed
        kMoveFailed,   ///< once for each attempt; the old way stays in use and it is tried again
    };
    Kind kind = Kind::kLoggedIn;
    Error error;  ///< of the two that failed
};

struct ClientOptions : Access {
    /// Asked for at each log-in, so that it may change under a running client.
    std::function<std::string()> password;
    /// Called on the io_context's thread; must not call back into the client. May be empty.
    std::function<void(const AccessNotice&)> on_access;
    /// For the jitter of back-offs: give each client its own, so that they do not retry in step.
    std::uint32_t seed = 1;
    /// Called on the io_context's thread; must not call back into the client. May be empty.
    std::function<void(const RpcStat&)> on_rpc;
};

struct CallOptions {
    /// For the whole call with all its attempts.
    std::chrono::milliseconds timeout{2000};
    /// When an attempt has been silent for this long, the same request also goes to the next
    /// endpoint and the first success wins. Only for reads and for what is marked idempotent.
    std::optional<std::chrono::milliseconds> hedge_after;
    /// A write that may be repeated although its first outcome is unknown. Reads always may. A
    /// transaction whose branches only read counts as a read.
    bool idempotent = false;
    /// Attempts altogether; 0: as many as the time allows.
    int max_attempts = 0;
};

struct RangeReply {
    Header header;
    std::vector<KeyValue> kvs;
    std::int64_t count = 0;  ///< keys in the range, whatever the limit
    bool more = false;       ///< the limit cut some off
    bool operator==(const RangeReply&) const = default;
};

struct PutReply {
    Header header;
    bool operator==(const PutReply&) const = default;
};

struct DeleteReply {
    Header header;
    std::int64_t deleted = 0;
    bool operator==(const DeleteReply&) const = default;
};

struct LeaseGrant {
    Header header;
    std::int64_t id = 0;
    std::int64_t ttl_seconds = 0;  ///< as granted; etcd raises short ones silently
    bool operator==(const LeaseGrant&) const = default;
};

struct LeaseTtl {
    Header header;
    std::int64_t ttl_seconds = 0;  ///< what remains; -1: there is no such lease
    std::int64_t granted_ttl_seconds = 0;
    bool operator==(const LeaseTtl&) const = default;
};

/// Answer to one keep-alive. Never a proof of holding anything: a member cut off from the others
/// may acknowledge a lease that is gone.
struct KeepAlive {
    Header header;
    std::int64_t ttl_seconds = 0;  ///< 0 or less: the lease is gone
    bool operator==(const KeepAlive&) const = default;
};

struct MemberInfo {
    std::uint64_t id = 0;
    std::string name;
    std::vector<std::string> peer_urls;
    std::vector<std::string> client_urls;
    bool is_learner = false;
    bool operator==(const MemberInfo&) const = default;
};

struct MemberListReply {
    Header header;
    std::vector<MemberInfo> members;
    bool operator==(const MemberListReply&) const = default;
};

struct StatusReply {
    Header header;
    std::string version;
    std::int64_t db_size_bytes = 0;
    std::uint64_t leader_id = 0;  ///< 0: the member knows of no leader
    std::uint64_t raft_index = 0;
    std::uint64_t raft_term = 0;
    std::vector<std::string> errors;
    bool is_learner = false;
    bool operator==(const StatusReply&) const = default;
};

/// `range_end` empty: the single key. For a prefix: {prefix, prefix_end(prefix)}.
struct WatchRange {
    std::string key;
    std::string range_end;
    bool operator==(const WatchRange&) const = default;
};

struct WatchOptions {
    /// All on one stream. With none, the watch never says anything.
    std::vector<WatchRange> ranges;
    /// First revision wanted: header revision of a linearizable read, plus one. 0: from now on.
    std::int64_t start_revision = 0;
    /// Ask for the value before each event.
    bool previous = false;
    /// After this much silence the stream is probed; unanswered for a request time-out, it is
    /// replaced by one at the next endpoint.
    std::chrono::milliseconds progress_interval{2500};
};

/// Every range that is not refused is being watched. `header` is the serving member's, which may
/// lag.
struct WatchConnected {
    Header header;
    std::string endpoint;
};
/// The stream is lost, or the first one cannot be made; being repaired. Said once until connected.
struct WatchInterrupted {
    Error error;
};
/// One range among several is refused, by its place in the options; the others are watched. It is
/// asked for again every second, and this is said once until it is admitted.
struct WatchRefused {
    std::size_t range = 0;
    Error error;
};
/// A range that was refused is watched now. `from_now`: what was before is not known.
struct WatchAdmitted {
    std::size_t range = 0;
    bool from_now = false;
};
/// Events of one range, in order, whole revisions only.
struct WatchBatch {
    Header header;
    std::vector<WatchEvent> events;
    std::size_t range = 0;  ///< its place in the options
};
/// Some events are lost for good: history was compacted, or the store was set back. Read everything
/// again; the watch goes on at `next_revision`, so that a read begun after this misses nothing.
struct WatchResync {
    std::int64_t compact_revision = 0;  ///< 0: the store was set back
    std::int64_t next_revision = 0;
};
using WatchNotice = std::variant<WatchConnected, WatchInterrupted, WatchRefused, WatchAdmitted,
                                 WatchBatch, WatchResync>;
using WatchHandler = std::function<void(const WatchNotice&)>;

class Watcher;
class ClientCore;

/// A running watch. Destroying or stopping it ends it: the handler is not called again, not even if
/// that happens inside the handler.
class Watch {
  public:
    Watch() = default;
    explicit Watch(std::shared_ptr<Watcher> watcher);
    Watch(Watch&& other) noexcept;
    Watch& operator=(Watch&& other) noexcept;
    ~Watch();
    /// Another range in the place of one, with its events from `next_revision` on. From now on no
    /// batch of the old one is delivered. The others go on, and nothing is told of it.
    void set_range(std::size_t index, WatchRange range, std::int64_t next_revision);
    void stop();

  private:
    std::shared_ptr<Watcher> watcher_;
};

/// An etcd v3 client. Reads are linearizable. Cancelling the awaiting coroutine cancels the call.
///
/// A write whose outcome is unknown is given back as such unless it is marked idempotent. An
/// idempotent one may have been executed more than once, and the reply is that of one execution.
class Client {
  public:
    /// Throws std::invalid_argument when the endpoints are malformed or none. The io_context must
    /// outlive the client. No connection is awaited.
    Client(boost::asio::io_context& io, ClientOptions options);
    /// Cancels what is pending; its handlers run (as cancelled) if the io_context still does.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    boost::asio::awaitable<Result<TxnReply>> txn(Txn request, CallOptions options = {});
    /// Several in one request and at one revision, each judged by its own conditions: etcd's nested
    /// transactions. A key may be written once in all of them. What makes one invalid, such as a
    /// lease that is gone, is the error of all, and then nothing is written. Whether the user has a
    /// right to a key, etcd may look at in the first alone. REQUIRES: one at least.
    /// Source: etcd API, RequestOp.request_txn (from 3.3 on).
    boost::asio::awaitable<Result<std::vector<TxnReply>>> txns(std::vector<Txn> each,
                                                               CallOptions options = {});
    boost::asio::awaitable<Result<RangeReply>> range(RangeOp op, CallOptions options = {});
    boost::asio::awaitable<Result<PutReply>> put(PutOp op, CallOptions options = {});
    boost::asio::awaitable<Result<DeleteReply>> remove(DeleteOp op, CallOptions options = {});

    /// `id` is the caller's own random positive number, which makes a repeated grant recognisable:
    /// a lease that an earlier attempt of this same call has made is a success. kLeaseExists: it
    /// was there before.
    boost::asio::awaitable<Result<LeaseGrant>> lease_grant(std::int64_t id,
                                                           std::int64_t ttl_seconds,
                                                           CallOptions options = {});
    /// kLeaseNotFound: it was gone already.
    boost::asio::awaitable<Result<void>> lease_revoke(std::int64_t id, CallOptions options = {});
    boost::asio::awaitable<Result<LeaseTtl>> lease_time_to_live(std::int64_t id,
                                                                CallOptions options = {});
    /// One keep-alive, sent and answered on the stream that all leases share. A broken or silent
    /// stream is replaced by one at the next endpoint and the question asked again while `timeout`
    /// lasts. A lease that has expired answers only when etcd has revoked it.
    boost::asio::awaitable<Result<KeepAlive>> keep_alive(std::int64_t id,
                                                         std::chrono::milliseconds timeout);

    boost::asio::awaitable<Result<MemberListReply>> member_list(CallOptions options = {});
    /// Asks this very endpoint, which need not be among the configured ones; one attempt.
    boost::asio::awaitable<Result<StatusReply>> status(std::string endpoint);

    /// Starts a watch. The handler is called from the io_context, never from inside this function.
    [[nodiscard]] Watch watch(WatchOptions options, WatchHandler handler);

    /// Another way to etcd: other endpoints, certificates, user or time-outs. Nothing is given up
    /// for it: it is taken when one of its endpoints has answered over it (and has logged in its
    /// user), and is tried once a second until then. Then calls in flight finish where they are,
    /// and streams go on at the new connections. A later call replaces an earlier one. An error
    /// is one of form; nothing happens then.
    Result<void> set_access(Access access);
    /// Those in use.
    std::vector<std::string> endpoints() const;

    /// Refuses new calls, cancels the pending ones, ends the streams, and returns when nothing is
    /// left in flight. Bounded: it waits for no server. Always runs to its end.
    boost::asio::awaitable<void> close();

  private:
    std::shared_ptr<ClientCore> core_;
};

}  // namespace elector::etcd
