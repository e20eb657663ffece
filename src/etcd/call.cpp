// Owns the life of a unary call. Thread rule: the io_context's thread.
#include "etcd/call.hpp"

#include <algorithm>

#include "etcd/completion.hpp"
#include "etcd/tokens.hpp"

namespace elector::etcd {

using std::chrono::milliseconds;

namespace {
constexpr std::size_t kMostInFlight = 2;
constexpr int kMostLogIns = 2;  // a hedged call may be refused twice with the same old token
}  // namespace

CallRun::CallRun(ClientCore& core, CallPlan plan, Done done)
    : core_(core),
      plan_(std::move(plan)),
      done_(std::move(done)),
      deadline_(Clock::now() + plan_.options.timeout),
      retry_timer_(core.io),
      hedge_timer_(core.io) {}

void CallRun::start() {
    if (core_.closed) return fail(closed_error());
    launch();
}

void CallRun::stop() { fail(closed_error()); }

void CallRun::cancel() {
    Error error;
    error.kind = ErrorKind::kCancelled;
    error.text = "given up by the caller";
    fail(std::move(error));
}

void CallRun::drop() {
    done_ = nullptr;
    complete(closed_error());
}

void CallRun::launch() {
    if (!done_ || !attempts_left()) return;
    if (!core_.tokens->ready() && !plan_.only) return log_in();
    send(next_channel());
    arm_hedge();
}

/// The call's own time goes on meanwhile.
void CallRun::log_in() {
    retry_timer_.expires_after(remaining());
    retry_timer_.async_wait([self = shared_from_this()](boost::system::error_code aborted) {
        if (aborted) return;
        Error error;
        error.kind = ErrorKind::kTimeout;
        error.text = "the log-in was not answered in time";
        self->fail(std::move(error));
    });
    core_.tokens->log_in([self = shared_from_this()](const Result<void>& result) {
        self->retry_timer_.cancel();
        if (!self->done_) return;
        if (result) return self->launch();
        self->failed(nullptr, result.error());
    });
}

void CallRun::send(const ChannelPtr& channel) {
    const milliseconds timeout = std::min(core_.options.request_timeout, remaining());
    const int number = ++last_number_;
    ++launched_;
    last_tried_ = channel;
    auto handle = core_.transport.unary(
        channel, plan_.method, core_.tokens->metadata(), plan_.request, timeout,
        [self = shared_from_this(), number](RpcStatus status, std::string reply) {
            self->finished(number, std::move(status), std::move(reply));
        });
    attempts_.push_back({number, channel, core_.tokens->generation(), std::move(handle)});
}

ChannelPtr CallRun::next_channel() const {
    if (plan_.only) return plan_.only;
    ChannelPtr candidate = core_.endpoints.preferred();
    for (std::size_t i = 0; i < core_.endpoints.size(); ++i) {
        if (candidate != last_tried_ && !in_flight(candidate)) return candidate;
        candidate = core_.endpoints.after(candidate);
    }
    return core_.endpoints.after(last_tried_);
}

bool CallRun::in_flight(const ChannelPtr& channel) const {
    return std::any_of(attempts_.begin(), attempts_.end(),
                       [&channel](const Attempt& attempt) { return attempt.channel == channel; });
}

void CallRun::finished(int number, RpcStatus status, std::string reply) {
    const auto attempt = std::find_if(attempts_.begin(), attempts_.end(),
                                      [number](const Attempt& a) { return a.number == number; });
    if (attempt == attempts_.end() || !done_) return;
    const ChannelPtr channel = attempt->channel;
    const int token = attempt->token;
    attempts_.erase(attempt);
    if (status.code == 0) return succeeded(channel, std::move(reply));
    Error error =
        classify(status.code, std::move(status.text), endpoint_of(*channel), plan_.writes);
    if (error.kind == ErrorKind::kUnauthenticated && core_.tokens->needed()) {
        token_refused(token, std::move(error));
    } else {
        failed(channel, std::move(error));
    }
}

/// Nothing was done, so that even a write may be repeated: with a new token, at the same endpoint.
void CallRun::token_refused(int generation, Error error) {
    core_.tokens->reject(generation);
    if (++log_ins_ > kMostLogIns) return fail(std::move(error));
    --launched_;  // it does not count as an attempt
    last_tried_ = nullptr;
    launch();
}

void CallRun::succeeded(const ChannelPtr& channel, std::string reply) {
    for (const auto& loser : attempts_) {
        // Only the earlier one was slow; the later one has not had its time.
        if (core_.endpoints.preferred() == loser.channel && channel == last_tried_) {
            core_.endpoints.prefer(channel);
            break;
        }
    }
    complete(std::move(reply));
}

void CallRun::failed(const ChannelPtr& channel, Error error) {
    const bool retry = worth_retrying(error) && (may_repeat() || !error.outcome_unknown);
    if (worth_retrying(error)) core_.endpoints.report_failure(channel);
    doubt_ = doubt_ || error.outcome_unknown;
    if (!retry) return fail(std::move(error));
    const milliseconds pause = backoff_.next(Clock::now(), core_.random);
    if (attempts_left() && pause < remaining()) {
        retry_timer_.expires_after(pause);
        retry_timer_.async_wait([self = shared_from_this()](boost::system::error_code aborted) {
            if (!aborted) self->launch();
        });
    } else if (attempts_.empty()) {
        fail(std::move(error));
    }
}

void CallRun::arm_hedge() {
    if (!plan_.options.hedge_after || !may_repeat() || plan_.only) return;
    hedge_timer_.after(*plan_.options.hedge_after, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self || !self->done_ || self->attempts_.size() != 1) return;
        if (self->core_.endpoints.size() > 1 && self->remaining() > milliseconds(0)) self->launch();
    });
}

bool CallRun::attempts_left() const {
    const int most = plan_.options.max_attempts;
    return (most == 0 || launched_ < most) && attempts_.size() < kMostInFlight;
}

milliseconds CallRun::remaining() const {
    return std::chrono::ceil<milliseconds>(std::max(deadline_ - Clock::now(), Clock::duration(0)));
}

void CallRun::fail(Error error) {
    // What is given up while still in flight may yet be executed.
    error.outcome_unknown = doubt_ || (plan_.writes && !attempts_.empty()) || error.outcome_unknown;
    complete(std::move(error));
}

void CallRun::complete(Outcome outcome) {
    retry_timer_.cancel();
    hedge_timer_.cancel();
    attempts_.clear();
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(outcome));
}

std::shared_ptr<CallRun> start_call(ClientCore& core, CallPlan plan, CallRun::Done done) {
    auto run = std::make_shared<CallRun>(core, std::move(plan), std::move(done));
    core.enlist(run);
    run->start();
    return run;
}

boost::asio::awaitable<Outcome> await_call(std::shared_ptr<ClientCore> core, CallPlan plan) {
    auto start = [core = std::move(core),
                  plan = std::move(plan)](Completion<Outcome> completion) mutable {
        const std::weak_ptr<CallRun> run =
            start_call(*core, std::move(plan), std::move(completion));
        return CancelAction([run] {
            if (const auto alive = run.lock()) alive->cancel();
        });
    };
    return await_completion<Outcome>(std::move(start));
}

}  // namespace elector::etcd
