#include "app/groups.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/policy_of.hpp"

namespace elector::app {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Between the starts of two groups.
constexpr auto kStartPace = 5ms;
constexpr std::size_t kFewGroups = 8;  ///< these start at once

/// Ends the wait when the last of several has ended, in whichever way.
struct Countdown {
    Countdown(std::size_t& open, asio::steady_timer& last) : open_(open), last_(last) {}
    ~Countdown() {
        if (--open_ == 0) last_.cancel();
    }
    Countdown(const Countdown&) = delete;
    Countdown& operator=(const Countdown&) = delete;

  private:
    std::size_t& open_;
    asio::steady_timer& last_;
};

}  // namespace

Groups::Groups(asio::io_context& io, const Clock& clock, Member::ConfigPtr file, Log& log,
               std::uint64_t seed, GuardianLink* guardian, std::function<void(int)> on_end)
    : io_(io),
      log_(log),
      on_end_(std::move(on_end)),
      guarded_(guardian != nullptr),
      tasks_(io,
             [this](const std::string& name, const std::string& what) {
                 log_(Level::kError, "task_failed", {{"task", name}, {"what", what}});
             }),
      etcd_(io, file->etcd, log, tasks_, seed),
      telling_(io, log, [this](const std::string& group) { return stand(group); }),
      pace_(io),
      left_(file->each().size()) {
    telling_.set(*file);
    const Member::Commons commons{io, clock, etcd_, guardian, left_, seed};
    if (guardian) guardian->in_step_with(beat_of(seed, 0, left_));
    members_.reserve(left_);
    for (const auto& config : file->each()) {
        const auto i = members_.size();
        by_name_[config.group] = i;
        members_.push_back({config.group, nullptr});
        members_[i].member = std::make_unique<Member>(
            commons, Member::ConfigPtr(file, &config), log.for_group(config.group), seed + i,
            [this, i](int code) { ended(i, code); },
            etcd::ClusterPin(config.state.dir, config.election.key), i);
        members_[i].member->on_status = [this](const std::string& line) { tell_status(line); };
    }
}

void Groups::start() { start_next(0); }

// The watch begins when all are there, so that none misses what it says first.
void Groups::start_next(std::size_t i) {
    if (shutting_down_ || closing_) return;
    const bool few = members_.size() <= kFewGroups;
    do {
        if (!members_[i].ended) members_[i].member->start();
        ++i;
    } while (few && i < members_.size());
    if (i == members_.size()) {
        auto silence = members_.front().member->config().election.hold / 2;
        for (const auto& slot : members_)
            silence = std::min(silence, slot.member->config().election.hold / 2);
        return etcd_.start(silence);
    }
    pace_.expires_after(kStartPace);
    pace_.async_wait([this, i](boost::system::error_code aborted) {
        if (!aborted) start_next(i);
    });
}

void Groups::shut_down() {
    shutting_down_ = true;
    worst_ = 0;  // what ended before has been told; this end is that of the others
    pace_.cancel();
    for (auto& slot : members_)
        if (!slot.ended) slot.member->shut_down();
}

// One group's end is its own, unless its state is broken: that of the others is in the same memory.
void Groups::ended(std::size_t i, int code) {
    auto& slot = members_[i];
    const bool again = std::exchange(slot.ended, true);
    slot.member->stop();  // nothing of it is to be decided, nor woken for, any more
    if (!again) --left_;
    if (code == 70) broken_ = i;
    worst_ = std::max(worst_, code);
    if (closing_ || (again && code != 70)) return;
    if (code == 70 || left_ == 0) return on_end_(worst_);
    if (shutting_down_) return;
    const auto log = log_.for_group(slot.name);
    log(Level::kError, "group_ended",
        {{"alarm", "true"},
         {"exit_code", std::to_string(code)},
         {"why",
          "This group has ended, for the reason told before; the others go on. Restart the service "
          "when that is put right."}});
}

void Groups::reload(const Member::ConfigPtr& file) {
    etcd_.reload(file->etcd);
    telling_.set(*file);
    const auto each = file->each();
    // Also where nothing was changed: what the file names may have been.
    for (std::size_t i = 0; i < members_.size(); ++i) members_[i].member->reload({file, &each[i]});
}

void Groups::tell_status(const std::string& line) {
    if (!on_status) return;
    auto now = members_.size() == 1 ? line : summary();
    if (now == status_) return;
    status_ = std::move(now);
    on_status(status_);
}

std::string Groups::summary() const {
    const auto leads = [](const Slot& slot) {
        return slot.member->state().role == model::Role::kLeader;
    };
    const auto leading = std::count_if(members_.begin(), members_.end(), leads);
    return std::to_string(members_.size()) + " groups: leading " + std::to_string(leading) +
           ", ended " + std::to_string(members_.size() - left_);
}

Telling::Stand Groups::stand(const std::string& group) const {
    const auto found = by_name_.find(group);
    if (found == by_name_.end() || !members_[found->second].member) return {};
    return members_[found->second].member->stand();
}

std::chrono::milliseconds Groups::last_words(int exit_code) const {
    auto all = std::chrono::milliseconds::max();
    for (const auto& slot : members_)
        all =
            std::min(all, app::last_words(exit_code, slot.member->policy(), slot.member->state()));
    return all;
}

asio::awaitable<void> Groups::close(int exit_code) {
    closing_ = true;
    pace_.cancel();
    const auto words = last_words(exit_code);
    for (auto& slot : members_) slot.member->stop();
    // Only where every node is silent by now: the guardian still sees us live.
    auto told = telling_.close(words);
    co_await std::move(told);
    auto closed = close_all(exit_code);
    co_await std::move(closed);
    auto etcd = etcd_.close();
    co_await std::move(etcd);
}

/// All at once: one may wait for its fence command.
asio::awaitable<void> Groups::close_all(int exit_code) {
    asio::steady_timer last(io_, asio::steady_timer::time_point::max());
    open_ = members_.size();
    for (std::size_t i = 0; i < members_.size(); ++i) {
        auto task = close_one(i, exit_code, last);
        tasks_.spawn("close", std::move(task));
    }
    boost::system::error_code all_closed;
    auto done = asio::redirect_error(asio::use_awaitable, all_closed);
    if (open_ > 0) co_await last.async_wait(done);
}

asio::awaitable<void> Groups::close_one(std::size_t i, int exit_code, asio::steady_timer& last) {
    const Countdown closed_one{open_, last};
    auto& member = *members_[i].member;
    // Without a guardian nobody else does it, and what broke one may have broken all.
    if (exit_code == 70 && !guarded_ && !member.policy().observe) {
        auto deactivated = member.deactivate_once();
        co_await std::move(deactivated);
    }
    auto closed = member.close();
    co_await std::move(closed);
}

}  // namespace elector::app
