// Owns keep-alive multiplexing and recovery. Thread rule: the io_context's thread.
#include "etcd/lease_keeper.hpp"

#include <algorithm>

#include "etcd/codec.hpp"
#include "etcd/tokens.hpp"

namespace elector::etcd {
namespace {

Error silence(const ChannelPtr& channel) {
    Error error;
    error.kind = ErrorKind::kTimeout;
    error.text = "the keep-alive stream was silent";
    if (channel) error.endpoint = endpoint_of(*channel);
    return error;
}

}  // namespace

LeaseKeeper::LeaseKeeper(ClientCore& core) : core_(core), timer_(core.io) {}

int LeaseKeeper::ping(std::int64_t id, std::chrono::milliseconds timeout, Done done) {
    const int number = ++next_number_;
    if (core_.closed) {
        done(closed_error());
        return number;
    }
    const auto now = Clock::now();
    pings_.push_back({number, id, now + timeout, now, std::move(done)});
    first_deadline_ = std::min(first_deadline_, now + timeout);
    if (stream_) send(pings_.back());
    converge();
    return number;
}

void LeaseKeeper::cancel(int number) {
    for (auto& ping : pings_) {
        if (ping.number != number) continue;
        Error error;
        error.kind = ErrorKind::kCancelled;
        error.text = "given up by the caller";
        finish(ping, std::move(error));
        return converge();
    }
}

void LeaseKeeper::stop() {
    timer_.cancel();
    stream_.reset();
    for (auto& ping : pings_) finish(ping, closed_error());
    pings_.clear();
}

void LeaseKeeper::on_endpoints_changed() {
    if (!stream_ || core_.endpoints.contains(channel_)) return;
    stream_.reset();
    reopen_at_ = Clock::now();
    converge();
}

void LeaseKeeper::on_message(std::string bytes) {
    KeepAliveMessage message;
    if (!decode(bytes, message)) {
        return lose_stream(
            classify(0, "malformed keep-alive answer", endpoint_of(*channel_), true));
    }
    // Not even a TTL of 0 is to be believed of it: it may not know the lease yet.
    if (core_.outdated(message.answer.header)) return lose_stream(outdated_error(channel_));
    heard_ = Clock::now();
    const auto ping = std::find_if(pings_.begin(), pings_.end(), [&message](const Ping& candidate) {
        return candidate.id == message.id;
    });
    if (ping == pings_.end()) return;
    finish(*ping, message.answer);
    pings_.erase(ping);
    last_error_.reset();
    converge();
}

void LeaseKeeper::on_end(RpcStatus status) {
    Error error = classify(status.code, std::move(status.text), endpoint_of(*channel_), true);
    if (error.kind == ErrorKind::kUnauthenticated) core_.tokens->reject(token_);
    lose_stream(std::move(error));
}

void LeaseKeeper::open() {
    if (!core_.tokens->ready()) return log_in();
    channel_ = core_.endpoints.preferred();
    token_ = core_.tokens->generation();
    // Without a leader the member cannot renew: better an error at once than silence.
    const Metadata metadata = core_.tokens->metadata({{"hasleader", "true"}});
    stream_ = core_.transport.stream(channel_, "Lease/LeaseKeepAlive", metadata, weak_from_this());
    pings_.remove_if([](const Ping& ping) { return !ping.done; });
    for (auto& ping : pings_) send(ping);
}

void LeaseKeeper::log_in() {
    logging_in_ = true;
    core_.tokens->log_in([weak = weak_from_this()](const Result<void>& result) {
        const auto self = weak.lock();
        if (!self) return;
        self->logging_in_ = false;
        if (!result) {
            const auto now = Clock::now();
            self->reopen_at_ = now + self->backoff_.next(now, self->core_.random);
            self->last_error_ = result.error();
        }
        self->converge();
    });
}

void LeaseKeeper::send(Ping& ping) {
    ping.sent = Clock::now();
    stream_.send(encode_keep_alive(ping.id));
}

void LeaseKeeper::lose_stream(Error error) {
    stream_.reset();
    if (error.kind != ErrorKind::kUnauthenticated) core_.endpoints.report_failure(channel_);
    const auto now = Clock::now();
    reopen_at_ = now + backoff_.next(now, core_.random);
    last_error_ = std::move(error);
    converge();
}

/// Brings stream and timer to what the pings ask for. Called at every message: what looks at all
/// pings is done only when the first of them is due.
void LeaseKeeper::converge() {
    const auto now = Clock::now();
    if (first_deadline_ <= now) expire(now);
    if (stream_ && !pings_.empty() && silent_at() <= now) return lose_stream(silence(channel_));
    if (!stream_ && !logging_in_ && reopen_at_ <= now && anyone_waits()) open();
    arm();
}

/// Many leases share the stream: an answer to any of them says that it lives.
LeaseKeeper::Clock::time_point LeaseKeeper::silent_at() const {
    return std::max(pings_.front().sent, heard_) + core_.options.request_timeout;
}

void LeaseKeeper::expire(Clock::time_point now) {
    first_deadline_ = Clock::time_point::max();
    for (auto& ping : pings_) {
        if (ping.done && ping.deadline > now)
            first_deadline_ = std::min(first_deadline_, ping.deadline);
        if (!ping.done || ping.deadline > now) continue;
        Error error = last_error_ ? *last_error_ : silence(channel_);
        if (last_error_) error.text = "no keep-alive answer in time; before that: " + error.text;
        error.kind = ErrorKind::kTimeout;
        error.outcome_unknown = true;
        finish(ping, std::move(error));
    }
}

/// The timer is not put off at each answer: a wake-up that comes early is harmless.
void LeaseKeeper::arm() {
    if (pings_.empty()) {
        first_deadline_ = armed_for_ = Clock::time_point::max();
        timer_.cancel();
        return;
    }
    auto due = first_deadline_;
    if (stream_) {
        due = std::min(due, silent_at());
    } else if (!logging_in_ && anyone_waits()) {
        due = std::min(due, reopen_at_);
    }
    if (due >= armed_for_) return;
    armed_for_ = due;
    timer_.at(due, [self = weak_from_this()] {
        const auto keeper = self.lock();
        if (!keeper) return;
        keeper->armed_for_ = Clock::time_point::max();
        keeper->converge();
    });
}

void LeaseKeeper::finish(Ping& ping, Result<KeepAlive> result) {
    if (const auto done = std::exchange(ping.done, nullptr)) done(std::move(result));
}

bool LeaseKeeper::anyone_waits() const {
    return std::any_of(pings_.begin(), pings_.end(),
                       [](const Ping& ping) { return static_cast<bool>(ping.done); });
}

}  // namespace elector::etcd
