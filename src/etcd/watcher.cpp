// Owns the life of a watch. Thread rule: the io_context's thread.
#include "etcd/watcher.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "etcd/tokens.hpp"

namespace elector::etcd {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kPauseAfterRefusal{1000};

Error watch_error(ErrorKind kind, std::string text, const ChannelPtr& channel) {
    Error error;
    error.kind = kind;
    error.text = std::move(text);
    if (channel) error.endpoint = endpoint_of(*channel);
    return error;
}

}  // namespace

Watcher::Watcher(std::shared_ptr<ClientCore> core, WatchOptions options, WatchHandler handler)
    : core_(std::move(core)),
      options_(std::move(options)),
      handler_(std::make_shared<const WatchHandler>(std::move(handler))),
      timer_(core_->io),
      again_(core_->io) {
    for (const auto& range : options_.ranges) {
        Range watched;
        watched.range = range;
        watched.next = options_.start_revision;
        ranges_.push_back(std::move(watched));
    }
}

void Watcher::start() { pause(milliseconds(0)); }

void Watcher::set_range(std::size_t index, WatchRange range, std::int64_t next_revision) {
    auto& changed = ranges_[index];
    changed.range = std::move(range);
    changed.next = next_revision;
    ++changed.generation;
    const auto old = std::find_if(by_id_.begin(), by_id_.end(),
                                  [&](const auto& watch) { return watch.second == index; });
    if (old != by_id_.end()) {
        give_up(old->first);
        by_id_.erase(old);
    }
    if (stream_) create(index);
}

void Watcher::stop() {
    phase_ = Phase::kStopped;
    handler_.reset();
    drop_stream();
    if (const auto read = std::exchange(read_, nullptr)) read->drop();
    timer_.cancel();
    again_.cancel();
}

void Watcher::on_endpoints_changed() {
    if (!stream_ || core_->endpoints.contains(channel_)) return;
    drop_stream();
    pause(milliseconds(0));
}

void Watcher::on_new_term() {
    if (phase_ == Phase::kQuiet) probe();
}

void Watcher::open() {
    if (must_read_) return read_revision();
    if (!core_->tokens->ready()) return log_in();
    channel_ = core_->endpoints.preferred();
    token_ = core_->tokens->generation();
    const Metadata metadata = core_->tokens->metadata({{"hasleader", "true"}});
    stream_ = core_->transport.stream(channel_, "Watch/Watch", metadata, weak_from_this());
    for (std::size_t i = 0; i < ranges_.size(); ++i) create(i);
    wait(Phase::kCreating, core_->options.request_timeout);
}

void Watcher::create(std::size_t index) {
    auto& range = ranges_[index];
    range.refusal.reset();
    range.partial.clear();
    asked_.push_back({index, range.generation});
    stream_.send(encode_watch(range.range, range.next, options_.previous));
}

/// Ids are not used twice on a stream: what etcd sends of it still is known by that.
void Watcher::give_up(std::int64_t watch_id) {
    given_up_.insert(watch_id);
    stream_.send(encode_watch_cancel(watch_id));
}

void Watcher::log_in() {
    phase_ = Phase::kLoggingIn;
    channel_.reset();
    core_->tokens->log_in([weak = weak_from_this()](const Result<void>& result) {
        const auto self = weak.lock();
        if (!self || self->phase_ != Phase::kLoggingIn) return;
        if (result) return self->open();
        self->lost(result.error());
    });
}

void Watcher::on_message(std::string bytes) {
    WatchMessage message;
    if (!decode(bytes, message)) {
        return lost(watch_error(ErrorKind::kInternal, "malformed watch message", channel_));
    }
    if (phase_ == Phase::kProbing || phase_ == Phase::kQuiet)
        wait(Phase::kQuiet, options_.progress_interval);
    // It would be silent about everything that the others have decided since.
    if (!message.canceled && core_->outdated(message.header)) return lost(outdated_error(channel_));
    if (message.canceled) {
        canceled(message);
    } else if (message.created) {
        created(message);
    } else if (!message.events.empty()) {
        events(std::move(message));
    }
}

void Watcher::on_end(RpcStatus status) {
    Error error = classify(status.code, std::move(status.text), endpoint_of(*channel_), false);
    if (error.kind == ErrorKind::kUnauthenticated) core_->tokens->reject(token_);
    lost(std::move(error));
}

