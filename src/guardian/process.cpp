#include "guardian/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "guardian/admin.hpp"
#include "guardian/children.hpp"
#include "guardian/knock.hpp"
#include "guardian/link.hpp"
#include "guardian/pulse.hpp"
#include "guardian/status.hpp"
#include "support/loop_lag.hpp"

namespace elector::guardian {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStatusTimeout =
    4s;  // a query that hangs longer: not fenced (facts of the node)
constexpr Duration kKnockTimeout = 1s;
constexpr Duration kKeepWarm = 60s;  // the node drops a connection that is idle for 120 s
constexpr Duration kReconnect = 1s;
constexpr Duration kCloserTakes = 10s;
constexpr Duration kTryLock = 100ms;
constexpr Duration kAfterwards = 5s;  // from the last decision to the end of the process, at most

Instant boot_now() {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return Instant(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

std::int64_t ms(Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

class Process {
  public:
    Process(const Options& options, NodeLock& lock, ServiceManager& manager, const Log& log,
            const Machine& machine)
        : options_(options),
          lock_(lock),
          manager_(manager),
          log_(log),
          link_(log),
          children_(options),
          fence_(options.fence_identity),
          machine_(machine),
          probe_(options.probe) {
        set_fence(options.fence);
    }

    int run();
    /// Without an elector; the machine is made for that.
    Fenced run_once();

  private:
    void go_on();
    void set_fence(const FenceWords& words);
    void take_fence(Instant now);
    void start_fence(Instant now);
    void answer_fence(bool success);
    bool open_kernel();
    void lock_memory();
    void wait();
    bool turn();
    void take_signals(Instant now);
    void take_link(Instant now);
    void take(Instant now, const Message& message);
    void take_children(Instant now);
    void take_node(Instant now);
    bool witness_ended();
    void drop_witness();
    void take_lock(Instant now);
    void perform(Instant now, const Actions& actions);
    void start_elector(Instant now);
    void start_closer(Instant now, const Closing& closing);
    void keep_warm(Instant now);
    void tell(Instant now);
    void tell_refused();
    void watch_pulse(Instant now);
    bool elector_is_free() const;
    void tell_manager(Instant now);
    void tell_stall(Instant now);
    Instant next_wake() const;
    void end(int code);

    const Options& options_;
    NodeLock& lock_;
    ServiceManager& manager_;
    const Log& log_;
    Link link_;
    Children children_;
    FenceCommand fence_;
    std::optional<FenceOrder> fence_order_;  ///< of the elector, not answered yet
    Machine machine_;
    bool once_ = false, interrupted_ = false;
    Answer last_ = Answer::kFailed;  ///< to a status query
    Pulse pulse_;
    StatusText elector_says_;
    support::LoopLag lag_;
    Duration late_{};  ///< of the last wake-up; negative: something came before it
    Address probe_;
    int signals_ = -1;
    int timer_ = -1;
    AdminRequest warm_;  ///< kept connected while a holding is guarded
    int witness_ = -1;   ///< was warm_, until an answer took too long; told of its end only
    AdminRequest set_;
    AdminRequest status_;
    AdminRequest* telling_ = nullptr;  ///< who carries the deactivation
    AdminRequest* asking_ = nullptr;   ///< who carries the status query
    bool status_failed_ = false;
    Knock knock_;
    Instant next_warm_;
    Instant closer_until_ = model::kNever;
    Instant next_lock_ = model::kNever;
    std::optional<int> exit_code_;
    // said already
    bool told_acting_ = false, told_standby_ = false, told_refused_ = false;
};

int Process::run() {
    if (!open_kernel()) {
        log_(Level::kError, "guardian_cannot_start", {{"error", std::strerror(errno)}});
        return 1;
    }
    log_(Level::kInfo, "guardian_started",
         {{"version", options_.version}, {"pid", Number(::getpid())}});
    lock_memory();
    if (machine_.waiting_for_lock()) {
        next_lock_ = boot_now();
        log_(Level::kWarn, "lock_waiting",
             {{"why",
               "An elector without a working guardian, or the command fence, still controls this "
               "node. The node is brought to standby, and an elector started when that has "
               "ended."}});
    }
    go_on();
    log_(Level::kInfo, "guardian_stopped", {{"exit_code", Number(*exit_code_)}});
    return *exit_code_;
}

Fenced Process::run_once() {
    once_ = true;
    if (!open_kernel()) return {};
    const auto since = boot_now();
    go_on();
    return {*exit_code_ == 0, machine_.node_dead(), last_, boot_now() - since};
}

void Process::go_on() {
    while (!exit_code_) {
        while (turn()) {
        }
        tell_manager(boot_now());
        tell_stall(boot_now());
        if (!exit_code_) wait();
    }
}

bool Process::open_kernel() {
    ::signal(SIGPIPE, SIG_IGN);  // nobody may read the log any more
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) ::sigaddset(&wanted, number);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    signals_ = ::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    timer_ = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    return signals_ >= 0 && timer_ >= 0;
}

void Process::lock_memory() {
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return;
    log_(Level::kWarn, "memory_not_locked",
         {{"error", std::strerror(errno)},
          {"why",
           "The guardian may be paged out when memory is short; LimitMEMLOCK=infinity, or "
           "the right CAP_IPC_LOCK, lets it lock its memory."}});
}

/// Everything that has happened, then what follows. True: there may be more.
bool Process::turn() {
    const auto now = boot_now();
    take_signals(now);
    take_link(now);
    take_children(now);
    take_fence(now);
    // A run of the fence command that has begun is not called back.
    if (interrupted_ && !fence_.running()) return end(3), false;
    take_node(now);
    take_lock(now);
    watch_pulse(now);
    const bool was_acting = machine_.acting();
    const auto actions = machine_.decide(now);
    const bool traced = warm_.connected() || witness_ >= 0;
    if (!was_acting && machine_.acting() && !traced) machine_.node_lost();
    tell(now);
    perform(now, actions);
    keep_warm(now);
    return !(actions == Actions{}) && !exit_code_;
}

void Process::wait() {
    const auto at = next_wake();
    itimerspec spec{};
    if (at != model::kNever) {
        const auto left = std::max(at - boot_now(), Duration(1));
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
        spec.it_value.tv_sec = whole.count();
        spec.it_value.tv_nsec = (left - whole).count();
    }
    ::timerfd_settime(timer_, 0, &spec, nullptr);
    std::array<pollfd, 14> fds{};
    std::size_t n = 0;
    const auto look = [&](int fd, short events = POLLIN) {
        if (fd >= 0) fds[n++] = {fd, events, 0};
    };
    look(signals_);
    look(timer_);
    look(link_.fd());
    look(children_.elector.fd());
    look(children_.closer.fd());
    look(fence_.output());
    look(fence_.end());
    if (lock_.held() && !once_) look(lock_.fd());
    look(warm_.fd(), warm_.events());
    look(witness_);
    look(set_.busy() ? set_.fd() : -1, set_.events());
    look(status_.busy() ? status_.fd() : -1, status_.events());
    look(knock_.fd(0), POLLOUT);
    look(knock_.fd(1), POLLOUT);
    const auto asked = std::max(at, boot_now());
    ::poll(fds.data(), n, -1);
    late_ = boot_now() - asked;
    lag_.add(late_);
    std::uint64_t expirations = 0;
    static_cast<void>(!::read(timer_, &expirations, sizeof expirations));
}

Instant Process::next_wake() const {
    auto at = std::min({machine_.wake(), warm_.deadline(), set_.deadline(), status_.deadline(),
                        knock_.deadline(), closer_until_, next_lock_, fence_.deadline(),
                        manager_.wake()});
    if (elector_is_free()) at = std::min(at, pulse_.wake());
    if (machine_.armed() && !machine_.acting()) at = std::min(at, next_warm_);
    return at;
}

// --- what has happened

void Process::take_signals(Instant now) {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        const auto number = static_cast<int>(info.ssi_signo);
        interrupted_ |= once_ && number != SIGUSR1;
        if (interrupted_) continue;
        if (number == SIGTERM || number == SIGINT) {
            machine_.stop(now);
            manager_.stopping(machine_.stops_by() - now + kAfterwards);
            children_.elector.signal(SIGTERM);
            continue;
        }
        if (number == SIGHUP) manager_.reloading();
        children_.elector.signal(number);
        if (number != SIGUSR1) continue;
        const auto* arm = machine_.guarded();
        log_(Level::kInfo, "guardian_state",
             {{"armed", arm ? "yes" : "no"},
              {"term", Number(arm ? arm->term.value : 0)},
              {"left_ms", Number(arm ? ms(arm->valid_until - now) : 0)},
              {"acting", machine_.acting() ? "yes" : "no"},
              {"elector_pid", Number(children_.elector.pid())},
              {"lag_max_ms", Number(ms(lag_.largest()))},
              {"stalls", Number(static_cast<std::int64_t>(lag_.stalls()))}});
    }
}

void Process::take_link(Instant now) {
    while (const auto letter = link_.receive()) take(now, letter->message);
}

void Process::take(Instant now, const Message& message) {
    machine_.heard(now);
    if (const auto* arm = std::get_if<Arm>(&message)) {
        const bool anew = !machine_.armed();
        if (!machine_.arm(now, *arm)) return tell_refused();
        told_refused_ = false;
        probe_ = arm->probe;
        if (anew) next_warm_ = now;
        link_.send(Armed{arm->op});
    } else if (const auto* ping = std::get_if<Ping>(&message)) {
        link_.send(Pong{ping->number});
        // Its loop turns. An elector that was started again has read the newest configuration.
        if (!pulse_.heard()) manager_.ready();
        pulse_.beat(now);
    } else if (const auto* draining = std::get_if<Draining>(&message)) {
        machine_.draining(now, *draining);
    } else if (std::holds_alternative<Disarm>(message)) {
        machine_.disarm();
        if (!machine_.armed()) {
            warm_.drop();
            drop_witness();
        }
    } else if (const auto* answered = std::get_if<ActivationAnswered>(&message)) {
        // SAFETY: S24. The answer to an earlier holding's says nothing of this one's.
        const auto* guarded = machine_.guarded();
        if (guarded && guarded->nonce == answered->nonce) machine_.activation_answered();
    } else if (const auto* words = std::get_if<FenceWords>(&message)) {
        set_fence(*words);
    } else if (const auto* order = std::get_if<FenceOrder>(&message)) {
        if (!machine_.fence_wanted()) return link_.send(FenceDone{order->op, false});
        fence_order_ = *order;
    } else if (std::holds_alternative<ReloadDone>(message)) {
        manager_.ready();
    } else if (const auto* said = std::get_if<Status>(&message)) {
        elector_says_ = said->line;
    }
}

void Process::set_fence(const FenceWords& words) {
    fence_.set(words);
    machine_.fence_set(fence_.configured() ? std::optional(fence_.timeout()) : std::nullopt);
}

void Process::take_fence(Instant now) {
    const auto end = fence_.proceed(now);
    if (const auto error = fence_.unending()) tell_fence_unending(log_, fence_, *error);
    if (!end) return;
    tell_fence_ended(log_, fence_, *end);
    machine_.fenced(now, end->success());
    answer_fence(end->success());
}

void Process::answer_fence(bool success) {
    const auto order = std::exchange(fence_order_, std::nullopt);
    if (order) link_.send(FenceDone{order->op, success});
}

void Process::start_fence(Instant now) {
    FenceCause cause{FencedBy::kGuardian, word(machine_.reason()), {}};
    if (const auto* arm = machine_.guarded()) cause.term = arm->term;
    if (once_) cause = {FencedBy::kOperator, "fence", {}};
    if (fence_order_) cause = {FencedBy::kElector, fence_order_->reason.data(), fence_order_->term};
    if (fence_.start(now, cause)) return tell_fence_started(log_, fence_, cause);
    tell_fence_not_started(log_, errno);
    machine_.fenced(now, false);
    answer_fence(false);
}

void Process::take_children(Instant now) {
    if (const auto ending = children_.elector.ended()) {
        take_link(now);  // its last words came before its end
        link_.close();
        const bool clean = ending->code == 0;
        const auto level = clean ? Level::kInfo : Level::kWarn;
        log_(level, clean ? "elector_ended" : "elector_gone",
             {{"exit_code", ending->code ? Number(*ending->code) : std::string_view("none")},
              {"signal", Number(ending->signal)},
              {"guarded", machine_.armed() ? "yes" : "no"}});
        machine_.elector_gone(now, ending->code);
    }
    if (children_.closer.running() && now >= closer_until_) {
        closer_until_ = model::kNever;
        children_.closer.signal(SIGKILL);
    }
    if (const auto ending = children_.closer.ended()) {
        closer_until_ = model::kNever;
        children_.tell_closer(log_, now, *ending);
        machine_.closed(now, ending->code == 0);
    }
}

void Process::take_node(Instant now) {
    if (warm_.idle_end() || witness_ended()) machine_.node_lost();
    const auto kept = warm_.proceed(now);
    if (kept && warm_.timed_out() && witness_ < 0) {
        witness_ = warm_.release();
    } else if (kept && !warm_.connected()) {
        machine_.node_lost();
    }
    const auto answer_of = [&](AdminRequest* who) {
        return who == &warm_ ? kept : who ? who->proceed(now) : std::nullopt;
    };
    if (const auto answer = answer_of(telling_)) {
        telling_ = nullptr;
        set_.drop();
        machine_.set_answered(now, *answer);
    }
    if (const auto answer = answer_of(asking_)) {
        auto& who = *std::exchange(asking_, nullptr);
        last_ = *answer;
        status_failed_ = *answer == Answer::kFailed && !status_failed_;
        const bool before = machine_.confirmed();
        machine_.status_read(now, *answer);
        // The connection that answered proves later that the process is the same one.
        const bool proof = !before && machine_.confirmed() && machine_.acting() && who.connected();
        if (proof) children_.place_confirmed(who.release());
    }
    if (const auto refused = knock_.proceed(now)) machine_.knocked(now, *refused);
}

/// The node is late with an answer; the connection still tells whether it lives.
bool Process::witness_ended() {
    std::array<char, 256> late;
    while (witness_ >= 0) {
        const auto n = ::recv(witness_, late.data(), late.size(), MSG_DONTWAIT);
        if (n > 0) continue;
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        drop_witness();
        return true;
    }
    return false;
}

void Process::drop_witness() {
    if (witness_ >= 0) ::close(std::exchange(witness_, -1));
}

void Process::take_lock(Instant now) {
    if (once_) return;  // a service that starts beside it waits for its end
    if (!machine_.waiting_for_lock()) return lock_.answer();
    if (now < next_lock_) return;
    next_lock_ = now + kTryLock;
    if (lock_.holder_answers()) {
        log_(Level::kError, "node_locked", {{"error", "another elector controls the node"}});
        return end(1);
    }
    if (!lock_.try_again()) return;
    next_lock_ = model::kNever;
    machine_.locked();
}

// --- what follows

void Process::perform(Instant now, const Actions& actions) {
    if (actions.kill) children_.elector.signal(SIGKILL);
    if (actions.deactivate) {
        // First on the connection that the node has accepted long ago.
        telling_ = warm_.connected() && !warm_.busy() && asking_ != &warm_ ? &warm_ : &set_;
        telling_->begin(AdminRequest::Kind::kDeactivate, options_.admin, telling_ == &warm_,
                        now + options_.set_timeout);
    }
    if (actions.ask) {
        const bool fallback = status_failed_ && warm_.connected() && !warm_.busy();
        asking_ = fallback ? &warm_ : &status_;
        asking_->begin(AdminRequest::Kind::kStatus, options_.admin, fallback, now + kStatusTimeout);
    }
    if (actions.knock) knock_.begin(options_.admin, probe_, now + kKnockTimeout);
    if (actions.close) start_closer(now, *actions.close);
    if (actions.fence) start_fence(now);
    if (actions.fence_told)
        log_(Level::kError, "fence_without_effect",
             {{"alarm", "true"},
              {"why",
               "The fence command said success, but the node's ports still answer: nobody may "
               "take over. Correct the command; stop the node process by hand."}});
    if (actions.start) start_elector(now);
    if (actions.end) end(*actions.end);
}

void Process::start_elector(Instant now) {
    const int its_end = link_.open();
    const bool placed =
        its_end >= 0 && children_.place_link(its_end) && children_.place_lock(lock_.fd());
    if (placed && children_.start_elector()) {
        log_(Level::kInfo, "elector_started", {{"pid", Number(children_.elector.pid())}});
        pulse_.started(now);
        elector_says_ = StatusText{};
        return machine_.started(now);
    }
    log_(Level::kError, "elector_not_started",
         {{"error", std::strerror(errno)}, {"next", "it is tried again"}});
    link_.close();
    machine_.elector_gone(now, std::nullopt);
}

void Process::start_closer(Instant now, const Closing& closing) {
    if (children_.closer_rests(now)) return machine_.closed(now, false);
    const auto* arm = machine_.guarded();
    closer_until_ = now + kCloserTakes;
    if (arm && children_.start_closer(closing, *arm)) return;
    closer_until_ = model::kNever;
    log_(Level::kError, "closer_not_started",
         {{"error", std::strerror(errno)}, {"next", "it is tried again"}});
    machine_.closed(now, false);
}

/// While a holding is guarded one connection is kept that the node has accepted, by a query a
/// minute; its end may be the end of the node's process.
void Process::keep_warm(Instant now) {
    if (!machine_.armed() || machine_.acting() || warm_.busy() || now < next_warm_) return;
    next_warm_ = now + (warm_.connected() ? kKeepWarm : kReconnect);
    warm_.begin(AdminRequest::Kind::kStatus, options_.admin, true, now + kStatusTimeout);
}

void Process::tell(Instant now) {
    if (once_) return;
    if (!machine_.acting()) {
        if (told_acting_) {
            log_(Level::kInfo, "guardian_done",
                 {{"ms", Number(ms(now - machine_.acting_since()))}});
            children_.place_confirmed(-1);
            warm_.drop();
            drop_witness();
        }
        told_acting_ = told_standby_ = false;
        return;
    }
    if (!std::exchange(told_acting_, true))
        log_(Level::kError, "guardian_acts",
             {{"alarm", "true"},
              {"reason", word(machine_.reason())},
              {"term", Number(machine_.guarded()->term.value)},
              {"why", sentence(machine_.reason())}});
    const bool told = std::exchange(told_standby_, machine_.confirmed());
    if (machine_.confirmed() && !told)
        log_(Level::kInfo, "guardian_standby",
             {{"node", machine_.node_dead() ? "dead" : "standby"},
              {"ms", Number(ms(now - machine_.acting_since()))}});
}

void Process::tell_refused() {
    if (std::exchange(told_refused_, true)) return;
    log_(Level::kWarn, "arm_refused",
         {{"why", fence_.running()
                      ? "A fence command still runs, and may hit the node at any time: nothing is "
                        "activated before its end."
                      : "The guardian is about to kill this elector, or has no lock."}});
}

// --- the elector's pulse, and what the service manager is told

/// It runs, and no deadline, of a holding or of a stop, sees to it.
bool Process::elector_is_free() const {
    return machine_.elector_runs() && !machine_.armed() && !machine_.acting() &&
           !machine_.waiting_for_lock() && !machine_.stopping();
}

void Process::watch_pulse(Instant now) {
    if (!elector_is_free() || !pulse_.lost(now)) return;
    log_(Level::kWarn, "elector_stands_still",
         {{"silent_ms", Number(ms(kLongSilence))},
          {"next", "it is killed and started again; it held nothing"}});
    children_.elector.signal(SIGKILL);
}

void Process::tell_manager(Instant now) {
    if (exit_code_ && !machine_.stopping()) manager_.stopping(kAfterwards);
    manager_.waits(machine_.waiting_for_lock());
    manager_.status(status_of(machine_, elector_says_));
    manager_.proceed(now, !elector_is_free() || pulse_.well(now));
    if (const int error = manager_.fault(); error != 0)
        log_(
            Level::kWarn, "service_manager_not_told",
            {{"error", std::strerror(error)},
             {"why", "$NOTIFY_SOCKET cannot be used; the service manager will miss the service."}});
}

void Process::tell_stall(Instant now) {
    const auto late = std::exchange(late_, Duration{});
    if (!lag_.stalled(now.time_since_epoch(), late, options_.bounds.margin)) return;
    log_(Level::kWarn, "loop_stalled",
         {{"late_ms", Number(ms(late))},
          {"stalls", Number(static_cast<std::int64_t>(lag_.stalls()))},
          {"why", "This process, or the whole host, stood still for longer than a margin."}});
}

void Process::end(int code) { exit_code_ = code; }

}  // namespace

int guard(const Options& options, NodeLock& lock, bool lock_held, ServiceManager& manager,
          const Log& log) {
    Process process(options, lock, manager, log, Machine(boot_now(), lock_held, options.bounds));
    return process.run();
}

Fenced fence_node(const Options& options, NodeLock& lock, const Log& log) {
    // Called by the unit too, whose word it must not take.
    ServiceManager nobody("", 0s);
    Process process(options, lock, nobody, log, Machine::once(boot_now(), options.bounds));
    return process.run_once();
}

}  // namespace elector::guardian
