#include "app/fence_runner.hpp"

#include <cerrno>
#include <utility>

#include <boost/asio/use_awaitable.hpp>

#include "app/policy_of.hpp"

namespace elector::app {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};
/// From the time-out, when it is killed, until it is told of as `fence_not_ended`.
constexpr std::chrono::milliseconds kMoment{1500};

}  // namespace

guardian::FenceIdentity fence_identity_of(const config::Config& c) {
    return {c.member.name, instance_of(c), c.node.admin.text()};
}

guardian::FenceWords fence_words_of(const config::Config& c) {
    if (c.fence.policy == config::FencePolicy::kNone) return {};
    const auto words = guardian::fence_words(c.node.probe.text(), c.fence.command, c.fence.timeout);
    return words.value_or(guardian::FenceWords{});  // the loader has refused what is too long
}

bool fence_missing(const config::Config& c, const config::Environment& environment) {
    if (c.fence.policy != config::FencePolicy::kRequire) return false;
    const auto facts = environment.inspect(c.fence.command.front());
    return !facts.error.empty() || !facts.regular || !facts.executable;
}

FenceRunner::FenceRunner(boost::asio::io_context& io, const Clock& clock,
                         const config::Config& config, Post post)
    : clock_(clock),
      log_options_(config.log),
      post_(std::move(post)),
      group_(config.group),
      identity_(fence_identity_of(config)),
      timer_(io),
      end_(io) {
    set(config);
}

void FenceRunner::set(const config::Config& config) {
    log_options_ = config.log;
    const auto words = fence_words_of(config);
    if (!command_ && words.count == 0) return;  // most have none, and it is large
    if (!command_) command_ = std::make_unique<guardian::FenceCommand>(identity_);
    command_->set(words);
}

void FenceRunner::run(const model::RunFence& effect) {
    if (!command_ || command_->running() || !command_->configured())
        return post_(model::FenceAnswered{effect.op, false});
    op_ = effect.op;
    log_.emplace(log_options_, "elector");
    const guardian::FenceCause cause{guardian::FencedBy::kElector, effect.reason, effect.term};
    if (!command_->start(clock_.now(), cause)) {
        guardian::tell_fence_not_started(log(), errno);
        return answer(false);
    }
    guardian::tell_fence_started(log(), *command_, cause);
    look();
}

void FenceRunner::look() {
    if (const auto end = command_->proceed(clock_.now())) {
        guardian::tell_fence_ended(log(), *command_, *end);
        return answer(end->success());
    }
    if (const auto error = command_->unending())
        guardian::tell_fence_unending(log(), *command_, *error);
    timer_.expires_after(kLookEvery);
    timer_.async_wait([this](boost::system::error_code ec) {
        if (!ec) look();
    });
}

void FenceRunner::answer(bool success) {
    log_.reset();
    post_(model::FenceAnswered{op_, success});
}

boost::asio::awaitable<void> FenceRunner::close() {
    if (!command_) co_return;
    // It is killed at its time-out; what does not go then is told of, and left.
    const auto limit = clock_.now() + command_->timeout() + kMoment;
    while (command_->running() && clock_.now() < limit) {
        end_.expires_after(kLookEvery);
        co_await end_.async_wait(boost::asio::use_awaitable);
    }
    timer_.cancel();
}

}  // namespace elector::app
