// Owns one unary call with all its attempts: time-out, rotation, retry, hedge.
// Must never repeat a write of unknown outcome unless it is marked idempotent.
// Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "etcd/backoff.hpp"
#include "etcd/core.hpp"
#include "support/timer.hpp"

namespace elector::etcd {

struct CallPlan {
    const char* method = "";  ///< a literal such as "KV/Txn"
    std::string request;
    bool writes = false;
    CallOptions options;
    ChannelPtr only;  ///< when set: this endpoint and no other, preferred or not
};

/// The reply's bytes.
using Outcome = Result<std::string>;

class CallRun final : public Stoppable, public std::enable_shared_from_this<CallRun> {
  public:
    using Done = std::function<void(Outcome)>;
    using Clock = std::chrono::steady_clock;

    CallRun(ClientCore& core, CallPlan plan, Done done);

    /// Not from inside a constructor: the attempts share ownership.
    void start();
    /// These cancel every attempt and complete with kCancelled.
    void stop() override;
    void cancel();
    /// Cancels every attempt; `done` is never called.
    void drop();

  private:
    struct Attempt {
        int number;
        ChannelPtr channel;
        int token;  ///< its generation
        CallHandle handle;
    };

    void launch();
    void log_in();
    void send(const ChannelPtr& channel);
    void finished(int number, RpcStatus status, std::string reply);
    void succeeded(const ChannelPtr& channel, std::string reply);
    void failed(const ChannelPtr& channel, Error error);
    void token_refused(int generation, Error error);
    void arm_hedge();
    void complete(Outcome outcome);
    void fail(Error error);

    ChannelPtr next_channel() const;
    bool in_flight(const ChannelPtr& channel) const;
    bool may_repeat() const { return !plan_.writes || plan_.options.idempotent; }
    bool attempts_left() const;
    std::chrono::milliseconds remaining() const;

    ClientCore& core_;
    CallPlan plan_;
    Done done_;
    const Clock::time_point deadline_;
    std::vector<Attempt> attempts_;  ///< in flight; two at most
    int last_number_ = 0;
    int launched_ = 0;  ///< attempts that count
    int log_ins_ = 0;   ///< because etcd refused the token
    ChannelPtr last_tried_;
    bool doubt_ = false;  ///< an attempt that has ended may have been executed
    Backoff backoff_;
    boost::asio::steady_timer retry_timer_;
    support::Timer hedge_timer_;
};

/// Starts a call; `done` is called exactly once, unless the run is dropped.
std::shared_ptr<CallRun> start_call(ClientCore& core, CallPlan plan, CallRun::Done done);

/// The same for a coroutine, whose cancellation cancels the call.
boost::asio::awaitable<Outcome> await_call(std::shared_ptr<ClientCore> core, CallPlan plan);

}  // namespace elector::etcd
