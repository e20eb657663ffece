#include "sim/simulation.hpp"

#include <algorithm>

#include "core/invariants.hpp"
#include "core/step.hpp"

namespace elector::sim {

Simulation::Simulation(const Plan& plan, Mutant mutant, bool told)
    : hub_(plan),
      checks_(hub_),
      members_(plan.members),
      nodes_(plan.members),
      faults_(plan.faults),
      fault_on_(plan.faults.size()),
      store_(hub_, *this),
      node_(hub_, *this) {
    hub_.mutant = mutant;
    hub_.story.tell(told);
    hub_.story.set_origin(plan.start);
    std::vector<simnode::NodeParams> params(plan.members, plan.node);
    for (std::uint8_t m = 0; m < plan.members; ++m) {
        params[m].name = member_name(m);
        params[m].wall_skew = plan.hosts[m].wall_skew;
        members_[m].policy = make_policy(plan, m);
        members_[m].name = member_name(m);
        bend(mutant, members_[m].policy);
    }
    hub_.world.emplace(plan.chain, params, plan.start);
    guardians_.reserve(plan.members);
    for (std::uint8_t m = 0; m < plan.members; ++m)
        guardians_.push_back(Guardian(hub_, *this, m, members_[m].policy));
}

Outcome simulate(const Options& options, Mutant mutant, bool told) {
    const auto plan = make_plan(options);
    return Simulation(plan, mutant, told).run();
}

Outcome Simulation::run() {
    const auto& plan = hub_.plan;
    auto& schedule = hub_.schedule;
    for (std::uint8_t m = 0; m < plan.members; ++m)
        schedule.add(plan.start + hub_.rng.between(Duration{0}, Duration{3s}), Job::kService, m);
    schedule.add(plan.start + EtcdModel::kScan, Job::kLeaseScan);
    if (plan.bootstrap) schedule.add(plan.start + 4s, Job::kBootstrap);
    for (std::uint32_t i = 0; i < faults_.size(); ++i) {
        if (faults_[i].trigger != Trigger::kNothing) {
            waiting_.push_back(i);
        } else {
            schedule.add(faults_[i].at, Job::kFault, faults_[i].member, i);
        }
    }
    schedule.add(plan.heal_at, Job::kHeal);
    schedule.add(plan.start, Job::kLook);
    while (!finished_ && !hub_.violation) {
        const auto next = schedule.next();
        const auto world = hub_.world->next_event();
        if (world <= next) {
            advance_world(world);
        } else {
            hub_.now = next;
            dispatch(schedule.pop());
            read_log();
        }
    }
    return Outcome{hub_.violation, hub_.story.hash(), checks_.counts(), hub_.now - plan.start,
                   converged_};
}

void Simulation::advance_world(Time t) {
    hub_.now = t;
    hub_.world->advance(t);
    read_log();
    node_.collect();
}

void Simulation::read_log() {
    const auto& log = hub_.world->log();
    for (; log_read_ < log.size(); ++log_read_) {
        const auto entry = log[log_read_];
        checks_.node_log(entry);
        if (entry.kind == simnode::EntryKind::stop)
            node_.process_ended(static_cast<std::uint8_t>(entry.node));
    }
    if (log.size() < 200) return;
    hub_.world->clear_log();
    log_read_ = 0;
}

void Simulation::dispatch(const Task& task) {
    const auto m = task.member;
    switch (task.job) {
        case Job::kDeliver:
        case Job::kGuardianBack:
            deliver(m, task.b, hub_.events.take(task.a));
            break;
        case Job::kWake:
            if (task.b == members_[m].incarnation) wake(m);
            break;
        case Job::kStoreArrive:
        case Job::kStoreReply:
        case Job::kStoreTimeout:
        case Job::kStoreHedge:
            store_.run(task);
            break;
        case Job::kNodeSend:
        case Job::kNodeRead:
        case Job::kNodeTimeout:
        case Job::kNodeDone:
        case Job::kPort:
            node_.run(task);
            break;
        case Job::kSampleTip:
            checks_.a4.sample_tip(m, task.b);
            break;
        case Job::kWatch:
            if (task.b == members_[m].incarnation) watch_delivery(m);
            break;
        case Job::kWatchUp:
            if (task.b == members_[m].incarnation) connect_watch(m, Duration{});
            break;
        case Job::kLeaseScan:
            if (hub_.etcd_serves()) hub_.etcd.scan(hub_.now);
            pump_watches();
            hub_.schedule.add(hub_.now + EtcdModel::kScan, Job::kLeaseScan);
            break;
        case Job::kGuardian:
            if (task.b == guardians_[m].life()) guardians_[m].run();
            break;
        case Job::kGuardianGone:
            miss_guardian(m, task.b);
            break;
        case Job::kFence:
        case Job::kNodeBack:
            fence_job(task);
            break;
        case Job::kService:
            service(m);
            break;
        case Job::kFault:
            begin_fault(task.a);
            break;
        case Job::kFaultEnd:
            end_fault(task.a);
            break;
        case Job::kForeign:
            foreign(m);
            break;
        case Job::kBootstrap:
            bootstrap();
            break;
        case Job::kHeal:
            heal();
            break;
        case Job::kLook:
            look();
            break;
    }
}

// --- electors

void Simulation::start_member(std::uint8_t m) {
    auto& member = members_[m];
    ++member.incarnation;
    member.running = true;
    member.frozen = member.host_frozen;
    member.inbox.clear();
    member.fence = {};
    member.runs_fence = false;
    member.woke = false;
    member.wake_at = kNoTime;
    member.watch = Watch{};
    member.policy.member = member.name;
    member.state = core::initial_state(hub_.local(m), hub_.rng.next());
    if (hub_.story.told()) hub_.story.line(hub_.now, member_name(m), "ELECTOR starts");
    checks_.process_started(m);
    node_.elector_started(m, member.incarnation);
    connect_watch(m, hub_.rng.between(Duration{1ms}, Duration{50ms}));
    hub_.schedule.add(hub_.now + 1ms, Job::kWake, m, 0, member.incarnation);
    member.wake_at = hub_.now + 1ms;
}

void Simulation::stop_member(std::uint8_t m) {
    auto& member = members_[m];
    if (!member.running) return;
    if (hub_.story.told()) hub_.story.line(hub_.now, member_name(m), "ELECTOR gone");
    ++member.incarnation;
    member.running = member.frozen = false;
    member.inbox.clear();
}

void Simulation::deliver(std::uint8_t m, std::uint64_t incarnation, const model::Event& event) {
    auto& member = members_[m];
    if (!member.running || member.incarnation != incarnation) return;
    if (member.frozen) {
        member.inbox.push_back(event);
    } else {
        step(m, event);
    }
}

void Simulation::step(std::uint8_t m, const model::Event& event) {
    auto& member = members_[m];
    const auto now = hub_.local(m);
    if (hub_.now - member.second >= 1s) {
        member.second = hub_.now;
        member.steps_in_second = 0;
    }
    ++member.steps_in_second;
    hub_.story.event(hub_.now, m, event);
    effects_.clear();
    if (hub_.mutant != Mutant::kNone) bend(hub_.mutant, member.state, now, event);
    try {
        core::step(member.policy, member.state, now, event, effects_);
    } catch (const core::InvariantBroken& broken) {
        for (const auto& effect : effects_) hub_.story.effect(hub_.now, m, effect);
        return hub_.fail("core", member_name(m) + ": " + broken.what());
    }
    if (hub_.mutant != Mutant::kNone) bend(hub_.mutant, member.state, now, effects_);
    checks_.after_step(m, member, effects_);
    carry_out(m);
}

void Simulation::carry_out(std::uint8_t m) {
    for (const auto& effect : effects_) {
        hub_.story.effect(hub_.now, m, effect);
        carry_out(m, effect);
    }
    if (members_[m].running) schedule_wake(m);
}

void Simulation::carry_out(std::uint8_t m, const model::Effect& effect) {
    auto& member = members_[m];
    if (is_store_effect(effect)) {
        store_.start(m, false, member.incarnation, effect, member.policy.renew);
    } else if (is_node_effect(effect)) {
        if (std::holds_alternative<model::Activate>(effect)) happened(Trigger::kDeciding, m);
        node_.start(m, member.incarnation, effect);
    } else if (std::holds_alternative<model::ArmGuardian>(effect) ||
               std::holds_alternative<model::TellGuardianDraining>(effect) ||
               std::holds_alternative<model::DisarmGuardian>(effect)) {
        guardians_[m].receive(effect);
    } else if (const auto* watch = std::get_if<model::WatchElection>(&effect)) {
        change_watch(m, *watch);
    } else if (const auto* fence = std::get_if<model::RunFence>(&effect)) {
        order_fence(m, *fence);
    } else if (const auto* pin = std::get_if<model::PinCluster>(&effect)) {
        member.policy.cluster = pin->cluster;
    } else if (const auto* exit = std::get_if<model::Exit>(&effect)) {
        exited(m, exit->code);
    }
}

void Simulation::schedule_wake(std::uint8_t m) {
    auto& member = members_[m];
    const auto wanted = core::wake_at(member.state);
    if (wanted == model::kNever) return;
    const auto at = std::max(hub_.plan.hosts[m].clock.when(wanted), hub_.now + Duration{1});
    if (member.wake_at > hub_.now && member.wake_at <= at) return;
    member.wake_at = at;
    hub_.schedule.add(at, Job::kWake, m, 0, member.incarnation);
}

void Simulation::wake(std::uint8_t m) {
    auto& member = members_[m];
    if (hub_.now < member.wake_at) return;
    member.wake_at = kNoTime;
    if (member.frozen) {
        member.woke = true;
    } else if (hub_.local(m) >= core::wake_at(member.state)) {
        step(m, model::Woke{});
    } else {
        schedule_wake(m);
    }
}

void Simulation::freeze_member(std::uint8_t m) {
    if (!members_[m].running) return;
    if (elector_speaks(m)) guardians_[m].elector_froze();
    members_[m].frozen = true;
}

void Simulation::thaw_member(std::uint8_t m) {
    auto& member = members_[m];
    if (!member.running || !member.frozen) return;
    member.frozen = false;
    node_.thawed(m);
    const auto incarnation = member.incarnation;
    // A timer and the sockets are ready at the same time; either may come first.
    const bool timer_first = hub_.rng.chance(500);
    const auto timer = [&] {
        if (member.woke && member.incarnation == incarnation) step(m, model::Woke{});
        member.woke = false;
    };
    if (timer_first) timer();
    auto inbox = std::move(member.inbox);
    member.inbox.clear();
    for (const auto& event : inbox) deliver(m, incarnation, event);
    if (!timer_first) timer();
    if (member.incarnation == incarnation) schedule_wake(m);
    pump_watches();
}

void Simulation::exited(std::uint8_t m, int code) {
    auto& member = members_[m];
    stop_member(m);
    auto& guardian = guardians_[m];
    if (code == 0 && !member.wanted) {
        guardian.kill();  // the whole service ends
    } else if (hub_.plan.guardian && guardian.alive()) {
        guardian.elector_exited(code);
    } else {
        hub_.schedule.add(hub_.now + hub_.rng.between(Duration{200ms}, Duration{2s}), Job::kService,
                          m);
    }
}

/// The service manager: starts what should run and does not.
void Simulation::service(std::uint8_t m) {
    auto& member = members_[m];
    if (!member.wanted || !member.host_up) return;
    if (!hub_.plan.guardian) {
        if (!member.running) start_member(m);
        return;
    }
    if (!guardians_[m].alive()) guardians_[m].start(member.running);
}

void Simulation::guardian_gone(std::uint8_t m, bool frozen, Duration after) {
    hub_.schedule.add(hub_.now + after, Job::kGuardianGone, m, frozen, guardians_[m].life());
}

void Simulation::miss_guardian(std::uint8_t m, std::uint64_t life) {
    if (guardians_[m].life() == life && guardians_[m].works()) return;
    // What it owes is not awaited any longer.
    if (!members_[m].runs_fence) fence_answered(m, false);
    deliver(m, members_[m].incarnation, model::GuardianLost{});
}

// --- watches

void Simulation::connect_watch(std::uint8_t m, Duration after) {
    auto& member = members_[m];
    if (after > Duration{}) {
        hub_.schedule.add(hub_.now + after, Job::kWatchUp, m, 0, member.incarnation);
        return;
    }
    const auto& link = hub_.links[m];
    if (member.watch.up) return;
    if (link.broken() || link.watch_cut > 0 || !hub_.etcd_serves()) {
        hub_.schedule.add(hub_.now + 300ms, Job::kWatchUp, m, 0, member.incarnation);
        return;
    }
    member.watch.up = true;
    if (!std::exchange(member.watch.placed, true)) member.watch.next = hub_.etcd.history().size();
    const auto incarnation = member.incarnation;
    deliver(m, incarnation, model::WatchResumed{});
    pump_watches();
}

void Simulation::change_watch(std::uint8_t m, const model::WatchElection& effect) {
    auto& watch = members_[m].watch;
    const auto& history = hub_.etcd.history();
    watch = Watch{};
    watch.placed = true;
    watch.op = effect.op;
    watch.far = effect.far;
    const auto unseen = [&](const Commit& c) { return c.revision > effect.from.value; };
    const auto at = std::find_if(history.begin(), history.end(), unseen);
    watch.next = static_cast<std::size_t>(at - history.begin());
    connect_watch(m, hub_.rng.between(Duration{1ms}, Duration{20ms}));
}

void Simulation::lose_watch(std::uint8_t m) {
    auto& member = members_[m];
    if (!member.running || !member.watch.up) return;
    member.watch.up = false;
    connect_watch(m, hub_.rng.between(Duration{50ms}, Duration{1s}));
}

void Simulation::pump_watches() {
    const auto size = hub_.etcd.history().size();
    for (std::uint8_t m = 0; m < hub_.plan.members; ++m) {
        auto& watch = members_[m].watch;
        if (!watch.up || watch.scheduled || watch.next >= size || !members_[m].running) continue;
        watch.scheduled = true;
        const auto lag = hub_.rng.between(Duration{200us}, Duration{2ms}) + hub_.links[m].watch_lag;
        hub_.schedule.add(hub_.now + lag, Job::kWatch, m, 0, members_[m].incarnation);
    }
}

void Simulation::watch_delivery(std::uint8_t m) {
    auto& member = members_[m];
    auto& watch = member.watch;
    watch.scheduled = false;
    if (!watch.up) return;
    const auto& history = hub_.etcd.history();
    std::vector<model::Change> changes;
    model::Revision revision;
    // What waits for a thaw stays in the socket and comes as one batch.
    if (member.frozen) return;
    const auto range = etcd::watched(hub_.keys, watch.far);
    for (; watch.next < history.size(); ++watch.next) {
        auto events = history[watch.next].events;
        if (watch.far)
            std::erase_if(events, [&](const etcd::WatchEvent& e) {
                return e.kv.key < range.key || e.kv.key >= range.range_end;
            });
        if (watch.far && events.empty()) continue;
        revision = model::Revision{history[watch.next].revision};
        auto more = etcd::to_changes(hub_.keys, events);
        std::move(more.begin(), more.end(), std::back_inserter(changes));
    }
    if (revision == model::Revision{}) return;
    deliver(m, member.incarnation, model::StoreChanged{revision, std::move(changes), watch.op});
}

// --- observers

void Simulation::on_executed(const StoreOp& op, const model::Event& event) {
    checks_.executed(op, event);
    if (const auto* answer = std::get_if<model::RecordAnswered>(&event);
        answer && answer->outcome == model::StoreOutcome::kDone) {
        if (std::holds_alternative<model::Claim>(op.effect)) happened(Trigger::kClaimed, op.member);
        if (std::holds_alternative<model::Drain>(op.effect)) happened(Trigger::kMarked, op.member);
    }
    if (!hub_.story.told() || op.repeatable) return;
    hub_.story.line(hub_.now, "etcd",
                    member_name(op.member) + (op.guardian ? "'s guardian: " : ": ") +
                        in_words(op.effect) + " -> " + in_words(event));
}

void Simulation::on_completed(const StoreOp& op, model::Event event) {
    if (op.guardian) {
        if (op.incarnation == guardians_[op.member].life())
            guardians_[op.member].store_answer(event);
        return;
    }
    if (members_[op.member].incarnation == op.incarnation && members_[op.member].running)
        checks_.completed(op, event);
    deliver(op.member, op.incarnation, event);
}

MaySend Simulation::may_send(const NodeOp& op) {
    if (op.guardian) {
        const auto& g = guardians_[op.member];
        if (!g.alive() || g.life() != op.incarnation) return MaySend::kNever;
        return g.works() ? MaySend::kYes : MaySend::kLater;
    }
    const auto& member = members_[op.member];
    if (!member.running || member.incarnation != op.incarnation) return MaySend::kNever;
    return member.frozen ? MaySend::kLater : MaySend::kYes;
}

void Simulation::on_set_leaves(const NodeOp& op) {
    happened(op.ask == NodeAsk::kActivate ? Trigger::kActivating : Trigger::kDeactivating,
             op.member);
    checks_.a4.set_leaves(op);
    if (op.guardian) return;
    if (op.ask == NodeAsk::kActivate && nodes_[op.member].deaf > 0)
        nodes_[op.member].hung_activation = true;
    checks_.set_leaves(op, members_[op.member], guardians_[op.member],
                       node_.last_unanswered_set(op.member, &op));
}

void Simulation::on_answer(const NodeOp& op, const model::Event& event) {
    checks_.a4.answered(op, event);
    if (op.guardian) {
        guardians_[op.member].node_answer(op, event);
        return;
    }
    const auto& member = members_[op.member];
    const auto* set = std::get_if<model::SetAnswered>(&event);
    const bool alive = member.works() && member.incarnation == op.incarnation;
    // Not one that was not sent: it may be sent again in the same holding.
    if (set && alive && op.ask == NodeAsk::kActivate && !set->not_sent &&
        set->failure == model::NodeFailure::kNone)
        guardians_[op.member].activation_answered();
    deliver(op.member, op.incarnation, event);
}

void Simulation::on_port(std::uint8_t m, std::uint64_t incarnation,
                         const model::PortChanged& event) {
    deliver(m, incarnation, event);
}

void Simulation::ask_node(std::uint8_t m, std::uint64_t life, NodeAsk ask) {
    node_.start_for_guardian(m, life, ask);
}

void Simulation::ask_store(std::uint8_t m, std::uint64_t life, const model::Effect& effect) {
    store_.start(m, true, life, effect, members_[m].policy.renew);
}

}  // namespace elector::sim
