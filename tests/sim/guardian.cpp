#include "sim/guardian.hpp"

#include <algorithm>
#include <utility>

namespace elector::sim {
namespace {

guardian::Bounds bounds_of(const model::Policy& p) {
    return {p.margin, p.quiesce, model::late_set(p), model::unconfirmed_after(p), p.refused_grace};
}

}  // namespace

void Guardian::start(bool elector_may_live) {
    ++life_;
    look_at_ = kNoTime;
    alive_ = true;
    frozen_ = false;
    inbox_.clear();
    armed_.reset();
    exit_code_.reset();
    sets_ = queries_ = 0;
    closer_ = Closer{};
    machine_.emplace(hub_.local(member_), !elector_may_live, bounds_of(policy_));
    if (policy_.fence) machine_->fence_set(10s);
    for_elector_ = false;
    fence_success_.reset();
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

std::optional<model::Instant> Guardian::armed_until() const {
    const auto* arm = machine_ ? machine_->guarded() : nullptr;
    return arm ? std::optional(arm->valid_until) : std::nullopt;
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

// --- what it hears

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
    const auto now = hub_.local(member_);
    if (const auto* told = std::get_if<model::ArmGuardian>(&message)) {
        guardian::Arm arm;
        arm.op = told->op;
        arm.valid_until = told->valid_until;
        arm.gate_open_at = told->gate_open_at;
        arm.term = told->term;
        arm.nonce = told->nonce;
        arm.lease = told->lease;
        arm.holder_mod = told->holder.mod;
        arm.bounds = bounds_of(policy_);
        const bool anew = !armed_ || armed_->nonce != told->nonce || armed_->term != told->term;
        if (!machine_->arm(now, arm)) return;
        if (anew) node_life_ = node_life();
        armed_ = *told;
        const auto slot = hub_.events.put(model::GuardianArmed{told->op});
        hub_.schedule.add(hub_.now + hub_.rng.between(Duration{20us}, Duration{200us}),
                          Job::kGuardianBack, member_, slot, host_.incarnation(member_));
    } else if (const auto* draining = std::get_if<model::TellGuardianDraining>(&message)) {
        machine_->draining(now, {draining->deadline, draining->standby});
    } else if (std::holds_alternative<model::DisarmGuardian>(message)) {
        machine_->disarm();
        if (!machine_->armed()) armed_.reset();
    } else if (std::holds_alternative<model::RunFence>(message)) {
        for_elector_ = machine_->fence_wanted();
        if (!for_elector_) host_.fence_answered(member_, false);
    }
}

void Guardian::fence_ended(bool success) {
    fence_success_ = success;
    if (works()) later(Duration{0});
}

void Guardian::take_fence(model::Instant now) {
    const auto success = std::exchange(fence_success_, std::nullopt);
    if (!success) return;
    machine_->fenced(now, *success);
    if (std::exchange(for_elector_, false)) host_.fence_answered(member_, *success);
}

void Guardian::activation_answered() {
    if (works()) machine_->activation_answered();
}

void Guardian::elector_exited(int code) {
    if (!alive_) return;
    exit_code_ = code;
    if (works()) later(Duration{0});
}

void Guardian::elector_died() {
    exit_code_.reset();
    if (works()) later(Duration{0});
}

void Guardian::elector_froze() {
    if (alive_) machine_->heard(hub_.local(member_));
}

bool Guardian::ports_refuse() {
    const auto refused = simnode::PortState::refused;
    return hub_.world->admin_port(member_, hub_.now) == refused &&
           hub_.world->probe_port(member_, hub_.now) == refused;
}

std::uint64_t Guardian::node_life() { return hub_.world->view(member_, hub_.now).starts; }

/// What the loop around the machine sees by itself: its child, its connection to the node, the
/// lock.
void Guardian::take_world(model::Instant now) {
    if (machine_->elector_runs() && !host_.elector_runs(member_)) {
        // Its last words came before its end.
        for (const auto& message : std::exchange(inbox_, {})) take(message.what);
        machine_->elector_gone(now, std::exchange(exit_code_, std::nullopt));
    }
    if (host_.elector_speaks(member_)) machine_->heard(now);
    if (armed_ && node_life() != node_life_) machine_->node_lost();
    if (machine_->waiting_for_lock() && !host_.elector_runs(member_)) machine_->locked();
}

// --- what follows

void Guardian::run() {
    if (!works()) return;
    const bool message = !inbox_.empty() && inbox_.front().due <= hub_.now;
    if (hub_.now < look_at_ && !message) return;  // a nearer look has replaced this one
    if (hub_.now >= look_at_) look_at_ = kNoTime;
    const auto now = hub_.local(member_);
    take_messages();
    take_fence(now);
    take_world(now);
    go_on_closing(now);
    for (;;) {
        const bool acted = machine_->acting();
        const auto actions = machine_->decide(now);
        if (!acted && machine_->acting() && hub_.story.told())
            hub_.story.line(hub_.now, member_name(member_), "GUARDIAN demotes");
        if (actions == guardian::Actions{}) break;
        perform(now, actions);
        if (!alive_) return;
    }
    if (!machine_->armed()) armed_.reset();
    if (machine_->wake() != model::kNever) at(machine_->wake());
    if (machine_->waiting_for_lock()) later(100ms);
}

void Guardian::perform(model::Instant now, const guardian::Actions& actions) {
    if (actions.kill && hub_.mutant != Mutant::kGuardianSpares) {
        host_.kill_elector(member_);
        take_world(now);
    }
    if (actions.deactivate) {
        ++sets_;
        host_.ask_node(member_, life_, NodeAsk::kDeactivate);
    }
    if (actions.ask) {
        ++queries_;
        host_.ask_node(member_, life_, NodeAsk::kStatus);
    }
    if (actions.knock) machine_->knocked(now, ports_refuse());
    if (actions.close) {
        closer_ = Closer{};
        closer_.order = *actions.close;
        const bool tip = actions.close->gate == guardian::GateKind::kTip && policy_.web3;
        closer_.step = tip ? Closer::Step::kTip : Closer::Step::kWrite;
        go_on_closing(now);
    }
    if (actions.fence) host_.run_fence(member_, life_);
    if (actions.start) {
        if (!host_.elector_wanted(member_)) return kill();
        host_.start_elector(member_);
        machine_->started(now);
    }
    if (actions.end) kill();
}

void Guardian::node_answer(const NodeOp& op, const model::Event& event) {
    if (op.incarnation != life_ || !alive_) return;
    const auto now = hub_.local(member_);
    const auto answer_of = [](model::NodeFailure failure, guardian::Answer good) {
        if (failure == model::NodeFailure::kNone) return good;
        return failure == model::NodeFailure::kRefused ? guardian::Answer::kRefused
                                                       : guardian::Answer::kFailed;
    };
    if (const auto* set = std::get_if<model::SetAnswered>(&event)) {
        if (--sets_ == 0)
            machine_->set_answered(now, answer_of(set->failure, guardian::Answer::kDone));
    } else if (const auto* status = std::get_if<model::StatusRead>(&event)) {
        const auto good = status->active ? guardian::Answer::kActive : guardian::Answer::kStandby;
        if (--queries_ == 0) machine_->status_read(now, answer_of(status->failure, good));
    } else if (const auto* tip = std::get_if<model::TipRead>(&event)) {
        if (closer_.step != Closer::Step::kTipAsked) return;
        const bool same = node_life() == node_life_;
        if (!same) closer_.order.gate = guardian::GateKind::kRestarted;
        if (tip->failure == model::NodeFailure::kNone && same) closer_.tip = tip->height;
        closer_.step = Closer::Step::kWrite;
    }
    later(Duration{0});
}

// --- the closer

model::HolderRecord Guardian::closing_record() const {
    using Kind = guardian::GateKind;
    auto record = *armed_->holder.record;
    record.reason = "guardian";
    record.state = closer_.order.unfenced ? model::HolderRecord::State::kUnfenced
                                          : model::HolderRecord::State::kDrained;
    if (closer_.order.unfenced) return record;
    const auto barred = policy_.start_delay + 2 * policy_.block_interval + 2s;
    record.gate = model::Gate{closer_.tip, policy_.settle};
    if (closer_.order.gate == Kind::kDead) record.gate = model::Gate{{}, policy_.overtime};
    if (closer_.order.gate == Kind::kRestarted)
        record.gate = model::Gate{{}, std::max(policy_.settle, barred)};
    return record;
}

void Guardian::go_on_closing(model::Instant now) {
    using Step = Closer::Step;
    if (closer_.step == Step::kTip) {
        const auto ready = closer_.order.confirmed + 200ms;
        if (now < ready) return at(ready);
        closer_.step = Step::kTipAsked;
        return host_.ask_node(member_, life_, NodeAsk::kTip);
    }
    if (closer_.step != Step::kWrite) return;
    closer_.step = Step::kWriting;
    if (closer_.order.unfenced)
        return host_.ask_store(member_, life_,
                               model::MarkUnfenced{{1}, armed_->holder, closing_record()});
    model::HistoryEntry history{armed_->term, policy_.member, "guardian", {}, {}, {}};
    host_.ask_store(
        member_, life_,
        model::Drain{{1}, armed_->holder, closing_record(), armed_->key, std::move(history)});
}

void Guardian::close_with(bool done) {
    if (done && !closer_.order.unfenced && closer_.step != Closer::Step::kRevoking) {
        closer_.step = Closer::Step::kRevoking;
        return host_.ask_store(member_, life_, model::RevokeLease{{1}, armed_->lease});
    }
    closer_.step = Closer::Step::kIdle;
    machine_->closed(hub_.local(member_), done);
    later(Duration{0});
}

void Guardian::store_answer(const model::Event& event) {
    if (!alive_ || closer_.step == Closer::Step::kIdle || !armed_) return;
    if (std::holds_alternative<model::LeaseRevoked>(event)) return close_with(true);
    const auto* answer = std::get_if<model::RecordAnswered>(&event);
    if (!answer || closer_.step != Closer::Step::kWriting) return;
    using model::StoreOutcome;
    const auto& found = answer->holder.record;
    const bool mine = found && found->term == armed_->term && found->nonce == armed_->nonce;
    if (answer->outcome == StoreOutcome::kDone) {
        armed_->holder = answer->holder;
        return close_with(true);
    }
    if (answer->outcome != StoreOutcome::kGuardFailed) return close_with(false);
    if (!mine) return close_with(true);  // another's by now: nothing to write
    armed_->holder = answer->holder;
    using State = model::HolderRecord::State;
    const bool there = found->state == State::kDrained ||
                       (closer_.order.unfenced && found->state == State::kUnfenced);
    if (there) return close_with(true);
    if (++closer_.tries >= 5) return close_with(false);
    closer_.step = Closer::Step::kWrite;
    later(Duration{0});
}

}  // namespace elector::sim
