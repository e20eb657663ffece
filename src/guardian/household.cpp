#include "guardian/household.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

#include <poll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace elector::guardian {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTryLocks = 100ms;
constexpr Duration kAfterwards = 5s;  // from the last decision to the end of the process, at most
constexpr Duration kAfterAFault = 100ms;
/// Of so many nodes, and so many messages, the work is done before others are looked at.
constexpr int kNodesAtOnce = 64;
constexpr int kMessagesAtOnce = 256;
/// An answer is often the reason for the next question; what goes on for longer waits for its turn.
constexpr int kStepsAtOnce = 4;

// Whose a descriptor is: a node's is its number.
constexpr std::uint64_t kLocksWord = 1U << 16U;
constexpr std::uint64_t kOthersWord = 1U << 17U;

Instant boot_now() {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return Instant(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

Machine machine_of(const WardOptions& ward, bool once, bool locked) {
    return once ? Machine::once(boot_now(), ward.bounds) : Machine(boot_now(), locked, ward.bounds);
}

}  // namespace

Household::Household(const Options& options, NodeLocks& locks, ServiceManager& manager,
                     const Log& log, bool once)
    : options_(options),
      locks_(locks),
      manager_(manager),
      log_(log),
      once_(once),
      link_(log, options.wards.size()),
      children_(options),
      agenda_(options.wards.size()),
      ready_(options.wards.size()),
      closers_wanted_(options.wards.size()),
      fences_wanted_(options.wards.size()),
      wanting_(options.wards.size()) {
    for (const auto& ward : options.wards)
        wards_.emplace_back(ward, machine_of(ward, once, locks.missing() == 0), log);
    counts_.of[static_cast<std::size_t>(Shown::kWaiting)] = wards_.size();
    for (std::size_t i = 0; i < kChildPlaces; ++i)
        closers_.push_back(std::make_unique<CloserRun>());
    for (std::size_t i = 0; i < std::min(wards_.size(), kChildPlaces); ++i) {
        fences_.push_back(std::make_unique<FenceRun>(options.wards[i].fence_identity));
    }
}

int Household::run() {
    if (!open_kernel()) {
        log_(Level::kError, "guardian_cannot_start", {{"error", std::strerror(errno)}});
        return 1;
    }
    log_(Level::kInfo, "guardian_started",
         {{"version", options_.version}, {"pid", Number(::getpid())}});
    lock_memory();
    if (locks_.missing() > 0) {
        next_lock_ = boot_now();
        log_(Level::kWarn, "lock_waiting",
             {{"why",
               "An elector without a working guardian, or the command fence, still controls this "
               "node. The node is brought to standby, and an elector started when that has "
               "ended."}});
    }
    go_on();
    children_.elector.signal(SIGKILL);  // of one that is left nothing is known any more
    log_(Level::kInfo, "guardian_stopped", {{"exit_code", Number(*exit_code_)}});
    return *exit_code_;
}

std::vector<Fenced> Household::run_once() {
    std::vector<Fenced> fenced(wards_.size());
    if (!open_kernel()) return fenced;
    const auto since = boot_now();
    go_on();
    for (std::size_t i = 0; i < wards_.size(); ++i) {
        const auto& ward = wards_[i];
        const auto took = (ward.ended ? ward.ended_at : boot_now()) - since;
        fenced[i] = {ward.ended == 0, ward.machine.node_dead(), ward.last_answer(), took};
    }
    return fenced;
}

void Household::go_on() {
    for (std::size_t i = 0; i < wards_.size(); ++i) {
        account(boot_now(), i);
        agenda_.set(i, boot_now());
    }
    while (!exit_code_) {
        const bool more = turn();
        tell_manager(boot_now());
        tell_stall(boot_now());
        if (!exit_code_) wait(more);
    }
}

bool Household::open_kernel() {
    ::signal(SIGPIPE, SIG_IGN);  // nobody may read the log any more
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) ::sigaddset(&wanted, number);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    signals_ = ::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals_ < 0 || !poller_.open()) return false;
    if (!once_ && !children_.whole()) return false;
    poller_.look(signals_, kOthersWord);
    placed_ = locks_.missing() == 0 && !once_ && children_.place_locks(locks_);
    if (locks_.missing() == 0 && !once_ && !placed_) return false;
    for (std::size_t i = 0; i < locks_.size() && !once_; ++i)
        if (locks_[i].held()) poller_.look(locks_[i].fd(), kLocksWord + i);
    return true;
}

