#include "sim/guardian.hpp"

#include <algorithm>

namespace elector::sim {
namespace {

constexpr Duration kUnconfirmed = 4s;  // B + 1.5 s

}  // namespace

void Guardian::start(bool elector_may_live) {
    ++life_;
    look_at_ = kNoTime;
    alive_ = true;
    frozen_ = false;
    inbox_.clear();
    armed_.reset();
    draining_until_.reset();
    pending_.reset();
    told_node_ = false;
    if (elector_may_live) {
        phase_ = Phase::kWaitingForLock;
        d_ = Demotion{};
        d_.since = hub_.local(member_);
    } else {
        phase_ = Phase::kWatching;
        restart_at_ = hub_.local(member_);
    }
    later(1ms);
}

void Guardian::kill() {
    alive_ = false;
    ++life_;
}

void Guardian::thaw() {
    frozen_ = false;
    look_at_ = kNoTime;
    later(Duration{0});
}

Duration Guardian::latency() {
    return hub_.rng.between(Duration{20us}, slow_ ? policy_.margin - 20ms : Duration{2ms});
}

void Guardian::later(Duration d) { look(hub_.now + d + latency()); }

void Guardian::at(model::Instant when) {
    const auto t = hub_.plan.hosts[member_].clock.when(when);
    look(std::max(t, hub_.now) + latency());
}

/// Keeps the earliest only: each look plans anew what it waits for.
void Guardian::look(Time when) {
    if (look_at_ <= when) return;
    look_at_ = when;
    hub_.schedule.add(when, Job::kGuardian, member_, 0, life_);
}

// --- messages

void Guardian::receive(const model::Effect& message) {
    if (!alive_) return;
    const auto due = hub_.now + latency();
    inbox_.push_back({due, message});
    hub_.schedule.add(due, Job::kGuardian, member_, 0, life_);
}

void Guardian::take_messages() {
    std::size_t n = 0;
    while (n < inbox_.size() && inbox_[n].due <= hub_.now) take(inbox_[n++].what);
    inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(n));
}

void Guardian::take(const model::Effect& message) {
    if (phase_ != Phase::kWatching) return;
    if (const auto* arm = std::get_if<model::ArmGuardian>(&message)) {
        if (!armed_ || armed_->nonce != arm->nonce) may_be_pending_ = true;
        armed_ = *arm;
        draining_until_.reset();
        told_node_ = false;
        const auto slot = hub_.events.put(model::GuardianArmed{arm->op});
        hub_.schedule.add(hub_.now + hub_.rng.between(Duration{20us}, Duration{200us}),
                          Job::kGuardianBack, member_, slot, host_.incarnation(member_));
        at(arm->valid_until - policy_.margin);
    } else if (const auto* told = std::get_if<model::TellGuardianDraining>(&message)) {
        draining_until_ = told->deadline;
        at(told->deadline);
    } else if (std::holds_alternative<model::DisarmGuardian>(message)) {
        armed_.reset();
        draining_until_.reset();
    }
}

void Guardian::activation_answered() {
    if (works()) may_be_pending_ = false;
}

void Guardian::elector_exited(int) {
    if (!works()) return;
    later(Duration{0});
}

void Guardian::elector_died() {
    if (works()) later(Duration{0});
}

// --- deciding

void Guardian::run() {
    if (!works()) return;
    const bool message = !inbox_.empty() && inbox_.front().due <= hub_.now;
    if (hub_.now < look_at_ && !message) return;  // a nearer look has replaced this one
    if (hub_.now >= look_at_) look_at_ = kNoTime;
    take_messages();
    if (phase_ == Phase::kWatching) watch();
    if (phase_ != Phase::kWatching) demote();
}

void Guardian::watch() {
    const auto now = hub_.local(member_);
    if (!host_.elector_runs(member_)) {
        if (armed_) return begin_demotion();
        if (!host_.elector_wanted(member_)) return kill();
        if (now < restart_at_) return at(restart_at_);
        restart_at_ = now + std::min<Duration>(100ms * (1 << std::min(starts_, 4U)), 2s);
        ++starts_;
        host_.start_elector(member_);
        return;
    }
    if (!armed_) return;
    const auto end = armed_->valid_until - policy_.margin;
    if (now < end) return at(end);
    if (draining_until_ && now < *draining_until_) {
        if (!told_node_) host_.ask_node(member_, life_, NodeAsk::kDeactivate);
        told_node_ = true;
        return at(*draining_until_);
    }
    begin_demotion();
}