/// The answers come in the order of the requests.
void Watcher::created(const WatchMessage& message) {
    if (asked_.empty()) return;
    const auto [index, generation] = asked_.front();
    asked_.pop_front();
    auto& range = ranges_[index];
    if (generation != range.generation) {
        give_up(message.watch_id);
        return answered(message.header);
    }
    const bool from_now = range.next == 0;
    by_id_[message.watch_id] = index;
    if (from_now) range.next = message.header.revision + 1;
    if (std::exchange(range.refused, false)) notify(WatchAdmitted{index, from_now});
    answered(message.header);
}

/// Each answer is progress: a thousand ranges may take longer than one request.
void Watcher::answered(const Header& header) {
    if (phase_ != Phase::kCreating) {
        if (asked_.empty()) ask_again();
        return;
    }
    if (!asked_.empty()) return wait(Phase::kCreating, core_->options.request_timeout);
    if (any_created()) return all_created(header);
    auto error = *ranges_.front().refusal;
    // Nothing on this stream says that the token is good.
    if (error.kind == ErrorKind::kPermissionDenied) core_->tokens->doubt(token_);
    lost(std::move(error));
}

void Watcher::all_created(const Header& header) {
    wait(Phase::kQuiet, options_.progress_interval);
    interrupted_ = false;
    if (header.revision + 1 < first_unseen()) {
        // Behind what we have seen: a lagging member, or a store set back, whose new events we
        // would wait for in vain. A linearizable read tells.
        read_revision();
    }
    notify(WatchConnected{header, endpoint_of(*channel_)});
    for (std::size_t i = 0; i < ranges_.size() && stream_; ++i) tell_refusal(i);
    ask_again();
}

void Watcher::tell_refusal(std::size_t index) {
    auto& range = ranges_[index];
    if (!range.refusal || std::exchange(range.refused, true)) return;
    notify(WatchRefused{index, *range.refusal});
}

/// Also how a request is refused: created and canceled at once, without a watch id.
void Watcher::canceled(const WatchMessage& message) {
    if (!message.created && given_up_.erase(message.watch_id) != 0) return;
    if (message.compact_revision > 0) {
        must_read_ = true;
        compact_revision_ = message.compact_revision;
        drop_stream();
        return read_revision();
    }
    Error error = classify_watch_refusal(message.cancel_reason, endpoint_of(*channel_));
    if (error.kind == ErrorKind::kUnauthenticated) core_->tokens->reject(token_);
    const bool one = error.kind == ErrorKind::kPermissionDenied && !asked_.empty();
    if (!one) return lost(std::move(error));
    const auto [index, generation] = asked_.front();
    asked_.pop_front();
    if (generation == ranges_[index].generation) ranges_[index].refusal = std::move(error);
    answered(message.header);
    if (phase_ == Phase::kQuiet || phase_ == Phase::kProbing) tell_refusal(index);
}

/// What others may watch on this stream is not given up for what is refused.
void Watcher::ask_again() {
    const auto refused = [](const Range& range) { return range.refusal.has_value(); };
    if (std::none_of(ranges_.begin(), ranges_.end(), refused)) return;
    again_.expires_after(kPauseAfterRefusal);
    again_.async_wait([weak = weak_from_this()](boost::system::error_code aborted) {
        const auto self = weak.lock();
        if (aborted || !self || !self->stream_ || !self->asked_.empty()) return;
        // The refusals may be the old token's: those who changed the rights changed what it is
        // worth.
        if (self->core_->tokens->generation() != self->token_) {
            self->drop_stream();
            return self->pause(milliseconds(0));
        }
        for (std::size_t i = 0; i < self->ranges_.size(); ++i) {
            if (self->ranges_[i].refusal) self->create(i);
        }
    });
}

void Watcher::events(WatchMessage message) {
    const auto known = by_id_.find(message.watch_id);
    if (known == by_id_.end()) return;
    auto* const range = &ranges_[known->second];
    std::move(message.events.begin(), message.events.end(), std::back_inserter(range->partial));
    if (message.fragment) return;
    // Not the header's revision: when catching up, etcd sends a batch of old revisions under the
    // store's current one and the rest in further batches.
    range->next = range->partial.back().kv.mod_revision + 1;
    notify(WatchBatch{message.header, std::exchange(range->partial, {}), known->second});
}