void Household::lock_memory() {
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return;
    log_(Level::kWarn, "memory_not_locked",
         {{"error", std::strerror(errno)},
          {"why",
           "The guardian may be paged out when memory is short; LimitMEMLOCK=infinity, or "
           "the right CAP_IPC_LOCK, lets it lock its memory."}});
}

/// Something of everything that has happened, then what follows. True: there is more.
bool Household::turn() {
    const auto now = boot_now();
    take_signals(now);
    take_link(now);
    take_elector(now);
    take_closers(now);
    take_fences(now);
    // A run of a fence command that has begun is not called back.
    const bool runs = std::any_of(fences_.begin(), fences_.end(),
                                  [](const auto& run) { return run->command.running(); });
    if (interrupted_ && !runs) {
        exit_code_ = 3;
        return false;
    }
    take_locks(now);
    const bool more = take_wards(now);
    start_closers(now);
    start_wanted(now);
    watch_pulse(now);
    return more;
}

void Household::wait(bool more) {
    const short events = link_.keeps() ? EPOLLIN | EPOLLOUT : EPOLLIN;
    if (link_.fd() >= 0 && std::exchange(link_events_, events) != events)
        poller_.look(link_.fd(), kOthersWord, events);
    const auto now = boot_now();
    const auto at = more ? now : next_wake();
    const auto words = poller_.wait(now, at);
    const auto then = boot_now();
    late_ = then - std::max(at, now);
    lag_.add(late_);
    for (const auto word : words) {
        if (word < kLocksWord) ready_.push(word);
        if (word >= kLocksWord && word < kOthersWord) locks_[word - kLocksWord].answer();
    }
}

Instant Household::next_wake() const {
    auto at = std::min({agenda_.next(), next_lock_, manager_.wake()});
    for (const auto& run : closers_) at = std::min(at, run->until);
    for (const auto& run : fences_) at = std::min(at, run->command.deadline());
    if (elector_is_free()) at = std::min(at, pulse_.wake());
    return at;
}

// --- what has happened

void Household::take_signals(Instant now) {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        const auto number = static_cast<int>(info.ssi_signo);
        interrupted_ |= once_ && number != SIGUSR1;
        if (interrupted_) continue;
        if (number == SIGTERM || number == SIGINT) {
            stop(now);
            continue;
        }
        if (number == SIGHUP) manager_.reloading();
        children_.elector.signal(number);
        if (number == SIGUSR1) tell_state(now);
    }
}

void Household::stop(Instant now) {
    Instant until = now, killed_at = now;
    for (std::size_t i = 0; i < wards_.size(); ++i) {
        auto& machine = wards_[i].machine;
        machine.stop(now);
        until = std::max(until, machine.stops_by());
        killed_at = std::max(killed_at, machine.kills_at());
        agenda_.set(i, now);
    }
    for (auto& ward : wards_) {
        ward.machine.kill_not_before(killed_at);
        until = std::max(until, ward.machine.stops_by(killed_at));
    }
    manager_.stopping(until - now + kAfterwards);
    if (!std::exchange(stopped_, true)) children_.elector.signal(SIGTERM);
}

void Household::take_link(Instant now) {
    link_.send_kept();
    for (int i = 0; i < kMessagesAtOnce; ++i) {
        const auto letter = link_.receive();
        if (!letter) return;
        take(now, *letter);
    }
}

/// What is wrong with one node ends nothing for the others.
template <class Work>
void Household::guarded(Instant now, std::size_t i, Work work) {
    try {
        work();
    } catch (const std::exception& e) {
        wards_[i].log(Level::kError, "node_not_attended",
                      {{"alarm", "true"}, {"error", e.what()}, {"next", "it is tried again"}});
        agenda_.set(i, now + kAfterAFault);
    }
}

void Household::take(Instant now, const Letter& letter) {
    heard_ = now;
    if (const auto* ping = std::get_if<Ping>(&letter.message)) {
        link_.send(Pong{ping->number});
        // Its loop turns. An elector that was started again has read the newest configuration.
        if (!pulse_.heard()) manager_.ready();
        pulse_.beat(now);
    } else if (std::holds_alternative<ReloadDone>(letter.message)) {
        manager_.ready();
    } else if (const auto* said = std::get_if<Status>(&letter.message)) {
        if (alone()) elector_says_ = said->line;
    } else {
        guarded(now, letter.ward, [&] { take_of(now, letter.ward, letter.message); });
    }
}