void Guardian::begin_demotion() {
    if (hub_.story.told()) hub_.story.line(hub_.now, member_name(member_), "GUARDIAN demotes");
    if (hub_.mutant != Mutant::kGuardianSpares) host_.kill_elector(member_);
    phase_ = Phase::kDemoting;
    if (may_be_pending_) pending_ = hub_.local(member_);
    d_ = Demotion{};
    d_.since = hub_.local(member_);
    d_.owes_marker = true;
    later(Duration{0});
}

void Guardian::demote() {
    const auto now = hub_.local(member_);
    judge_ports(now);
    if (!d_.confirmed) seek_standby(now);
    if (d_.owes_marker) write_marker(now);
    maybe_restart(now);
}

void Guardian::judge_ports(model::Instant now) {
    const auto refused = simnode::PortState::refused;
    const bool both = hub_.world->admin_port(member_, hub_.now) == refused &&
                      hub_.world->probe_port(member_, hub_.now) == refused;
    if (!both) {
        d_.refused_since.reset();
        if (d_.dead) {  // a new process
            d_.dead = false;
            if (!d_.owes_marker) return;
            d_.confirmed.reset();
            d_.send_false = true;
        }
        return;
    }
    if (!d_.refused_since) {
        d_.refused_since = now;
        return at(now + policy_.refused_grace);
    }
    if (now < *d_.refused_since + policy_.refused_grace || d_.confirmed) return;
    d_.dead = true;
    d_.confirmed = now;
}

void Guardian::seek_standby(model::Instant now) {
    // The activation may have landed after the deactivation, answered or not.
    if (pending_ && d_.last_false && *d_.last_false < *pending_ + model::late_set(policy_)) {
        const auto lands = *pending_ + model::late_set(policy_);
        if (now < lands) {
            at(lands);
        } else {
            d_.send_false = true;
            d_.set_busy = false;
        }
    }
    if (d_.send_false && !d_.set_busy) {
        d_.send_false = false;
        d_.set_busy = true;
        if (!d_.first_false) d_.first_false = now;
        d_.last_false = now;
        host_.ask_node(member_, life_, NodeAsk::kDeactivate);
    }
    if (!d_.status_busy && now >= d_.next_status && !d_.send_false) {
        d_.status_busy = true;
        d_.status_sent = now;
        host_.ask_node(member_, life_, NodeAsk::kStatus);
    } else if (!d_.status_busy) {
        at(d_.next_status);
    }
}

void Guardian::node_answer(const NodeOp& op, const model::Event& event) {
    if (op.incarnation != life_ || !alive_) return;
    const auto now = hub_.local(member_);
    if (const auto* set = std::get_if<model::SetAnswered>(&event)) {
        d_.set_busy = false;
        d_.set_answered = now;
        if (set->failure != model::NodeFailure::kNone) d_.send_false = true;
    } else if (const auto* status = std::get_if<model::StatusRead>(&event)) {
        d_.status_busy = false;
        d_.next_status = now + 50ms;
        const bool ok = status->failure == model::NodeFailure::kNone;
        // Answered and still active a second later: once more, for as long as it takes.
        if (ok && status->active && now >= d_.set_answered + 1s) d_.send_false = true;
        // A late activation flips it: once more.
        if (ok && status->active && pending_) d_.send_false = true;
        const bool late = pending_ && d_.status_sent < *pending_ + model::late_set(policy_);
        const bool after = d_.first_false && d_.status_sent > *d_.first_false;
        if (ok && !status->active && !late && after && phase_ != Phase::kWatching)
            d_.confirmed = now;
    } else if (const auto* tip = std::get_if<model::TipRead>(&event)) {
        d_.tip_busy = false;
        d_.tip_done = true;
        if (tip->failure == model::NodeFailure::kNone && policy_.web3) d_.tip = tip->height;
    }
    if (phase_ != Phase::kWatching) later(50ms);
}

