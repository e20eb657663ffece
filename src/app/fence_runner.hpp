// Owns the elector's own runs of the fence command, for when it has no guardian (any more) to run
// it, and whether the command can be run at all. Must never decide when. Thread rule: the
// io_context's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/boot_clock.hpp"
#include "app/plain_log.hpp"
#include "config/config.hpp"
#include "config/environment.hpp"
#include "guardian/fence_command.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace elector::app {

/// Who a run of the command is for.
guardian::FenceIdentity fence_identity_of(const config::Config& config);
/// The command as a guardian is told it; without words when fence.policy is none.
guardian::FenceWords fence_words_of(const config::Config& config);
/// fence.policy is require, and the command is not there or may not be run.
bool fence_missing(const config::Config& config, const config::Environment& environment);

class FenceRunner {
  public:
    using Post = std::function<void(model::Event)>;

    FenceRunner(boost::asio::io_context& io, const Clock& clock, const config::Config& config,
                Post post);

    void set(const config::Config& config);
    /// Answered by one FenceAnswered.
    void run(const model::RunFence& effect);
    /// What runs is not called back: waits for its end, at most its time-out and a moment.
    boost::asio::awaitable<void> close();

  private:
    void look();
    void answer(bool success);
    guardian::Log log() const { return log_->log.about(group_); }

    const Clock& clock_;
    config::Log log_options_;
    Post post_;
    std::string group_;
    guardian::FenceIdentity identity_;
    std::unique_ptr<guardian::FenceCommand> command_;  ///< none: it never had any
    std::optional<PlainLog> log_;                      ///< while the command runs
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer end_;
    model::OpId op_;
};

}  // namespace elector::app
