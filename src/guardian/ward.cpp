#include "guardian/ward.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/status.hpp"

namespace elector::guardian {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStatusTimeout =
    4s;  // a query that hangs longer: not fenced (facts of the node)
constexpr Duration kKnockTimeout = 1s;
constexpr Duration kKeepWarm = 60s;  // the node drops a connection that is idle for 120 s
constexpr Duration kReconnect = 1s;
constexpr int kNotUsable = 2;  // a closer's exit code: the configuration
constexpr Duration kRest = 5s;

std::int64_t ms(Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace

Ward::Ward(const WardOptions& given, const Machine& made, const Log& to)
    : options(given),
      machine(made),
      log(to.about(given.group)),
      fence(given.fence),
      probe_(given.probe) {
    machine.fence_set(fence.any() ? std::optional(fence.timeout()) : std::nullopt);
}

Ward::~Ward() {
    drop_witness();
    if (confirmed_ >= 0) ::close(confirmed_);
}

// --- what has happened

bool Ward::arm(Instant now, const Arm& arm) {
    const bool anew = !machine.armed();
    if (!machine.arm(now, arm)) return false;
    told_refused_ = false;
    probe_ = arm.probe;
    if (anew) next_warm_ = now;
    return true;
}

void Ward::disarm() {
    machine.disarm();
    if (machine.armed()) return;
    warm_.drop();
    drop_witness();
}

void Ward::take_node(Instant now) {
    if (warm_.idle_end() || witness_ended()) machine.node_lost();
    const auto kept = warm_.proceed(now);
    if (kept && warm_.timed_out() && witness_ < 0) {
        witness_ = warm_.release();
        ++witnesses_;
    } else if (kept && !warm_.connected()) {
        machine.node_lost();
    }
    const auto answer_of = [&](AdminRequest* who) {
        return who == &warm_ ? kept : who ? who->proceed(now) : std::nullopt;
    };
    if (const auto answer = answer_of(telling_)) {
        telling_ = nullptr;
        set_.drop();
        machine.set_answered(now, *answer);
    }
    if (const auto answer = answer_of(asking_)) {
        auto& who = *std::exchange(asking_, nullptr);
        last_ = *answer;
        status_failed_ = *answer == Answer::kFailed && !status_failed_;
        const bool before = machine.confirmed();
        machine.status_read(now, *answer);
        // The connection that answered proves later that the process is the same one.
        const bool proof = !before && machine.confirmed() && machine.acting() && who.connected();
        if (proof) place_confirmed(who.release());
    }
    if (const auto refused = knock_.proceed(now)) machine.knocked(now, *refused);
}

/// The node is late with an answer; the connection still tells whether it lives.
bool Ward::witness_ended() {
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

void Ward::drop_witness() {
    if (witness_ >= 0) ::close(std::exchange(witness_, -1));
}

void Ward::place_confirmed(int fd) {
    if (confirmed_ >= 0) ::close(confirmed_);
    confirmed_ = fd;
    confirmed_looked_at_ = fd >= 0;
}

// --- what follows

Actions Ward::decide(Instant now) {
    const bool was_acting = machine.acting();
    const auto actions = machine.decide(now);
    const bool traced = warm_.connected() || witness_ >= 0;
    if (!was_acting && machine.acting() && !traced) machine.node_lost();
    return actions;
}

void Ward::perform(Instant now, const Actions& actions) {
    if (actions.deactivate) {
        // First on the connection that the node has accepted long ago.
        telling_ = warm_.connected() && !warm_.busy() && asking_ != &warm_ ? &warm_ : &set_;
        if (telling_ == &warm_) set_.drop();  // nobody would take the answer to the one before
        telling_->begin(AdminRequest::Kind::kDeactivate, options.admin, telling_ == &warm_,
                        now + options.set_timeout);
    }
    if (actions.ask) {
        const bool fallback = status_failed_ && warm_.connected() && !warm_.busy();
        asking_ = fallback ? &warm_ : &status_;
        asking_->begin(AdminRequest::Kind::kStatus, options.admin, fallback, now + kStatusTimeout);
    }
    if (actions.knock) knock_.begin(options.admin, probe_, now + kKnockTimeout);
    if (actions.fence_told)
        log(Level::kError, "fence_without_effect",
            {{"alarm", "true"},
             {"why",
              "The fence command said success, but the node's ports still answer: nobody may "
              "take over. Correct the command; stop the node process by hand."}});
}

void Ward::keep_warm(Instant now) {
    if (!machine.armed() || machine.acting() || warm_.busy() || now < next_warm_) return;
    next_warm_ = now + (warm_.connected() ? kKeepWarm : kReconnect);
    warm_.begin(AdminRequest::Kind::kStatus, options.admin, true, now + kStatusTimeout);
}

void Ward::tell(Instant now) {
    if (!machine.acting()) {
        if (told_acting_) {
            log(Level::kInfo, "guardian_done", {{"ms", Number(ms(now - machine.acting_since()))}});
            place_confirmed(-1);
            warm_.drop();
            drop_witness();
        }
        told_acting_ = told_standby_ = false;
        return;
    }
    if (!std::exchange(told_acting_, true))
        log(Level::kError, "guardian_acts",
            {{"alarm", "true"},
             {"reason", word(machine.reason())},
             {"term", Number(machine.guarded()->term.value)},
             {"why", sentence(machine.reason())}});
    const bool told = std::exchange(told_standby_, machine.confirmed());
    if (machine.confirmed() && !told)
        log(Level::kInfo, "guardian_standby",
            {{"node", machine.node_dead() ? "dead" : "standby"},
             {"ms", Number(ms(now - machine.acting_since()))}});
}

void Ward::tell_arm_refused(bool fence_runs) {
    if (std::exchange(told_refused_, true)) return;
    log(Level::kWarn, "arm_refused",
        {{"why", fence_runs
                     ? "A fence command still runs, and may hit the node at any time: nothing is "
                       "activated before its end."
                     : "The guardian is about to kill this elector, or has no lock."}});
}

void Ward::rest() {
    for (auto* request : {&warm_, &set_, &status_}) request->drop();
    knock_.drop();
    drop_witness();
    telling_ = asking_ = nullptr;
}

void Ward::follow(Poller& poller, std::uint64_t word) {
    // A closer gets a copy of it: what is not left would be looked at as long as that lives.
    if (std::exchange(confirmed_looked_at_, false)) poller.leave(confirmed_);
    const auto at = [&](std::size_t i, int fd, std::uint32_t serial, short events) {
        poller.follow(seen_[i], fd, serial, events, word);
    };
    const auto request = [&](std::size_t i, const AdminRequest& r, bool idle) {
        at(i, r.fd(), r.serial(), r.busy() || idle ? r.events() : short{0});
    };
    request(0, warm_, true);
    request(1, set_, false);
    request(2, status_, false);
    at(3, witness_, witnesses_, POLLIN);
    at(4, knock_.fd(0), knock_.serial(), POLLOUT);
    at(5, knock_.fd(1), knock_.serial(), POLLOUT);
}

Instant Ward::wake() const {
    auto at = std::min(
        {machine.wake(), warm_.deadline(), set_.deadline(), status_.deadline(), knock_.deadline()});
    // A query that hangs is asked anew when it has ended.
    if (machine.armed() && !machine.acting() && !warm_.busy()) at = std::min(at, next_warm_);
    return at;
}

void Ward::closer_ended(Instant now, const Ending& ending) {
    if (ending.code == kNotUsable) rests_until_ = now + kRest;
    const bool same = std::exchange(closer_ending_, ending) == ending;
    if (same || ending.code == 0) return;
    log(Level::kError, "closer_failed",
        {{"alarm", "true"},
         {"exit_code", ending.code ? Number(*ending.code) : std::string_view("none")},
         {"signal", Number(ending.signal)},
         {"why",
          "What the guardian has done to the node could not be written to etcd; it is tried "
          "again until it can."}});
}

}  // namespace elector::guardian