void Watcher::lost(Error error) {
    drop_stream();
    const bool no_token =
        error.kind == ErrorKind::kUnauthenticated || error.kind == ErrorKind::kPermissionDenied;
    if (!no_token) core_->endpoints.report_failure(channel_);
    const bool soon = worth_retrying(error) || (no_token && !core_->tokens->ready());
    pause(soon ? backoff_.next(Clock::now(), core_->random) : kPauseAfterRefusal);
    if (!std::exchange(interrupted_, true)) notify(WatchInterrupted{std::move(error)});
}

void Watcher::pause(milliseconds delay) { wait(Phase::kPausing, delay); }

void Watcher::drop_stream() {
    stream_.reset();
    asked_.clear();
    by_id_.clear();
    given_up_.clear();
}

void Watcher::read_revision() {
    if (!stream_) wait(Phase::kReading, core_->options.request_timeout);
    if (read_) return;
    CallPlan plan;
    plan.method = "KV/Range";
    plan.request = encode(RangeOp{ranges_[readable()].range.key, "", false, 1});
    plan.options.timeout = 2 * core_->options.request_timeout;
    read_ = start_call(*core_, std::move(plan), [weak = weak_from_this()](Outcome outcome) {
        if (const auto self = weak.lock()) self->revision_read(std::move(outcome));
    });
}

void Watcher::revision_read(Outcome outcome) {
    read_.reset();
    if (phase_ == Phase::kStopped) return;
    RangeReply reply;
    if (!outcome) {
        auto& range = ranges_[readable()];
        const bool denied = outcome.error().kind == ErrorKind::kPermissionDenied;
        if (!denied || ranges_.size() == 1) return lost(outcome.error());
        range.unreadable = true;  // another range's key tells as much
        if (readable() != 0) return read_revision();
    }
    for (auto& range : ranges_) range.unreadable = false;
    if (!outcome) return lost(outcome.error());
    if (!decode(*outcome, reply)) {
        return lost(watch_error(ErrorKind::kInternal, "malformed range reply", nullptr));
    }
    const std::int64_t next = reply.header.revision + 1;
    if (!must_read_ && next >= first_unseen()) return;  // the member was only lagging
    for (auto& range : ranges_) range.next = range.refused ? 0 : next;
    must_read_ = false;
    drop_stream();
    pause(backoff_.next(Clock::now(), core_->random));
    notify(WatchResync{std::exchange(compact_revision_, 0), next});
}

/// A range that may be read, as far as is known; if none may, the first.
std::size_t Watcher::readable() const {
    const auto found = std::find_if(ranges_.begin(), ranges_.end(), [](const Range& range) {
        return !range.refused && !range.refusal && !range.unreadable;
    });
    return found == ranges_.end() ? 0 : static_cast<std::size_t>(found - ranges_.begin());
}

void Watcher::probe() {
    stream_.send(encode_progress_request());
    wait(Phase::kProbing, core_->options.request_timeout);
}

void Watcher::wait(Phase phase, milliseconds delay) {
    phase_ = phase;
    if (timer_.pending()) return timer_.move_to(timer_.now() + delay);
    timer_.after(delay, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->due();
    });
}

void Watcher::due() {
    switch (phase_) {
        case Phase::kPausing:
            return open();
        case Phase::kCreating:
            return lost(
                watch_error(ErrorKind::kTimeout, "the watch was not acknowledged", channel_));
        case Phase::kQuiet:
            return probe();
        case Phase::kProbing:
            return lost(watch_error(ErrorKind::kTimeout, "the watch stream was silent", channel_));
        case Phase::kLoggingIn:  // these have time-outs of their own
        case Phase::kReading:
        case Phase::kStopped:
            return;
    }
}

void Watcher::notify(const WatchNotice& notice) {
    const auto self = shared_from_this();
    const auto handler = handler_;  // which may stop this watch
    if (handler) (*handler)(notice);
}

std::int64_t Watcher::first_unseen() const {
    std::int64_t next = 0;
    for (const auto& range : ranges_) next = std::max(next, range.next);
    return next;
}

}  // namespace elector::etcd
