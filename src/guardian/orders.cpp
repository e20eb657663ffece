// What follows from what the machines decide: the part of Household that gives orders.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "guardian/household.hpp"

namespace elector::guardian {
namespace {

using namespace std::chrono_literals;

constexpr Duration kCloserTakes = 10s;
constexpr Duration kCloserEnds = 1s;  // when all is written
/// An elector that has said something in so short a time turns.
constexpr Duration kTurns = 1s;
constexpr std::uint64_t kOthersWord = 1U << 17U;

std::int64_t ms(Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace

void Household::perform(Instant now, std::size_t i, const Actions& actions) {
    auto& ward = wards_[i];
    if (actions.kill) kill_for(now, ward);
    ward.perform(now, actions);
    if (actions.close) want_closer(now, i, *actions.close);
    if (actions.fence) want_fence(now, i);
    if (actions.start) {
        if (children_.elector.running() && !killed_) {
            ward.machine.started(now);  // for the others it has gone on
        } else {
            wanting_.push(i);
        }
    }
    if (actions.end) end_ward(now, ward, *actions.end);
}

/// SAFETY: S30. An elector that turns and has said that it lets go of this node can send it nothing
/// more: no activation leaves without our word, which it does not get while we act. So the others,
/// whose deadlines it renews, keep it.
void Household::kill_for(Instant now, Ward& ward) {
    auto& machine = ward.machine;
    const bool overran = machine.acting() && machine.reason() == Reason::kDrainOverran;
    if (!alone() && overran && now < heard_ + kTurns) {
        ward.log(Level::kWarn, "elector_spared",
                 {{"why",
                   "The elector could not confirm in time that this node is standby; the guardian "
                   "goes on with that. The elector turns, and goes on with its other nodes."}});
        ward.spared = true;
        return machine.elector_gone(now, std::nullopt);
    }
    if (!std::exchange(killed_, true)) children_.elector.signal(SIGKILL);
}

void Household::end_ward(Instant now, Ward& ward, int code) {
    if (ward.ended) return;
    ward.ended = code;
    ward.ended_at = now;
    ward.rest();
    if (++ended_ < wards_.size()) return;
    int whole = 0;
    for (const auto& each : wards_) {
        if (whole == 0) whole = *each.ended;
        if (each.ended == 3) whole = 3;  // one that is not certain is what has to be known
    }
    exit_code_ = whole;
}

// --- the elector

void Household::start_wanted(Instant now) {
    if (wanting_.empty() || children_.elector.running() || holding_back_ > 0) return;
    if (!stopped_ && !elector_says_end_) return start_elector(now);
    while (!wanting_.empty()) {
        const auto i = wanting_.pop();
        auto& ward = wards_[i];
        if (stopped_) {
            agenda_.set(i, now);  // its machine knows
        } else {
            end_ward(now, ward, *elector_says_end_);
        }
        account(now, i);
    }
}

void Household::start_elector(Instant now) {
    const int its_end = link_.open();
    const bool started = its_end >= 0 && children_.place_link(its_end) && children_.start_elector();
    const int error = errno;
    if (started) {
        log_(Level::kInfo, "elector_started", {{"pid", Number(children_.elector.pid())}});
        poller_.look(children_.elector.fd(), kOthersWord);
        link_events_ = EPOLLIN;
        poller_.look(link_.fd(), kOthersWord, link_events_);
        pulse_.started(now);
        heard_ = now;
        elector_says_ = StatusText{};
    } else {
        log_(Level::kError, "elector_not_started",
             {{"error", std::strerror(error)}, {"next", "it is tried again"}});
        link_.close();
    }
    while (!wanting_.empty()) {
        const auto i = wanting_.pop();
        auto& machine = wards_[i].machine;
        if (started) {
            machine.started(now);
        } else {
            machine.elector_gone(now, std::nullopt);
        }
        account(now, i);
        agenda_.set(i, now);
    }
}

// --- closers

Household::CloserRun* Household::free_closer() {
    const auto at_once = std::min(wards_.size(), kChildrenAtOnce);
    return free_slot(closers_, closers_word_.fail() ? 1 : at_once);
}

/// A closer starts at the end of the turn: then there may be orders of several nodes for it.
void Household::want_closer(Instant now, std::size_t i, const Closing& closing) {
    auto& ward = wards_[i];
    const auto* arm = ward.machine.guarded();
    if (!arm || ward.closer_rests(now)) return ward.machine.closed(now, false);
    if (!collecting_) return closers_wanted_.push(i);
    collecting_->wards[collecting_->count] = i;
    collecting_->told[collecting_->count++] = {closing, arm, &ward.options.group, ward.confirmed(),
                                               ward.spared};
}

/// What those who have waited want written is decided anew: much may have happened meanwhile.
void Household::start_closers(Instant now) {
    while (!closers_wanted_.empty()) {
        auto* run = free_closer();
        if (!run) return;
        run->count = 0;
        collecting_ = run;
        for (auto n = closers_wanted_.size(); n > 0 && run->count < children_.orders_at_once();
             --n) {
            const auto i = closers_wanted_.pop();
            wards_[i].machine.close_withdrawn(now);
            take_ward(now, i);
        }
        collecting_ = nullptr;
        if (run->count > 0) start_closer(now, *run);
    }
}

void Household::start_closer(Instant now, CloserRun& run) {
    std::array<int, 2> report{-1, -1};
    const bool started = ::pipe2(report.data(), O_CLOEXEC | O_NONBLOCK) == 0 &&
                         children_.start_closer(run.child, {run.told.data(), run.count}, report[1]);
    const int error = errno;
    if (report[1] >= 0) ::close(report[1]);
    run.report = report[0];
    run.unanswered = run.count;
    run.killed = run.succeeded = false;
    if (started) {
        run.until = now + kCloserTakes;
        poller_.look(run.child.fd(), kOthersWord);
        return poller_.look(run.report, kOthersWord);
    }
    log_(Level::kError, "closer_not_started",
         {{"error", std::strerror(error)}, {"next", "it is tried again"}});
    if (run.report >= 0) ::close(std::exchange(run.report, -1));
    for (std::size_t order = 0; order < run.count; ++order) {
        run.told[order].arm = nullptr;
        wards_[run.wards[order]].machine.closed(now, false);
        agenda_.set(run.wards[order], now);
    }
}

void Household::closer_answers(Instant now, CloserRun& run, std::size_t order,
                               const Ending& ending) {
    if (order >= run.count || !std::exchange(run.told[order].arm, nullptr)) return;
    // What is left for it to do is its own end.
    if (--run.unanswered == 0) run.until = std::min(run.until, now + kCloserEnds);
    run.succeeded = run.succeeded || ending.code == 0;
    closers_word_.answered(ending, run.succeeded);
    const auto i = run.wards[order];
    auto& ward = wards_[i];
    ward.closer_ended(now, ending);
    ward.machine.closed(now, ending.code == 0);
    account(now, i);
    agenda_.set(i, now);
}

void Household::take_reports(Instant now, CloserRun& run) {
    while (run.report >= 0) {
        Report report;
        const auto n = ::read(run.report, &report, sizeof report);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n != static_cast<ssize_t>(sizeof report)) {
            ::close(std::exchange(run.report, -1));
        } else {
            closer_answers(now, run, report.order, {report.code, 0});
        }
    }
}

void Household::end_closer(Instant now, CloserRun& run, const Ending& ending) {
    if (run.report >= 0) ::close(std::exchange(run.report, -1));
    for (std::size_t order = 0; order < run.count; ++order) closer_answers(now, run, order, ending);
    run.until = model::kNever;
}

void Household::take_closers(Instant now) {
    for (const auto& each : closers_) {
        auto& run = *each;
        if (!run.child.running()) continue;
        take_reports(now, run);
        if (const auto ending = run.child.ended()) {
            take_reports(now, run);  // its last words came before its end
            end_closer(now, run, *ending);
        } else if (now >= run.until) {
            // One that waits in the kernel does not go; nobody waits for that.
            run.child.signal(SIGKILL);
            run.killed = true;
            end_closer(now, run, {std::nullopt, SIGKILL});
        }
    }
}

Household::CloserRun::~CloserRun() {
    if (report >= 0) ::close(report);
}

// --- fence commands

void Household::set_fence(std::size_t i, const FenceWords& words) {
    auto& ward = wards_[i];
    ward.fence = KeptWords(words);
    ward.machine.fence_set(ward.fence.any() ? std::optional(ward.fence.timeout()) : std::nullopt);
}

Household::FenceRun* Household::free_fence() { return free_slot(fences_, kChildrenAtOnce); }

bool Household::fence_runs(std::size_t i) const {
    return std::any_of(fences_.begin(), fences_.end(),
                       [i](const auto& run) { return run->command.running() && run->ward == i; });
}

void Household::want_fence(Instant now, std::size_t i) {
    if (auto* run = free_fence()) return start_fence(now, i, *run);
    fences_wanted_.push(i);
}

void Household::start_fence(Instant now, std::size_t i, FenceRun& run) {
    auto& ward = wards_[i];
    FenceCause cause{FencedBy::kGuardian, word(ward.machine.reason()), {}};
    if (const auto* arm = ward.machine.guarded()) cause.term = arm->term;
    if (once_) cause = {FencedBy::kOperator, "fence", {}};
    const auto& order = ward.fence_order;
    if (order) cause = {FencedBy::kElector, order->reason.data(), order->term};
    run.ward = i;
    run.command.identify(ward.options.fence_identity);
    run.command.set(ward.fence.words());
    if (ward.fence.any() && run.command.start(now, cause)) {
        poller_.look(run.command.output(), kOthersWord);
        poller_.look(run.command.end(), kOthersWord);
        return tell_fence_started(ward.log, run.command, cause);
    }
    tell_fence_not_started(ward.log, ward.fence.any() ? errno : ENOENT);
    ward.machine.fenced(now, false);
    answer_fence(i, false);
}

/// Who has waited may have been confirmed standby meanwhile: then nobody needs it any more.
void Household::start_fences(Instant now) {
    while (!fences_wanted_.empty()) {
        auto* run = free_fence();
        if (!run) return;
        const auto i = fences_wanted_.pop();
        auto& ward = wards_[i];
        if (ward.ended || !ward.machine.fence_runs()) continue;
        if (ward.machine.confirmed() && !ward.fence_order) {
            ward.machine.fenced(now, false);
        } else {
            start_fence(now, i, *run);
        }
        agenda_.set(i, now);
    }
}

void Household::take_fences(Instant now) {
    for (const auto& run : fences_) {
        auto& ward = wards_[run->ward];
        const auto end = run->command.proceed(now);
        if (const auto error = run->command.unending())
            tell_fence_unending(ward.log, run->command, *error);
        if (!end) continue;
        tell_fence_ended(ward.log, run->command, *end);
        ward.machine.fenced(now, end->success());
        answer_fence(run->ward, end->success());
        agenda_.set(run->ward, now);
    }
    start_fences(now);
}

/// Of a node that is confirmed standby, or of an elector that has ended: what the elector has
/// ordered, and nobody has begun, is not run any more. What has begun is not called back.
void Household::withdraw_fence(Instant now, std::size_t i) {
    auto& ward = wards_[i];
    if (alone() || !ward.fence_order || fence_runs(i)) return;
    ward.machine.fence_withdrawn(now);
    answer_fence(i, false);
}

void Household::answer_fence(std::size_t i, bool success) {
    const auto order = std::exchange(wards_[i].fence_order, std::nullopt);
    if (order) link_.send(FenceDone{order->op, success}, i);
}

// --- for people

void Household::tell_state(Instant now) {
    const auto number = [](std::size_t n) { return Number(static_cast<std::int64_t>(n)); };
    const auto& first = wards_.front();
    const auto* arm = first.machine.guarded();
    const bool acts = counts_[Shown::kTrouble] > 0;
    const auto lag = Number(ms(lag_.largest()));
    const auto stalls = Number(static_cast<std::int64_t>(lag_.stalls()));
    const auto pid = Number(children_.elector.pid());
    if (!alone())
        return log_(Level::kInfo, "guardian_state",
                    {{"armed", number(counts_[Shown::kLeading])},
                     {"acting", number(counts_[Shown::kTrouble])},
                     {"nodes", number(wards_.size())},
                     {"closers_waiting", number(closers_wanted_.size())},
                     {"fences_waiting", number(fences_wanted_.size())},
                     {"elector_pid", pid},
                     {"lag_max_ms", lag},
                     {"stalls", stalls}});
    log_(Level::kInfo, "guardian_state",
         {{"armed", arm ? "yes" : "no"},
          {"term", Number(arm ? arm->term.value : 0)},
          {"left_ms", Number(arm ? ms(arm->valid_until - now) : 0)},
          {"acting", acts ? "yes" : "no"},
          {"elector_pid", pid},
          {"lag_max_ms", lag},
          {"stalls", stalls}});
}

}  // namespace elector::guardian
