#include "guardian/machine.hpp"

#include <algorithm>
#include <utility>

namespace elector::guardian {
namespace {

using namespace std::chrono_literals;

/// A killed process is gone within a moment; what does not wait for that is only the `false`.
constexpr Duration kKillTakes = 50ms;
constexpr Duration kAskAgain = 50ms;
constexpr Duration kTellAgain = 100ms;
constexpr Duration kKnockAgain = 100ms;
/// Standby, and the marker still owed: how often the node is looked at.
constexpr Duration kWatchAgain = 1s;
constexpr Duration kCloseAgain = 200ms;
constexpr Duration kFirstBackOff = 100ms;
constexpr Duration kLongestBackOff = 10s;
/// One that lets go and says nothing for so long stands still: it misses its guardian as quickly.
constexpr Duration kSilence = 1s;
/// What a node that its elector told long ago has to answer its guardian.
constexpr Duration kToldAgain = 1s;
/// An elector that ran for so long has not failed at its start.
constexpr Duration kRanWell = 60s;
/// Beyond the elector's own time to drain, and that of a fence command: less than what `check`
/// prints for TimeoutStopSec has for it.
constexpr Duration kStopExtra = 5s;

}  // namespace

Machine::Machine(Instant now, bool lock_held, const Bounds& bounds)
    : phase_(lock_held ? Phase::kWatching : Phase::kWaitingForLock),
      bounds_(bounds),
      wake_(now),
      lock_held_(lock_held),
      start_at_(now) {
    d_.since = d_.gone = now;
    d_.kill_sent = true;
}

Machine Machine::once(Instant now, const Bounds& bounds) {
    Machine m(now, true, bounds);
    m.phase_ = Phase::kActing;
    m.d_.reason = Reason::kOrdered;
    m.may_be_pending_ = true;  // of an elector that was killed
    m.final_ = 0;
    m.stopping_ = now;
    return m;
}

bool Machine::due(Instant now, Instant at) {
    if (now >= at) return true;
    wake_ = std::min(wake_, at);
    return false;
}

// --- inputs

bool Machine::arm(Instant, const Arm& arm) {
    // A command that still runs may hit the node at any time: nothing is activated before its end.
    if (phase_ != Phase::kWatching || !elector_runs_ || fence_runs_) return false;
    // SAFETY: S11. A new holding: whatever it activates with is on its way until we are told.
    if (!arm_ || arm_->nonce != arm.nonce || arm_->term != arm.term) {
        may_be_pending_ = true;
        life_certain_ = true;
        fence_tried_ = false;
    }
    arm_ = arm;
    bounds_ = arm.bounds;
    draining_until_.reset();
    only_owes_ = told_node_ = told_late_ = false;
    return true;
}

void Machine::draining(Instant now, const Draining& m) {
    if (phase_ != Phase::kWatching || !arm_) return;
    heard_ = now;
    only_owes_ = m.standby;
    if (m.standby) return;
    draining_until_ = m.deadline;
    told_node_ = told_late_ = false;
}

void Machine::disarm() {
    if (phase_ != Phase::kWatching) return;
    arm_.reset();
    draining_until_.reset();
}

void Machine::started(Instant now) {
    starting_ = false;
    elector_runs_ = true;
    started_at_ = now;
}

void Machine::elector_gone(Instant now, std::optional<int> code) {
    const bool ran_well = elector_runs_ && now - started_at_ >= kRanWell;
    elector_runs_ = starting_ = false;
    d_.gone = now;
    back_off_ = ran_well || back_off_ == Duration{} ? kFirstBackOff
                                                    : std::min(2 * back_off_, kLongestBackOff);
    start_at_ = now + back_off_;
    // Refused, or no configuration: it would say the same again. All else is started again, but for
    // an end that was asked for.
    if (stopping_) {
        // By the signal that asked for its end, before it could hear it: it held nothing.
        const bool clean = !arm_ && !stop_killed_;
        final_ = code.value_or(clean ? 0 : 3);
    } else if (code && (*code == 1 || *code == 2)) {
        final_ = code;
    }
}

void Machine::stop(Instant now) {
    if (!stopping_) stopping_ = now;
    if (!elector_runs_ && !final_) final_ = 0;
}

bool Machine::fence_wanted() {
    const bool may = phase_ == Phase::kWatching && elector_runs_ && fence_timeout_ && !fence_runs_;
    if (may) fence_wanted_ = fence_runs_ = fence_tried_ = true;
    return may;
}

void Machine::fenced(Instant now, bool success) {
    fence_runs_ = false;
    if (phase_ != Phase::kActing || !d_.fence.running) return;
    fencing::ended(d_.fence, now, success, bounds_.refused_grace);
    // Whether it has helped is seen at the ports.
    d_.knock = d_.knock || success;
    if (success && !d_.confirmed) d_.next_status = now;
}

void Machine::fence_withdrawn(Instant now) {
    fenced(now, false);
    fence_wanted_ = false;
}

void Machine::set_answered(Instant now, Answer answer) {
    d_.set_busy = false;
    d_.set_answered = now;
    d_.set_failed = answer != Answer::kDone;
    d_.next_set = now + kTellAgain;
    if (d_.set_failed) d_.send_false = true;
    told_node_ = told_node_ && !d_.set_failed;
    told_late_ = told_late_ && !d_.set_failed;
    if (answer == Answer::kRefused) d_.knock = true;
}

void Machine::status_read(Instant now, Answer answer) {
    d_.status_busy = false;
    if (answer == Answer::kRefused) d_.knock = true;
    if (answer == Answer::kActive) {
        if (d_.confirmed) {  // somebody else's, or a process that starts so: once more, in full
            d_.confirmed.reset();
            d_.surprise = d_.send_false = true;
        }
        // Answered and still active a second later, or a late activation has landed: once more.
        const bool no_effect = !d_.set_busy && !d_.set_failed && now >= d_.set_answered + 1s;
        if (no_effect || std::exchange(d_.seen_false, false)) d_.send_false = true;
    }
    if (answer == Answer::kStandby) take_standby(now);
    d_.next_status = now + (d_.confirmed ? kWatchAgain : kAskAgain);
    if (answer != Answer::kActive && answer != Answer::kStandby) return;
    // It answers, so it lives. A node that was dead is another process now.
    d_.knock = false;
    d_.refused_since.reset();
    if (std::exchange(d_.dead, false)) {
        life_certain_ = false;
        d_.confirmed.reset();
        d_.next_status = now;
        d_.send_false = true;
    }
}

// SAFETY: S10, S11. Only a query that left after the first `false`, after the elector was gone, and
// after anything that it sent can have landed.
void Machine::take_standby(Instant now) {
    const bool asked_after = d_.first_false && d_.status_sent > *d_.first_false;
    const auto late = late_until();
    const bool settled =
        !elector_runs_ && d_.status_sent >= d_.gone && (!late || d_.status_sent >= *late);
    const bool asked_well = asked_after && (settled || phase_ == Phase::kWaitingForLock);
    d_.seen_false = d_.seen_false || asked_after;
    if (asked_well && !d_.confirmed && !d_.dead) d_.confirmed = now;
}

void Machine::knocked(Instant now, bool both_refuse) {
    d_.knock_busy = false;
    d_.next_knock = now + kKnockAgain;
    if (!both_refuse) {
        d_.refused_since.reset();
        d_.knock = false;
        return;
    }
    if (!d_.refused_since) d_.refused_since = now;
    // SAFETY: S12. Refusals of both ports, seen again after the grace.
    if (d_.confirmed || now < *d_.refused_since + bounds_.refused_grace) return;
    d_.dead = true;
    d_.confirmed = now;
}

void Machine::node_lost() { life_certain_ = false; }

void Machine::closed(Instant now, bool done) {
    d_.closer_busy = false;
    d_.next_close = now + kCloseAgain;
    d_.close_failed = !done;
    if (!done) return;
    // What was asked for last: unfenced before the confirmation, drained after it.
    if (d_.unfenced_tried && !d_.unfenced) {
        d_.unfenced = true;
        fencing::recorded(d_.fence, now);
    } else {
        d_.owes_marker = false;
    }
}

void Machine::close_withdrawn(Instant now) {
    d_.closer_busy = false;
    d_.next_close = now;
    d_.unfenced_tried = d_.tried_before;
}

bool Machine::spares_others(Instant now) const {
    if (phase_ != Phase::kActing || elector_runs_) return false;
    if (!d_.confirmed) return d_.unfenced || (d_.unfenced_tried && d_.close_failed);
    const auto late = late_until();
    return (!d_.owes_marker || d_.close_failed) && (!late || now >= *late);
}

// --- deciding

Actions Machine::decide(Instant now) {
    Actions out;
    wake_ = model::kNever;
    out.fence = std::exchange(fence_wanted_, false);
    if (phase_ == Phase::kWatching) watch(now, out);
    if (phase_ != Phase::kWatching) act(now, out);
    return out;
}

void Machine::watch(Instant now, Actions& out) {
    if (!elector_runs_) {
        if (arm_) return begin(now, Reason::kElectorGone);
        return start_elector(now, out);
    }
    // It hears no signal, or cannot end.
    if (stopping_ && due(now, std::max(kills_at(), not_before_)))
        out.kill = !std::exchange(stop_killed_, true);
    if (!arm_) return;
    const auto end = arm_->valid_until - bounds_.margin;
    if (draining_until_ && silent(now)) return begin(now, Reason::kElectorSilent);
    if (draining_until_ && only_owes_) return;
    if (draining_until_ && !due(now, *draining_until_)) return help_draining(now, end, out);
    if (!due(now, end)) return;
    begin(now, draining_until_ ? Reason::kDrainOverran : Reason::kElectorSilent);
}

/// It lets go, and its loop stands. Where this process stood still itself, it has a second more.
bool Machine::silent(Instant now) {
    if (now > heard_ + kSilence + bounds_.margin) heard_ = now;
    return due(now, heard_ + kSilence);
}

/// The elector lets go by itself; two say `false` rather than one, until one is heard. SAFETY: S11.
/// And once more when an activation that was on its way must have landed.
void Machine::help_draining(Instant now, Instant end, Actions& out) {
    const auto lands = *draining_until_ - bounds_.quiesce + bounds_.late_set;
    const bool first = !told_node_ && due(now, end);
    const bool late = may_be_pending_ && !told_late_ && due(now, lands);
    if (!first && !late) return;
    const bool must = late && d_.last_false < lands;  // whatever is still unanswered
    if (!must && (d_.set_busy || !due(now, d_.next_set))) return;
    out.deactivate = d_.set_busy = told_node_ = true;
    d_.last_false = now;
    told_late_ = told_late_ || now >= lands;
}

void Machine::start_elector(Instant now, Actions& out) {
    // SAFETY: S28. Nor does the service end under a run: it is not called back.
    if (fence_runs_ && !(stopping_ && due(now, stop_limit()))) return;
    if (final_) {
        out.end = final_;
    } else if (!starting_ && due(now, start_at_)) {
        starting_ = out.start = true;
    }
}

void Machine::begin(Instant now, Reason reason) {
    const auto gone = d_.gone;
    phase_ = Phase::kActing;
    d_ = Demotion{};
    d_.reason = reason;
    d_.since = now;
    d_.gone = elector_runs_ ? now : gone;
    d_.owes_marker = true;
    // What its elector has begun goes on.
    if (fence_tried_) fencing::enter(d_.fence, now);
    d_.fence.running = fence_runs_;
}

void Machine::act(Instant now, Actions& out) {
    if (phase_ == Phase::kActing && elector_runs_) {
        // SAFETY: S23. First of all: nothing more may leave it.
        out.kill = !std::exchange(d_.kill_sent, true);
        if (!due(now, d_.since + kKillTakes)) return;
    }
    seek_death(now, out);
    seek_standby(now, out);
    const bool late = overdue(now);
    if (d_.owes_marker) have_it_recorded(now, late, out);
    if (phase_ == Phase::kActing && !d_.confirmed) climb(now, out);
    finish(now, out);
}

void Machine::seek_standby(Instant now, Actions& out) {
    if (d_.dead) {
        // A new process would answer.
        if (!d_.status_busy && due(now, d_.next_status)) {
            d_.status_busy = out.ask = true;
            d_.status_sent = now;
        }
        return;
    }
    const auto late = late_until();
    // SAFETY: S11. The activation may have landed after the deactivation, and nobody need have seen
    // it; nor does it wait for a deactivation that is still unanswered.
    if (late && d_.last_false && *d_.last_false < *late && !d_.confirmed && due(now, *late)) {
        d_.send_false = true;
        d_.set_busy = false;
        d_.next_set = now;
    }
    if (!d_.confirmed && d_.send_false && !d_.set_busy && due(now, d_.next_set)) {
        d_.send_false = false;
        d_.set_busy = out.deactivate = true;
        d_.last_false = now;
        if (!d_.first_false) d_.first_false = now;
    }
    if (d_.status_busy || !d_.first_false) return;
    // The first one that can confirm is asked as soon as it can.
    auto next = std::max(d_.next_status, *d_.last_false + 1ms);
    if (late && d_.status_sent < *late && !d_.confirmed)
        next = std::min(next, std::max(*late, *d_.last_false + 1ms));
    if (!due(now, next)) return;
    d_.status_busy = out.ask = true;
    d_.status_sent = now;
}

void Machine::seek_death(Instant now, Actions& out) {
    if (d_.confirmed || !d_.knock || d_.knock_busy || !due(now, d_.next_knock)) return;
    d_.knock_busy = out.knock = true;
}

/// Standby was not confirmed in time. SAFETY: S15. A node that its elector told when it began to
/// let go has had its time at the end of that: others may pass soon. If standby was answered, and
/// only a late activation is waited out, that is no failure yet.
bool Machine::overdue(Instant now) {
    if (d_.confirmed || !d_.first_false) return false;
    auto limit = *d_.first_false + bounds_.unconfirmed;
    if (draining_until_ && !only_owes_)
        limit = std::min(limit, std::max(*draining_until_, *d_.first_false) + kToldAgain);
    const auto late = late_until();
    if (late && d_.seen_false) limit = std::max(limit, *late + 500ms);
    if (!due(now, limit)) return false;
    fencing::enter(d_.fence, now);
    if (!d_.owes_marker) fencing::recorded(d_.fence, now);  // there is no record to write
    return true;
}

// SAFETY: S27. The command runs beside everything else that is tried, and proves nothing.
void Machine::climb(Instant now, Actions& out) {
    if (!fence_timeout_ || fence_runs_ || !due(now, fencing::due_at(d_.fence))) return;
    // It would outlast this process.
    if (stopping_ && now + *fence_timeout_ >= stop_limit()) return;
    if (fencing::advance(d_.fence, now) == fencing::Step::kRun) {
        out.fence = fence_runs_ = true;
    } else {
        out.fence_told = true;
    }
}

void Machine::have_it_recorded(Instant now, bool late, Actions& out) {
    if (d_.closer_busy || !due(now, d_.next_close)) return;
    d_.tried_before = d_.unfenced_tried;
    if (d_.confirmed) {
        d_.closer_busy = true;
        d_.unfenced = d_.unfenced || d_.unfenced_tried;
        out.close = Closing{false, gate(now), *d_.confirmed};
        return;
    }
    if (d_.unfenced || !late) return;
    d_.closer_busy = d_.unfenced_tried = true;
    out.close = Closing{true, GateKind::kTime, now};
}

void Machine::finish(Instant now, Actions& out) {
    if (phase_ == Phase::kWaitingForLock) {
        if (final_) out.end = final_;
        if (!lock_held_ || final_) return;
        // The node may be unconfirmed still: an elector that starts sees to standby first.
        phase_ = Phase::kWatching;
        start_at_ = now;
        return start_elector(now, out);
    }
    const auto late = late_until();
    const bool over = stopping_ && due(now, stop_limit());
    const bool idle = !fence_runs_ && !d_.set_busy && !d_.status_busy;
    const bool settled = !elector_runs_ && (!late || due(now, *late));
    if (d_.confirmed && settled && !d_.owes_marker && (idle || over)) {
        arm_.reset();
        draining_until_.reset();
        may_be_pending_ = false;
        phase_ = Phase::kWatching;
        if (final_ == 3) final_ = 0;  // what its elector could not finish is done
        return start_elector(now, out);
    }
    if (over) out.end = 3;
}

Instant Machine::kills_at() const { return *stopping_ + bounds_.quiesce + kStopExtra; }

Instant Machine::stops_by(Instant killed_at) const {
    return killed_at + kStopExtra + fence_timeout_.value_or(Duration{});
}

/// How long a stop may go on fencing. What began when its elector was ended last has its time, too.
Instant Machine::stop_limit() const {
    const auto extra = d_.reason == Reason::kOrdered ? Duration{} : kStopExtra;
    auto limit = *stopping_ + bounds_.quiesce + extra;
    if (phase_ == Phase::kActing) limit = std::max(limit, d_.since + extra);
    return limit + fence_timeout_.value_or(Duration{});
}

/// An activation of the elector may land until then. None: it was answered.
std::optional<Instant> Machine::late_until() const {
    if (phase_ != Phase::kActing || !may_be_pending_) return std::nullopt;
    return d_.gone + bounds_.late_set;
}

// SAFETY: S14. What is not known exactly makes the gate time only.
GateKind Machine::gate(Instant now) const {
    // It is silent. What may still be left over is of the one that was drained before it.
    const bool alone = arm_ && now >= arm_->gate_open_at;
    if (d_.dead) return alone ? GateKind::kDead : GateKind::kTime;
    if (!life_certain_ || d_.surprise) return GateKind::kRestarted;
    return d_.unfenced ? GateKind::kTime : GateKind::kTip;
}

}  // namespace elector::guardian
