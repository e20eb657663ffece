// Owns the bridge to gRPC: channels, one completion queue, and the one foreign thread, which only
// hands finished operations to the io_context. Knows bytes, not messages; no retry, no policy. Must
// never show gRPC in this header. Thread rule: everything here is called, and calls back, on the
// io_context's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "etcd/client.hpp"

namespace elector::etcd {

/// A connection (made when needed) to one endpoint.
class Channel;
using ChannelPtr = std::shared_ptr<Channel>;

/// "http://host:port" or "https://host:port", as given to Transport::connect.
const std::string& endpoint_of(const Channel& channel);

/// How an RPC ended; code 0 is success.
struct RpcStatus {
    int code = 0;
    std::string text;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Hears what a stream brings. After on_end nothing follows.
class StreamOwner {
  public:
    virtual void on_message(std::string bytes) = 0;
    virtual void on_end(RpcStatus status) = 0;

  protected:
    ~StreamOwner() = default;
};

class Call;

/// A call in flight, unary or stream. Dropping it cancels the call and silences its callbacks; what
/// gRPC still has to do goes on by itself.
class CallHandle {
  public:
    CallHandle() = default;
    explicit CallHandle(std::shared_ptr<Call> call) : call_(std::move(call)) {}
    CallHandle(CallHandle&& other) noexcept = default;
    CallHandle& operator=(CallHandle&& other) noexcept;
    ~CallHandle() { reset(); }
    void reset();
    /// Streams only: queues one message. Does nothing when the stream has ended.
    void send(const std::string& bytes);
    explicit operator bool() const { return call_ != nullptr; }

  private:
    std::shared_ptr<Call> call_;
};

struct Bridge;

class Transport {
  public:
    using Observer = std::function<void(const RpcStat&)>;
    /// Called once, from the io_context.
    using UnaryDone = std::function<void(RpcStatus, std::string reply)>;

    Transport(boost::asio::io_context& io, Observer observer);
    ~Transport() { shut(); }
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    /// `endpoint` is "http://" or "https://" and a gRPC target. Starts connecting at once.
    ChannelPtr connect(const std::string& endpoint, const Tls& tls,
                       std::chrono::milliseconds dial_timeout);

    /// `method` is a literal such as "KV/Txn".
    CallHandle unary(const ChannelPtr& channel, const char* method, const Metadata& metadata,
                     const std::string& request, std::chrono::milliseconds timeout, UnaryDone done);
    CallHandle stream(const ChannelPtr& channel, const char* method, const Metadata& metadata,
                      std::weak_ptr<StreamOwner> owner);

    void abandon_all();
    /// `idle` is called once, from the io_context, when no call is left.
    void when_idle(std::function<void()> idle);
    /// Abandons every call still there, drains the queue and joins the thread: bounded, as nothing
    /// then waits for a server. Start nothing after it.
    void shut();

  private:
    std::shared_ptr<Bridge> bridge_;
};

}  // namespace elector::etcd
