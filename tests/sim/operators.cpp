// What operators and tools do to the store: backups, another cluster, single keys, bootstrap.
#include <algorithm>

#include "etcd/records.hpp"
#include "sim/simulation.hpp"

namespace elector::sim {

void Simulation::record_lost() {
    for (std::uint8_t m = 0; m < hub_.plan.members; ++m)
        nodes_[m].record_lost = nodes_[m].record_lost || checks_.a4.activated(m);
}

/// All members of etcd are stopped, a backup is restored and they start again.
void Simulation::restore(const Fault& f) {
    // A residual risk: who has not seen what the backup lost cannot know that it is lost.
    bool seen = true;
    for (const auto& member : members_)
        seen = seen &&
               (!member.running || member.state.known.seen_revision.value >= hub_.etcd.revision());
    for (auto& node : nodes_)
        if (!seen) node.excused_until = std::max(node.excused_until, hub_.now + 45s);
    update_excuses();
    record_lost();
    hub_.etcd.restore(*hub_.backup);
    ++hub_.store_life;
    checks_.store_restored();
    hub_.etcd_serves_from =
        std::max(hub_.etcd_serves_from, hub_.now + 1s + f.delay * static_cast<int>(f.number % 8));
    hub_.etcd.change_leader(hub_.etcd_serves_from);
    for (std::uint8_t m = 0; m < hub_.plan.members; ++m) lose_watch(m);
}

/// All members of etcd are lost, and an empty cluster is set up in their place.
void Simulation::replace_store(const Fault& f) {
    // A record that says "unfenced" is gone: nobody is warned any more.
    for (auto& node : nodes_)
        if (node.deaf > 0) node.excused_until = hub_.now + 60s;
    update_excuses();
    record_lost();
    hub_.etcd.replace();
    ++hub_.store_life;
    hub_.backup.reset();
    checks_.store_restored();
    hub_.etcd_serves_from =
        std::max(hub_.etcd_serves_from, hub_.now + 1s + f.delay * static_cast<int>(f.number % 8));
    hub_.etcd.change_leader(hub_.etcd_serves_from);
    for (std::uint8_t m = 0; m < hub_.plan.members; ++m) lose_watch(m);
}

/// The operator says `bootstrap --accept-cluster` on every host and restarts the electors.
void Simulation::accept_store() {
    for (std::uint8_t m = 0; m < hub_.plan.members; ++m) {
        members_[m].policy.cluster = hub_.etcd.header().cluster_id;
        restart_elector(m);
    }
}

/// With what the files of its host say now.
void Simulation::restart_elector(std::uint8_t m) {
    deliver(m, members_[m].incarnation, model::ShutdownRequested{});
}

void Simulation::put(const std::string& key, std::string value, std::int64_t lease) {
    hub_.etcd.txn(etcd::Txn{{}, {etcd::PutOp{key, std::move(value), lease}}, {}});
    pump_watches();
}

void Simulation::remove(const std::string& key, const std::string& end) {
    hub_.etcd.txn(etcd::Txn{{}, {etcd::DeleteOp{key, end}}, {}});
    pump_watches();
}

std::string Simulation::candidate_key(std::uint8_t m) const {
    for (auto it = hub_.etcd.keys().lower_bound(hub_.keys.queue); it != hub_.etcd.keys().end();
         ++it) {
        if (it->first.compare(0, hub_.keys.queue.size(), hub_.keys.queue) != 0) break;
        if (it->second.value == member_name(m)) return it->first;
    }
    return {};
}

std::int64_t Simulation::lease_id(std::uint8_t m) const {
    return hub_.etcd.lease_of(hub_.keys.member(member_name(m)));
}

/// `bootstrap`: every member is registered and standby, and there is no record yet.
void Simulation::bootstrap() {
    if (hub_.etcd.get(hub_.keys.holder)) return;
    bool all = true;
    for (std::uint8_t m = 0; m < hub_.plan.members; ++m)
        all = all && hub_.etcd.get(hub_.keys.member(member_name(m))) &&
              members_[m].state.standby.confirmed;
    if (!all) {
        if (!healed_) hub_.schedule.add(hub_.now + 500ms, Job::kBootstrap);
        return;
    }
    model::HolderRecord record;
    record.state = model::HolderRecord::State::kDrained;
    record.hold = members_[0].policy.hold;
    record.quiesce = members_[0].policy.quiesce;
    record.gate = model::Gate{std::nullopt, members_[0].policy.settle};
    record.reason = "bootstrap";
    put(hub_.keys.holder, etcd::to_json(record));
}

void Simulation::heal() {
    if (hub_.story.told()) hub_.story.line(hub_.now, "HEAL", "every fault ends");
    for (std::uint32_t i = 0; i < fault_on_.size(); ++i) end_fault(i);
    healed_ = true;
    for (std::uint8_t m = 0; m < hub_.plan.members; ++m) {
        hub_.world->heal(m, hub_.now);
        hub_.links[m] = Link{};
        hub_.wall_step[m] = Duration{};
        node_.set_other_operator(m, false);
        node_.ports_changed(m);
        hub_.schedule.add(hub_.now + 2s, Job::kService, m);
    }
    remove(hub_.keys.control, etcd::prefix_end(hub_.keys.control));
    update_excuses();
}

}  // namespace elector::sim
