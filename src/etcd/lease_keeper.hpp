// Owns the one keep-alive stream and the pings on it. An answer goes to the oldest unanswered ping
// of its lease on this stream, never to a later one, because the caller counts from when *its* ping
// was sent. Must never decide that a lease is held. Thread rule: the io_context's thread.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include "etcd/backoff.hpp"
#include "etcd/completion.hpp"
#include "etcd/core.hpp"
#include "support/timer.hpp"

namespace elector::etcd {

class LeaseKeeper final : public Stoppable,
                          public StreamOwner,
                          public std::enable_shared_from_this<LeaseKeeper> {
  public:
    using Clock = std::chrono::steady_clock;
    using Done = Completion<Result<KeepAlive>>;

    explicit LeaseKeeper(ClientCore& core);

    /// `done` is called exactly once. Returns a number for cancel().
    int ping(std::int64_t id, std::chrono::milliseconds timeout, Done done);
    void cancel(int number);

    void stop() override;
    void on_endpoints_changed() override;
    void on_message(std::string bytes) override;
    void on_end(RpcStatus status) override;

  private:
    struct Ping {
        int number = 0;
        std::int64_t id = 0;
        Clock::time_point deadline;
        Clock::time_point sent;
        Done done;  ///< empty: nobody waits any more, but its answer is still to come
    };

    void open();
    void log_in();
    void send(Ping& ping);
    void lose_stream(Error error);
    void converge();
    void expire(Clock::time_point now);
    void arm();
    void finish(Ping& ping, Result<KeepAlive> result);
    bool anyone_waits() const;
    Clock::time_point silent_at() const;

    ClientCore& core_;
    ChannelPtr channel_;
    CallHandle stream_;
    int token_ = 0;  ///< generation of the one the stream was opened with
    bool logging_in_ = false;
    std::list<Ping> pings_;  ///< in the order of asking, hence of sending
    std::optional<Error> last_error_;
    Backoff backoff_;
    Clock::time_point reopen_at_;
    Clock::time_point heard_;
    Clock::time_point first_deadline_ = Clock::time_point::max();  ///< or earlier
    Clock::time_point armed_for_ = Clock::time_point::max();
    support::Timer timer_;
    int next_number_ = 0;
};

}  // namespace elector::etcd