model::HolderRecord Guardian::closing(model::HolderRecord::State state) const {
    auto record = *armed_->holder.record;
    record.state = state;
    record.reason = "guardian";
    record.gate = model::Gate{d_.tip, policy_.settle};
    if (d_.dead) record.gate = model::Gate{std::nullopt, policy_.overtime};
    return record;
}

void Guardian::write_marker(model::Instant now) {
    if (d_.store_busy || now < d_.next_store) return;
    if (!d_.confirmed) {
        if (d_.unfenced || !d_.first_false) return;
        if (now < *d_.first_false + kUnconfirmed) return at(*d_.first_false + kUnconfirmed);
        d_.store_busy = d_.unfenced_asked = true;
        auto record = closing(model::HolderRecord::State::kUnfenced);
        return host_.ask_store(member_, life_,
                               model::MarkUnfenced{{1}, armed_->holder, std::move(record)});
    }
    if (!d_.dead && !d_.unfenced && policy_.web3 && !d_.tip_done) {
        if (now < *d_.confirmed + 200ms) return at(*d_.confirmed + 200ms);
        if (!d_.tip_busy) host_.ask_node(member_, life_, NodeAsk::kTip);
        d_.tip_busy = true;
        return;
    }
    d_.store_busy = true;
    d_.unfenced_asked = false;
    auto record = closing(model::HolderRecord::State::kDrained);
    if (d_.unfenced) record.gate.tip.reset();
    model::HistoryEntry history{armed_->term, policy_.member, "guardian", {}, {}, {}};
    host_.ask_store(member_, life_,
                    model::Drain{{1}, armed_->holder, std::move(record), armed_->key, history});
}

void Guardian::store_answer(const model::Event& event) {
    if (!alive_ || phase_ != Phase::kDemoting) return;
    const auto now = hub_.local(member_);
    if (std::holds_alternative<model::LeaseRevoked>(event)) {
        d_.revoked = 2;
        return later(Duration{0});
    }
    const auto* answer = std::get_if<model::RecordAnswered>(&event);
    if (!answer) return;
    d_.store_busy = false;
    d_.next_store = now + 100ms;
    using model::StoreOutcome;
    const bool mine = answer->holder.record && answer->holder.record->term == armed_->term &&
                      answer->holder.record->nonce == armed_->nonce;
    if (answer->outcome == StoreOutcome::kDone) {
        armed_->holder = answer->holder;
        d_.unfenced |= d_.unfenced_asked;
        if (!d_.unfenced_asked) d_.owes_marker = false;
    } else if (answer->outcome == StoreOutcome::kGuardFailed && mine) {
        using State = model::HolderRecord::State;
        armed_->holder = answer->holder;
        if (answer->holder.record->state == State::kDrained) d_.owes_marker = false;
        d_.unfenced |= answer->holder.record->state == State::kUnfenced;
    } else if (answer->outcome == StoreOutcome::kGuardFailed) {
        d_.unfenced = true;  // another's by now; nothing to guard
        if (d_.confirmed) d_.owes_marker = false;
    }
    later(100ms);
}

void Guardian::maybe_restart(model::Instant now) {
    if (!d_.confirmed) return;
    const auto last = pending_.value_or(model::Instant{}) + model::late_set(policy_);
    if (phase_ == Phase::kWaitingForLock) {
        if (host_.elector_runs(member_)) return later(200ms);
    } else {
        if (now < last) return at(last);
        if (d_.revoked == 0 && !d_.owes_marker) {
            d_.revoked = 1;
            host_.ask_store(member_, life_, model::RevokeLease{{1}, armed_->lease});
        }
        if (d_.revoked == 1) return later(100ms);
        if (d_.owes_marker) return later(100ms);
    }
    phase_ = Phase::kWatching;
    armed_.reset();
    draining_until_.reset();
    pending_.reset();
    restart_at_ = now;
    later(100ms);
}

}  // namespace elector::sim