void Household::take_of(Instant now, std::size_t i, const Message& message) {
    auto& ward = wards_[i];
    auto& machine = ward.machine;
    if (ward.ended) return;
    if (const auto* arm = std::get_if<Arm>(&message)) {
        if (!ward.arm(now, *arm)) return ward.tell_arm_refused(fence_runs(i));
        link_.send(Armed{arm->op}, i);
    } else if (const auto* draining = std::get_if<Draining>(&message)) {
        machine.draining(now, *draining);
        if (draining->standby) withdraw_fence(now, i);
    } else if (std::holds_alternative<Disarm>(message)) {
        ward.disarm();
        withdraw_fence(now, i);
    } else if (const auto* answered = std::get_if<ActivationAnswered>(&message)) {
        // SAFETY: S24. The answer to an earlier holding's says nothing of this one's.
        const auto* guarded = machine.guarded();
        if (guarded && guarded->nonce == answered->nonce) machine.activation_answered();
    } else if (const auto* words = std::get_if<FenceWords>(&message)) {
        set_fence(i, *words);
    } else if (const auto* order = std::get_if<FenceOrder>(&message)) {
        if (machine.fence_wanted()) {
            ward.fence_order = *order;
        } else {
            link_.send(FenceDone{order->op, false}, i);
        }
    }
    account(now, i);
    agenda_.set(i, now);
}

void Household::take_elector(Instant now) {
    const auto ending = children_.elector.ended();
    if (!ending) return;
    while (const auto letter = link_.receive()) take(now, *letter);  // before its end
    link_.close();
    killed_ = false;
    const auto armed = [](const Ward& ward) { return ward.machine.armed(); };
    const bool guarded = std::any_of(wards_.begin(), wards_.end(), armed);
    const bool clean = ending->code == 0;
    const auto level = clean ? Level::kInfo : Level::kWarn;
    log_(level, clean ? "elector_ended" : "elector_gone",
         {{"exit_code", ending->code ? Number(*ending->code) : std::string_view("none")},
          {"signal", Number(ending->signal)},
          {"guarded", guarded ? "yes" : "no"}});
    // A node that is not done with would be left by an end; and the file may be corrected by then.
    const auto acting = [](const Ward& ward) { return ward.machine.acting() && !ward.ended; };
    const bool refuses = ending->code == 1 || ending->code == 2;
    const bool retry =
        refuses && !alone() && !stopped_ && std::any_of(wards_.begin(), wards_.end(), acting);
    if (refuses && !retry) elector_says_end_ = ending->code;
    const auto said = retry ? std::nullopt : ending->code;
    for (std::size_t i = 0; i < wards_.size(); ++i) {
        auto& machine = wards_[i].machine;
        wards_[i].spared = false;
        if (!machine.elector_runs()) continue;
        // What it could not finish is told by the nodes that it held. Of one that was killed nobody
        // knows what it was about to tell the others' nodes.
        const bool let_go = ending->code == 3 && guarded && !machine.armed();
        withdraw_fence(now, i);
        machine.elector_gone(now, let_go ? std::optional(0) : said);
        account(now, i);
        // Those that may be active first.
        agenda_.set(i, machine.armed() ? now - kAfterwards : now);
    }
}

void Household::take_locks(Instant now) {
    if (once_ || placed_ || now < next_lock_) return;
    next_lock_ = now + kTryLocks;
    const auto before = locks_.missing();
    if (const auto held = locks_.try_again()) {
        wards_[*held].log(Level::kError, "node_locked",
                          {{"node", options_.wards[*held].fence_identity.admin_url},
                           {"error", "another elector controls the node"}});
        exit_code_ = 1;
        return;
    }
    for (std::size_t i = 0; i < locks_.size() && locks_.missing() < before; ++i)
        if (locks_[i].held()) poller_.look(locks_[i].fd(), kLocksWord + i);
    // SAFETY: S31. Until every lock is ours all nodes are kept standby.
    placed_ = locks_.missing() == 0 && children_.place_locks(locks_);
    if (!placed_) return;
    next_lock_ = model::kNever;
    for (std::size_t i = 0; i < wards_.size(); ++i) {
        wards_[i].machine.locked();
        agenda_.set(i, now);
    }
}

