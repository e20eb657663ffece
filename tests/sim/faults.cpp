// What each fault does to the world, and what ends it.
#include <algorithm>

#include "etcd/records.hpp"
#include "sim/simulation.hpp"

namespace elector::sim {
namespace {

int step_of(bool on) { return on ? 1 : -1; }

}  // namespace

std::optional<std::uint8_t> Simulation::leader() const {
    for (std::uint8_t m = 0; m < members_.size(); ++m) {
        const bool leads = members_[m].state.role == model::Role::kLeader;
        if (members_[m].running && leads) return m;
    }
    return std::nullopt;
}

void Simulation::happened(Trigger trigger, std::uint8_t member) {
    if (healed_) return;
    std::erase_if(waiting_, [&](std::uint32_t i) {
        auto& f = faults_[i];
        if (f.trigger != trigger || hub_.now < f.at) return false;
        if (f.at_cause) f.member = member;
        hub_.schedule.add(hub_.now + f.offset, Job::kFault, f.member, i);
        return true;
    });
}

void Simulation::begin_fault(std::uint32_t index) {
    if (healed_) return;
    auto& f = faults_[index];
    if (f.at_cause && f.trigger == Trigger::kNothing) f.member = leader().value_or(f.member);
    for (std::uint32_t i = 0; i < faults_.size(); ++i)
        if (fault_on_[i] && faults_[i].kind == f.kind && faults_[i].member == f.member) return;
    const bool lasting = apply_store_fault(f, true) || apply_order(f, true) ||
                         apply_process_fault(f, true) || apply_node_fault(f, true);
    if (hub_.story.told())
        hub_.story.line(hub_.now, "FAULT",
                        std::string(name(f.kind)) + " " + member_name(f.member) + " for " +
                            std::to_string(f.lasts / 1ms) + " ms" + (lasting ? "" : " (once)"));
    update_excuses();
    if (!lasting) return;
    fault_on_[index] = true;
    hub_.schedule.add(hub_.now + f.lasts, Job::kFaultEnd, f.member, index);
}

void Simulation::end_fault(std::uint32_t index) {
    if (!fault_on_[index]) return;
    fault_on_[index] = false;
    const auto& f = faults_[index];
    if (hub_.story.told())
        hub_.story.line(hub_.now, "END", std::string(name(f.kind)) + " " + member_name(f.member));
    update_excuses();
    apply_store_fault(f, false) || apply_order(f, false) || apply_process_fault(f, false) ||
        apply_node_fault(f, false);
    update_excuses();
}

// Each of the four says whether the fault is its own and lasts.

bool Simulation::apply_store_fault(const Fault& f, bool on) {
    auto& link = hub_.links[f.member];
    switch (f.kind) {
        case FaultKind::kPartition:
            link.requests_lost += step_of(on);
            link.replies_lost += step_of(on);
            if (on) lose_watch(f.member);
            return true;
        case FaultKind::kRequestsLost:
            link.requests_lost += step_of(on);
            if (on && f.number % 2 == 0) lose_watch(f.member);
            return true;
        case FaultKind::kRepliesLost:
            link.replies_lost += step_of(on);
            if (on) lose_watch(f.member);
            return true;
        case FaultKind::kLossy:
            link.loss_permille = on ? 100 + f.number % 600 : 0;
            return true;
        case FaultKind::kSlowStore:
            link.slow = on ? f.delay : Duration{};
            return true;
        case FaultKind::kLateStore:
            link.late_permille = on ? 100 + f.number % 500 : 0;
            return true;
        case FaultKind::kWatchCut:
            link.watch_cut += step_of(on);
            if (on) lose_watch(f.member);
            return true;
        case FaultKind::kWatchLag:
            link.watch_lag = on ? 3 * f.delay : Duration{};
            return true;
        case FaultKind::kStoreRefuses:
            link.refuses = on;
            return true;
        case FaultKind::kDuplicates:
            link.twice_permille = on ? 100 + f.number % 500 : 0;
            return true;
        case FaultKind::kEtcdOutage:
        case FaultKind::kEtcdElection: {
            if (!on) return true;
            const bool election = f.kind == FaultKind::kEtcdElection;
            const auto down = election ? 2200ms + f.delay * 2 / 3 : std::max<Duration>(f.lasts, 1s);
            hub_.etcd_serves_from = std::max(hub_.etcd_serves_from, hub_.now + down);
            hub_.etcd.change_leader(hub_.etcd_serves_from);
            for (std::uint8_t m = 0; m < hub_.plan.members; ++m)
                if (f.number >> m & 1) lose_watch(m);
            return false;
        }
        case FaultKind::kLeaseEarly:
            if (on) hub_.etcd.revoke(lease_id(f.member));
            pump_watches();
            return on ? false : true;
        case FaultKind::kLeaseLate:
            if (on) hub_.etcd.delay_expiry(lease_id(f.member), hub_.now + f.lasts);
            return false;
        case FaultKind::kStaleKeepAlive:
            link.stale_lease = on ? lease_id(f.member) : 0;
            link.watch_cut += step_of(on);
            if (!on) return true;
            members_[f.member].watch.up = false;
            connect_watch(f.member, f.lasts);
            hub_.etcd.revoke(link.stale_lease);
            pump_watches();
            return true;
        default:
            return false;
    }
}

bool Simulation::apply_order(const Fault& f, bool on) {
    const auto& keys = hub_.keys;
    switch (f.kind) {
        case FaultKind::kDeleteCandidate: {
            const auto key = candidate_key(f.member);
            if (on && !key.empty()) remove(key);
            return false;
        }
        case FaultKind::kDeletePrefix:
            if (!on) return false;
            if (f.number % 2 == 0) remove(keys.queue, etcd::prefix_end(keys.queue));
            if (f.number % 4 >= 2) return false;
            // The record that says "unfenced" goes with it: nobody is warned any more.
            for (auto& node : nodes_)
                if (node.deaf > 0) node.excused_until = hub_.now + 60s;
            record_lost();
            remove(keys.data, etcd::prefix_end(keys.data));
            return false;
        case FaultKind::kRestore:
            if (on && hub_.backup) restore(f);
            return false;
        case FaultKind::kReplaceStore:
            on ? replace_store(f) : accept_store();
            return true;
        case FaultKind::kPause:
            if (on) {
                put(keys.pause, etcd::to_json(model::PauseOrder{"operator", "test"}));
            } else {
                remove(keys.pause);
            }
            return true;
        case FaultKind::kSwitchover: {
            if (!on) {
                remove(keys.switchover);
                return true;
            }
            const auto* kv = hub_.etcd.get(keys.holder);
            const auto record = kv ? etcd::parse_holder(kv->value) : std::nullopt;
            if (!record) return false;
            const auto to = f.number % 3 == 0 ? std::string{} : member_name(f.member);
            put(keys.switchover,
                etcd::to_json(model::SwitchoverOrder{{}, record->term, to, "operator", "test"}));
            return true;
        }
        case FaultKind::kReload: {
            if (!on) return false;
            auto& p = members_[f.member].policy;
            p.hold = f.number % 3 == 0 ? 3s : f.number % 3 == 1 ? 5s : 15s;
            p.renew = p.hold / 5;
            p.priority = static_cast<int>(f.number >> 8 & 1);
            return false;
        }
        default:
            return false;
    }
}

bool Simulation::apply_host_fault(const Fault& f, bool on) {
    const auto m = f.member;
    auto& member = members_[m];
    auto& guardian = guardians_[m];
    switch (f.kind) {
        case FaultKind::kHostLoss:
            member.host_up = !on;
            member.host_frozen = false;  // a new boot
            if (on) {
                stop_member(m);
                guardian.kill();
                hub_.world->lose_host(m, hub_.now);
                nodes_[m].down = true;
            } else {
                hub_.world->restart(m, hub_.now);
                nodes_[m].down = nodes_[m].frozen = false;
                hub_.schedule.add(hub_.now + hub_.rng.between(Duration{1s}, Duration{5s}),
                                  Job::kService, m);
            }
            return true;
        case FaultKind::kHostFreeze:
            if (!member.host_up || on == member.host_frozen) return on;
            member.host_frozen = on;
            if (on) {
                checks_.a4.beyond(m);
                freeze_member(m);
                guardian.freeze();
                hub_.world->freeze(m, hub_.now);
                return true;
            }
            // A frozen host signs when it wakes, before anybody there can act.
            if (f.lasts > 500ms) nodes_[m].excused_until = hub_.now + 12s;
            update_excuses();
            if (!nodes_[m].frozen) hub_.world->thaw(m, hub_.now);
            if (guardian.alive()) guardian.thaw();
            thaw_member(m);
            return true;
        default:
            return false;
    }
}

bool Simulation::apply_process_fault(const Fault& f, bool on) {
    const auto m = f.member;
    auto& member = members_[m];
    auto& guardian = guardians_[m];
    const bool free = member.host_up && !member.host_frozen;
    switch (f.kind) {
        case FaultKind::kKillElector:
            if (!on || !free || !guardian.works()) return false;
            stop_member(m);
            guardian.elector_died();
            return false;
        case FaultKind::kFreezeElector:
            if (on && free && guardian.works()) freeze_member(m);
            if (!on && !member.host_frozen) thaw_member(m);
            return true;
        case FaultKind::kKillGuardian:
            if (!on || !free || !guardian.alive() || member.frozen) return false;
            guardian.kill();
            guardian_gone(m, false, 1ms);
            hub_.schedule.add(hub_.now + hub_.rng.between(Duration{200ms}, Duration{2s}),
                              Job::kService, m);
            return false;
        case FaultKind::kFreezeGuardian:
            if (on && free && guardian.works() && !member.frozen) {
                guardian.freeze();
                guardian_gone(m, true, member.policy.margin + hub_.rng.between(0ns, 250ms));
                // The service manager's watchdog.
                if (f.lasts > 10s) hub_.schedule.add(hub_.now + 11s, Job::kService, m);
            }
            if (!on && guardian.alive() && !member.host_frozen) guardian.thaw();
            return true;
        case FaultKind::kSlowGuardian:
            guardian.set_slow(on);
            return true;
        case FaultKind::kSameName:
            // A copied file: this host's next process calls itself as its neighbour does.
            member.name =
                member_name(static_cast<std::uint8_t>(on ? (m + 1) % hub_.plan.members : m));
            restart_elector(m);
            return true;
        case FaultKind::kForeign:
            // The service makes way for an older elector, which later dies and leaves its node.
            if (on && !free) return false;
            nodes_[m].foreign_lease = on;
            nodes_[m].foreign_active = false;
            if (on) hub_.schedule.add(hub_.now + 1s, Job::kForeign, m);
            [[fallthrough]];
        case FaultKind::kShutdown:
            member.wanted = !on;
            if (on) {
                deliver(m, member.incarnation, model::ShutdownRequested{});
            } else if (!member.running || !guardian.alive()) {
                hub_.schedule.add(hub_.now + 100ms, Job::kService, m);
            }
            return true;
        default:
            return apply_host_fault(f, on);
    }
}

bool Simulation::apply_health_fault(const Fault& f, bool on) {
    auto& world = *hub_.world;
    const auto m = f.member;
    switch (f.kind) {
        case FaultKind::kRefuseWeb3:
            world.refuse_web3(m, on, hub_.now);
            return true;
        case FaultKind::kUnready:
            world.force_unready(m, on, hub_.now);
            return true;
        case FaultKind::kFreezeHeight:
            world.freeze_height(m, on, hub_.now);
            return true;
        case FaultKind::kIsolate:
            world.isolate(m, on, hub_.now);
            return true;
        case FaultKind::kChainStall:
            if (on) world.stall_chain(hub_.now, hub_.now + f.lasts);
            return false;
        case FaultKind::kWallStep:
            hub_.wall_step[m] = on ? (f.number % 2 == 0 ? 1 : -1) * (3s + 8 * f.delay) : Duration{};
            return true;
        case FaultKind::kOtherOperator:
            node_.set_other_operator(m, on);
            return true;
        case FaultKind::kOperatorSet:
            // An operator's curl: nobody can foresee it; the members notice within a poll.
            if (!on) return false;
            nodes_[m].excused_until = hub_.now + 20s;
            update_excuses();
            world.begin_set(m, true, hub_.now);
            return false;
        default:
            return false;
    }
}

bool Simulation::apply_node_fault(const Fault& f, bool on) {
    auto& world = *hub_.world;
    const auto m = f.member;
    auto& node = nodes_[m];
    if (!members_[m].host_up) return false;
    switch (f.kind) {
        case FaultKind::kNodeCrash:
            if (on) {
                world.crash(m, hub_.now);
            } else {
                world.restart(m, hub_.now);
            }
            node.down = on;
            if (on) node.frozen = false;
            return true;
        case FaultKind::kNodeRestart:
            if (!on) return false;
            if (f.number % 2 == 0) world.terminate(m, hub_.now);
            world.restart(m, hub_.now);
            node.down = node.frozen = false;
            return false;
        case FaultKind::kNodeActive:
            if (!on) return false;
            world.restart(m, hub_.now, true);
            node.excused_until = hub_.now + 60s;
            return false;
        case FaultKind::kNodeFreeze:
            node.deaf += step_of(on);
            if (!on && node.frozen && node.lands_at_thaw) {
                node.excused_until = hub_.now + 12s;
                update_excuses();
            }
            node.frozen = on;
            node.lands_at_thaw = false;
            if (on) {
                world.freeze(m, hub_.now);
            } else if (!members_[m].host_frozen) {
                world.thaw(m, hub_.now);
            }
            return true;
        case FaultKind::kPortClash:
            // The new process finds its admin port taken, and runs on without.
            world.restart(m, hub_.now);
            node.down = node.frozen = false;
            [[fallthrough]];
        case FaultKind::kRefuseAdmin:
            node.deaf += step_of(on);
            world.refuse_admin(m, on, hub_.now);
            node_.ports_changed(m);
            return true;
        default:
            return apply_set_fault(f, on) || apply_health_fault(f, on);
    }
}

bool Simulation::apply_set_fault(const Fault& f, bool on) {
    const auto m = f.member;
    auto& node = nodes_[m];
    const auto set_fault = [&](simnode::SetFault kind) {
        hub_.world->set_fault(m, on ? kind : simnode::SetFault::none, f.delay, hub_.now);
    };
    switch (f.kind) {
        case FaultKind::kSlowSet:
            set_fault(simnode::SetFault::slow);
            return true;
        case FaultKind::kLateSet:
            set_fault(simnode::SetFault::late);
            return true;
        case FaultKind::kHungSet:
            node.deaf += step_of(on);
            set_fault(simnode::SetFault::hang);
            node.hung_activation = node.hung_activation || (on && checks_.a4.pending(m));
            if (!on) release_sets(m);
            return true;
        case FaultKind::kIgnoreSet:
            node.deaf += step_of(on);
            set_fault(simnode::SetFault::ignore);
            return true;
        case FaultKind::kHangStatus:
            hub_.world->hang_status(m, on, hub_.now);
            if (!on) release_sets(m);
            return true;
        default:
            return false;
    }
}

/// What hung in the node lands now, after all bounds of A4.
void Simulation::release_sets(std::uint8_t m) {
    auto& node = nodes_[m];
    if (node.hung_activation) {
        node.lands_at_thaw = node.frozen;
        node.excused_until = hub_.now + 12s;
        checks_.a4.beyond(m);
    }
    node.hung_activation = false;
    hub_.world->heal(m, hub_.now);
}

/// An elector of the older kind: queues, activates its node within 200 ms of being the head, and
/// deactivates nothing.
void Simulation::foreign(std::uint8_t m) {
    auto& node = nodes_[m];
    if (node.foreign_lease == 0) return;
    hub_.schedule.add(hub_.now + hub_.rng.between(Duration{20ms}, Duration{200ms}), Job::kForeign,
                      m);
    if (members_[m].running) return;
    if (node.foreign_lease == 1 || !hub_.etcd.has_lease(node.foreign_lease)) {
        node.foreign_lease = static_cast<std::int64_t>(hub_.rng.next() >> 1) | 2;
        hub_.etcd.grant(node.foreign_lease, 5, hub_.now);
        put(hub_.keys.queue + model::candidate_suffix({node.foreign_lease}), member_name(m),
            node.foreign_lease);
    }
    hub_.etcd.keep_alive(node.foreign_lease, hub_.now);
    const etcd::RangeOp first{hub_.keys.queue, etcd::prefix_end(hub_.keys.queue), true, 1};
    const auto head = hub_.etcd.txn(etcd::Txn{{}, {first}, {}}).reply.replies.at(0).kvs;
    if (node.foreign_active || head.empty() || head.front().lease != node.foreign_lease) return;
    node.foreign_active = true;
    if (node.deaf > 0) node.hung_activation = true;
    // It looks at nothing: a holder whose key went with its lease may still be draining.
    for (std::uint8_t other = 0; other < hub_.plan.members; ++other)
        if (other != m && !checks_.a4.quiet(other)) node.excused_until = hub_.now + 12s;
    update_excuses();
    checks_.foreign_activates(m);
    hub_.world->begin_set(m, true, hub_.now);
}

// --- looking

void Simulation::look() {
    update_excuses();
    if (!hub_.backup || hub_.rng.chance(10)) hub_.backup = hub_.etcd;  // about every ten seconds
    if (hub_.now >= hub_.plan.heal_at || hub_.plan.calm) judge_convergence();
    hub_.schedule.add(hub_.now + 100ms, Job::kLook);
}

void Simulation::update_excuses() {
    hub_.world->advance(hub_.now);
    read_log();  // what was signed so far is judged by the excuses of then
    for (std::uint8_t m = 0; m < hub_.plan.members; ++m) {
        const auto& link = hub_.links[m];
        const auto& member = members_[m];
        checks_.a4.deaf(m, nodes_[m].deaf > 0);
        const bool cut_off = link.broken() || !hub_.etcd_serves() || link.refuses ||
                             link.loss_permille > 0 || link.late_permille > 0;
        const bool nobody = !member.works() && !guardians_[m].works();
        // Whoever had a good connection for long enough has written UNFENCED: no excuse later.
        const auto& told = member.state.standby.first_false;
        const bool warns = member.works() && member.state.role == model::Role::kDraining && told &&
                           hub_.local(m) >= *told + 5s && link.slow == Duration{};
        const bool may_sign = hub_.world->view(m, hub_.now).may_sign || checks_.a4.activated(m);
        nodes_[m].record_lost = nodes_[m].record_lost && may_sign;
        const bool can_warn = !cut_off && !nodes_[m].record_lost;
        nodes_[m].had_time = nodes_[m].deaf > 0 && (nodes_[m].had_time || (warns && can_warn));
        const bool stuck = nodes_[m].deaf > 0 && !nodes_[m].had_time;
        const bool deaf_alone = stuck && (!can_warn || !member.works());
        // A deactivation that it hears at last has A4's time from then on.
        if (nodes_[m].deaf_alone && nodes_[m].deaf == 0)
            nodes_[m].excused_until = std::max(nodes_[m].excused_until, hub_.now + 14s);
        nodes_[m].deaf_alone = deaf_alone && may_sign;
        const bool bad = deaf_alone || (nobody && member.host_up);
        const bool over = hub_.now >= nodes_[m].excused_until;
        if (bad && may_sign) {
            checks_.excuse(m, true);
        } else if (!over) {
            checks_.excuse(m, true);
        } else if (checks_.excused(m) && !bad && !may_sign) {
            checks_.excuse(m, false);
        }
    }
}

void Simulation::judge_convergence() {
    int active = 0;
    std::uint8_t on = 0;
    for (std::uint8_t m = 0; m < hub_.plan.members; ++m) {
        if (!hub_.world->view(m, hub_.now).flag) continue;
        ++active;
        on = m;
    }
    const bool good = active == 1 && members_[on].state.role == model::Role::kLeader;
    const auto& plan = hub_.plan;
    if (plan.calm && converged_since_ != kNoTime) {
        if (!good || on != converged_on_) hub_.fail("calm", "the lead changed without a fault");
        if (checks_.election_writes() != writes_at_convergence_)
            hub_.fail("calm", "holding writes to the election's keys");
    }
    if (!good || (converged_since_ != kNoTime && on != converged_on_)) converged_since_ = kNoTime;
    if (good && converged_since_ == kNoTime) {
        converged_since_ = hub_.now;
        converged_on_ = on;
        writes_at_convergence_ = checks_.election_writes();
    }
    if (hub_.now < plan.heal_at) return;
    if (good && hub_.now >= std::max(converged_since_, plan.heal_at) + plan.stable) {
        converged_ = converged_since_ > plan.heal_at ? converged_since_ - plan.heal_at : Duration{};
        finished_ = true;
    } else if (hub_.now > plan.heal_at + plan.bound + plan.stable) {
        hub_.fail("liveness", std::to_string(active) + " nodes are active " +
                                  std::to_string(plan.bound / 1s) + " s after the faults healed");
    }
}

}  // namespace elector::sim
