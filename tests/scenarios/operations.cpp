// How the world carries out what the core asks for.
#include "etcd/records.hpp"
#include "model/overloaded.hpp"
#include "scenarios/world.hpp"

namespace elector::scenarios {
using namespace model;

namespace {

constexpr auto kStoreLatency = 2ms;
constexpr auto kStoreTimeout = 800ms;
constexpr auto kNodeLatency = 2ms;
constexpr auto kSetLatency = 6ms;
constexpr auto kSetTimeout = 3500ms;
constexpr auto kStatusTimeout = 5s;
constexpr auto kQueryTimeout = 1s;
constexpr auto kFenceLatency = 300ms;
constexpr auto kFenceTimeout = 10s;

template <class E>
concept Transaction = requires(const etcd::Keys& keys, const E& e) {
    etcd::to_txn(keys, e);
};

}  // namespace

void World::carry_out(const Effect& effect, const std::string& name, const Verdict& verdict) {
    const auto v = store_away && is_store(effect) ? Verdict{Verdict::Fate::kDropped, {}} : verdict;
    if (lease_operation(effect, name, v) || node_operation(effect, name, v) ||
        query_operation(effect, name, v) || fence_operation(effect, name, v))
        return;
    if (const auto* pin = std::get_if<PinCluster>(&effect)) policy.cluster = pin->cluster;
    if (const auto* watch = std::get_if<WatchElection>(&effect)) change_watch(*watch);
    if (const auto* arm = std::get_if<ArmGuardian>(&effect)) {
        if (v.fate == Verdict::Fate::kDropped) return;
        const GuardianArmed event{arm->op};
        return after(1ms, [this, event, life = life_] {
            if (life == life_) deliver(event, "", false);
        });
    }
    std::visit(
        [&](const auto& e) {
            if constexpr (Transaction<std::decay_t<decltype(e)>>) {
                const auto run = [this, e]() -> Event {
                    const auto reply = store.run(etcd::to_txn(keys, e));
                    if (!reply) return etcd::failed_event(e, StoreOutcome::kLeaseGone);
                    return etcd::to_event(keys, e, *reply);
                };
                launch({name, v, kStoreLatency, kStoreTimeout, run,
                        etcd::failed_event(e, StoreOutcome::kUnknown),
                        etcd::failed_event(e, StoreOutcome::kRefused)});
            }
        },
        effect);
}

bool World::lease_operation(const Effect& effect, const std::string& name, const Verdict& v) {
    const auto go = [&](auto e, std::function<Event()> run) {
        launch({name, v, kStoreLatency, kStoreTimeout, std::move(run),
                LeaseAnswered{e.op, StoreOutcome::kUnknown, {}},
                LeaseAnswered{e.op, StoreOutcome::kRefused, {}}});
        return true;
    };
    if (const auto* e = std::get_if<GrantLease>(&effect))
        return go(*e, [this, e = *e]() -> Event {
            store.grant(e.lease.value, e.ttl, now);
            after(e.ttl, [] {});
            return LeaseAnswered{e.op, StoreOutcome::kDone, e.ttl};
        });
    if (const auto* e = std::get_if<KeepLeaseAlive>(&effect))
        return go(*e, [this, e = *e]() -> Event {
            const auto ttl = store.keep_alive(e.lease.value, now);
            after(ttl, [] {});
            return LeaseAnswered{e.op, StoreOutcome::kDone, ttl};
        });
    const auto* e = std::get_if<RevokeLease>(&effect);
    if (!e) return false;
    launch({name, v, kStoreLatency, kStoreTimeout,
            [this, e = *e]() -> Event {
                const bool was = store.revoke(e.lease.value);
                return LeaseRevoked{e.op, was ? StoreOutcome::kDone : StoreOutcome::kLeaseGone};
            },
            LeaseRevoked{e->op, StoreOutcome::kUnknown},
            LeaseRevoked{e->op, StoreOutcome::kRefused}});
    return true;
}

bool World::node_operation(const Effect& effect, const std::string& name, const Verdict& v) {
    const auto set = [&](OpId op, bool activate) {
        const SetAnswered refused{op, NodeFailure::kRefused, true};
        launch({name, v, kSetLatency, kSetTimeout,
                [this, op, activate, refused, fate = v.fate]() -> Event {
                    if (!node.admin_open()) return refused;
                    if (fate != Verdict::Fate::kIneffective) node.set(activate, now);
                    return SetAnswered{op, NodeFailure::kNone, false};
                },
                SetAnswered{op, NodeFailure::kTimedOut, false}, refused});
        return true;
    };
    if (const auto* e = std::get_if<Deactivate>(&effect)) return set(e->op, false);
    if (const auto* e = std::get_if<Activate>(&effect)) {
        if (e->connection.value != connection_) trace.trouble(now, "another connection");
        return set(e->op, true);
    }
    const auto* e = std::get_if<QueryStatus>(&effect);
    if (!e) return false;
    if (e->fresh_connection) {
        ++connection_;
    }
    launch(
        {name, v, kNodeLatency, kStatusTimeout,
         [this, op = e->op]() -> Event {
             if (!node.admin_open()) return StatusRead{op, NodeFailure::kRefused, false, {}};
             return StatusRead{op, NodeFailure::kNone, node.active(now), ConnectionId{connection_}};
         },
         StatusRead{e->op, NodeFailure::kTimedOut, false, {}},
         StatusRead{e->op, NodeFailure::kRefused, false, {}}});
    return true;
}

/// The command kills the node; "ineffective" says that it has, "refused" and silence are failures.
bool World::fence_operation(const Effect& effect, const std::string& name, const Verdict& v) {
    const auto* e = std::get_if<RunFence>(&effect);
    if (!e) return false;
    const FenceAnswered failed{e->op, false};
    launch({name, v, kFenceLatency, kFenceTimeout,
            [this, op = e->op, fate = v.fate]() -> Event {
                if (fate != Verdict::Fate::kIneffective) {
                    node.running = node.flag = false;
                    node.quiet_at = {};
                    check_ports();
                }
                return FenceAnswered{op, true};
            },
            failed, failed});
    return true;
}

bool World::query_operation(const Effect& effect, const std::string& name, const Verdict& v) {
    const auto go = [&](std::function<Event()> run, const Event& failed, const Event& refused) {
        launch({name, v, kNodeLatency, kQueryTimeout, std::move(run), failed, refused});
        return true;
    };
    if (const auto* e = std::get_if<ReadReadiness>(&effect)) {
        const ReadinessRead refused{e->op, NodeFailure::kRefused, false};
        return go(
            [this, op = e->op, refused]() -> Event {
                if (!node.probe_open()) return refused;
                return ReadinessRead{op, NodeFailure::kNone, node.ready};
            },
            ReadinessRead{e->op, NodeFailure::kTimedOut, false}, refused);
    }
    if (const auto* e = std::get_if<ReadTip>(&effect)) {
        const TipRead refused{e->op, NodeFailure::kRefused, {}, {}};
        return go(
            [this, op = e->op, refused]() -> Event {
                if (!node.running || !node.web3) return refused;
                return TipRead{op, NodeFailure::kNone, Height{node.tip}, now - node.tip_time};
            },
            TipRead{e->op, NodeFailure::kTimedOut, {}, {}}, refused);
    }
    const auto* e = std::get_if<ReadMetrics>(&effect);
    if (!e) return false;
    const MetricsRead refused{e->op, NodeFailure::kRefused, {}, {}, {}};
    return go(
        [this, op = e->op, refused]() -> Event {
            if (!node.probe_open()) return refused;
            return MetricsRead{op, NodeFailure::kNone, Height{node.tip}, Height{height},
                               node.operator_address};
        },
        MetricsRead{e->op, NodeFailure::kTimedOut, {}, {}, {}}, refused);
}

}  // namespace elector::scenarios
