// Owns one watch: its ranges on one stream, resumption after a loss, and the notices to its
// handler. Must never lose an event without a WatchResync. Thread rule: the io_context's thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "etcd/backoff.hpp"
#include "etcd/call.hpp"
#include "etcd/codec.hpp"
#include "etcd/core.hpp"
#include "support/timer.hpp"

namespace elector::etcd {

class Watcher final : public Stoppable,
                      public StreamOwner,
                      public std::enable_shared_from_this<Watcher> {
  public:
    using Clock = std::chrono::steady_clock;

    Watcher(std::shared_ptr<ClientCore> core, WatchOptions options, WatchHandler handler);

    /// Begins from the io_context, not at once.
    void start();
    /// On the stream that there is, so that whoever watches beside it is not disturbed.
    void set_range(std::size_t index, WatchRange range, std::int64_t next_revision);
    void stop() override;
    void on_endpoints_changed() override;
    void on_new_term() override;
    void on_message(std::string bytes) override;
    void on_end(RpcStatus status) override;

  private:
    /// What the timer is waiting for.
    enum class Phase {
        kPausing,    ///< no stream; open one when the pause is over
        kLoggingIn,  ///< no stream; one needs a token
        kCreating,   ///< every range must be acknowledged in time
        kQuiet,      ///< watching; probe when nothing is heard
        kProbing,    ///< the stream must say something in time
        kReading,    ///< no stream; the store is being asked for its revision
        kStopped,
    };
    struct Range {
        WatchRange range;
        int generation = 0;               ///< how many ranges this place had before
        std::int64_t next = 0;            ///< first revision not seen yet; 0: from now on
        bool refused = false;             ///< and told so
        std::optional<Error> refusal;     ///< of the request that was answered last
        bool unreadable = false;          ///< when the store's revision was asked for
        std::vector<WatchEvent> partial;  ///< fragments of a revision not yet whole
    };

    struct Asked {
        std::size_t index;
        int generation;
    };

    void open();
    void create(std::size_t index);
    void give_up(std::int64_t watch_id);
    void log_in();
    void answered(const Header& header);
    void tell_refusal(std::size_t index);
    void ask_again();
    void created(const WatchMessage& message);
    void canceled(const WatchMessage& message);
    void events(WatchMessage message);
    void all_created(const Header& header);
    void lost(Error error);
    void pause(std::chrono::milliseconds delay);
    void drop_stream();

    void read_revision();
    void revision_read(Outcome outcome);

    void probe();
    void wait(Phase phase, std::chrono::milliseconds delay);
    void due();
    void notify(const WatchNotice& notice);

    std::int64_t first_unseen() const;
    std::size_t readable() const;
    bool any_created() const { return !by_id_.empty(); }

    const std::shared_ptr<ClientCore> core_;
    const WatchOptions options_;
    std::shared_ptr<const WatchHandler> handler_;
    std::vector<Range> ranges_;
    std::deque<Asked> asked_;  ///< for these ranges an answer is to come, in this order
    std::unordered_map<std::int64_t, std::size_t> by_id_;  ///< of watches on this stream
    std::unordered_set<std::int64_t> given_up_;            ///< watches that this stream had
    Phase phase_ = Phase::kPausing;
    ChannelPtr channel_;
    CallHandle stream_;
    int token_ = 0;  ///< generation of the one the stream was opened with
    std::shared_ptr<CallRun> read_;
    bool must_read_ = false;  ///< events are, or may be, lost: learn the store's revision first
    std::int64_t compact_revision_ = 0;
    bool interrupted_ = false;  ///< and said so
    Backoff backoff_;
    support::Timer timer_;
    boost::asio::steady_timer again_;  ///< for what was refused
};

}  // namespace elector::etcd