/// True: others are due.
bool Household::take_wards(Instant now) {
    for (int i = 0; i < kNodesAtOnce && !ready_.empty() && !exit_code_; ++i)
        take_ward(boot_now(), ready_.pop());
    for (int i = 0; i < kNodesAtOnce && !exit_code_; ++i) {
        const auto due = agenda_.due(now);
        if (!due) break;
        take_ward(boot_now(), *due);
    }
    return !ready_.empty() || agenda_.due(now).has_value();
}

void Household::take_ward(Instant now, std::size_t i) {
    auto& ward = wards_[i];
    if (ward.ended) return agenda_.set(i, model::kNever);
    guarded(now, i, [&] { attend(now, i); });
}

void Household::attend(Instant now, std::size_t i) {
    auto& ward = wards_[i];
    Actions actions;
    for (int step = 0; step < kStepsAtOnce && !ward.ended; ++step) {
        ward.take_node(now);
        ward.machine.heard(heard_);
        actions = ward.decide(now);
        account(now, i);
        perform(now, i, actions);
        if (!once_) ward.tell(now);
        ward.keep_warm(now);
        if (actions == Actions{}) break;
    }
    account(now, i);
    ward.follow(poller_, i);
    const auto wake = actions == Actions{} ? ward.wake() : now;
    agenda_.set_after_turn(i, ward.ended ? model::kNever : wake, now);
}

/// Keeps the numbers of those that are so and so.
void Household::account(Instant now, std::size_t i) {
    auto& ward = wards_[i];
    const auto& machine = ward.machine;
    const bool acts = machine.acting() && (alone() || !machine.spares_others(now));
    const bool orphan = machine.armed() && !machine.elector_runs() && !machine.acting();
    const bool holds_back = !ward.ended && (machine.waiting_for_lock() || acts || orphan);
    const bool busy = machine.elector_runs() && (machine.armed() || machine.acting());
    const auto count = [](std::size_t& of, bool& was, bool is) {
        of = of + (is ? 1 : 0) - (was ? 1 : 0);
        was = is;
    };
    count(holding_back_, ward.held_back, holds_back);
    count(busy_, ward.busy, busy);
    counts_.change(ward.shown, shown(machine));
    ward.shown = shown(machine);
}

// --- the elector's pulse, and what the service manager is told

/// It runs, and no deadline, of a holding or of a stop, sees to it.
bool Household::elector_is_free() const {
    return children_.elector.running() && busy_ == 0 && locks_.missing() == 0 && !stopped_;
}

void Household::watch_pulse(Instant now) {
    if (!elector_is_free() || !pulse_.lost(now)) return;
    log_(Level::kWarn, "elector_stands_still",
         {{"silent_ms",
           Number(std::chrono::duration_cast<std::chrono::milliseconds>(kLongSilence).count())},
          {"next", "it is killed and started again; it held nothing"}});
    killed_ = true;
    children_.elector.signal(SIGKILL);
}

void Household::tell_manager(Instant now) {
    if (exit_code_ && !stopped_) manager_.stopping(kAfterwards);
    manager_.waits(locks_.missing() > 0);
    manager_.status(status(now));
    manager_.proceed(now, !elector_is_free() || pulse_.well(now));
    if (const int error = manager_.fault(); error != 0)
        log_(
            Level::kWarn, "service_manager_not_told",
            {{"error", std::strerror(error)},
             {"why", "$NOTIFY_SOCKET cannot be used; the service manager will miss the service."}});
}

StatusText Household::status(Instant now) {
    const auto& first = wards_.front().machine;
    if (alone() || first.waiting_for_lock()) return status_of(first, elector_says_);
    if (now < next_summary_) return summary_;
    next_summary_ = now + 1s;
    const bool runs = children_.elector.running();
    Summary summary(counts_, stopped_ ? "stops" : runs ? "" : "starts the elector");
    for (const auto& ward : wards_)
        if (counts_[Shown::kTrouble] > 0 && ward.shown == Shown::kTrouble)
            summary.trouble(ward.options.group);
    return summary_ = summary.text();
}

void Household::tell_stall(Instant now) {
    const auto late = std::exchange(late_, Duration{});
    if (!lag_.stalled(now.time_since_epoch(), late, options_.wards.front().bounds.margin)) return;
    log_(Level::kWarn, "loop_stalled",
         {{"late_ms", Number(std::chrono::duration_cast<std::chrono::milliseconds>(late).count())},
          {"stalls", Number(static_cast<std::int64_t>(lag_.stalls()))},
          {"why", "This process, or the whole host, stood still for longer than a margin."}});
}

}  // namespace elector::guardian
