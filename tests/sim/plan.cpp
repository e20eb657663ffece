#include "sim/plan.hpp"

#include <algorithm>
#include <array>

namespace elector::sim {
namespace {

struct Kind {
    FaultKind kind;
    std::string_view name;
    bool needs_guardian = false;  ///< without one nobody demotes the node
};

constexpr std::array kKinds = {
    Kind{FaultKind::kPartition, "partition"},
    Kind{FaultKind::kRequestsLost, "requests_lost"},
    Kind{FaultKind::kRepliesLost, "replies_lost"},
    Kind{FaultKind::kLossy, "lossy"},
    Kind{FaultKind::kSlowStore, "slow_store"},
    Kind{FaultKind::kLateStore, "late_store"},
    Kind{FaultKind::kWatchCut, "watch_cut"},
    Kind{FaultKind::kWatchLag, "watch_lag"},
    Kind{FaultKind::kEtcdOutage, "etcd_outage"},
    Kind{FaultKind::kEtcdElection, "etcd_election"},
    Kind{FaultKind::kLeaseEarly, "lease_early"},
    Kind{FaultKind::kLeaseLate, "lease_late"},
    Kind{FaultKind::kStaleKeepAlive, "stale_keep_alive"},
    Kind{FaultKind::kStoreRefuses, "store_refuses"},
    Kind{FaultKind::kDeleteCandidate, "delete_candidate"},
    Kind{FaultKind::kDeletePrefix, "delete_prefix"},
    Kind{FaultKind::kPause, "pause"},
    Kind{FaultKind::kSwitchover, "switchover"},
    Kind{FaultKind::kReload, "reload"},
    Kind{FaultKind::kKillElector, "kill_elector", true},
    Kind{FaultKind::kFreezeElector, "freeze_elector", true},
    Kind{FaultKind::kKillGuardian, "kill_guardian", true},
    Kind{FaultKind::kFreezeGuardian, "freeze_guardian", true},
    Kind{FaultKind::kSlowGuardian, "slow_guardian", true},
    Kind{FaultKind::kHostLoss, "host_loss"},
    Kind{FaultKind::kHostFreeze, "host_freeze"},
    Kind{FaultKind::kShutdown, "shutdown"},
    Kind{FaultKind::kNodeCrash, "node_crash"},
    Kind{FaultKind::kNodeRestart, "node_restart"},
    Kind{FaultKind::kNodeFreeze, "node_freeze"},
    Kind{FaultKind::kSlowSet, "slow_set"},
    Kind{FaultKind::kLateSet, "late_set"},
    Kind{FaultKind::kHungSet, "hung_set"},
    Kind{FaultKind::kIgnoreSet, "ignore_set"},
    Kind{FaultKind::kHangStatus, "hang_status"},
    Kind{FaultKind::kRefuseAdmin, "refuse_admin"},
    Kind{FaultKind::kRefuseWeb3, "refuse_web3"},
    Kind{FaultKind::kUnready, "unready"},
    Kind{FaultKind::kFreezeHeight, "freeze_height"},
    Kind{FaultKind::kIsolate, "isolate"},
    Kind{FaultKind::kChainStall, "chain_stall"},
    Kind{FaultKind::kNodeActive, "node_active"},
    Kind{FaultKind::kForeign, "foreign"},
};
static_assert(kKinds.size() == kFaultKinds);

bool allowed(const Plan& plan, const Kind& kind, bool residual) {
    if (kind.needs_guardian && !plan.guardian) return false;
    const bool odd = kind.kind == FaultKind::kNodeActive || kind.kind == FaultKind::kForeign;
    return !odd || residual;
}

/// Short ones, long ones, and those in between alike.
Duration draw_length(Rng& rng) {
    static constexpr std::array<Duration, 6> kEdges = {100ms, 500ms, 2s, 5s, 12s, 30s};
    const auto i = rng.below(kEdges.size() - 1);
    return rng.between(kEdges[i], kEdges[i + 1]);
}

Fault draw_fault(const Plan& plan, Rng& rng, FaultKind kind) {
    Fault fault;
    fault.kind = kind;
    fault.lasts = draw_length(rng);
    fault.member = static_cast<std::uint8_t>(rng.below(plan.members));
    fault.at_cause = rng.chance(500);
    if (rng.chance(400)) fault.trigger = static_cast<Trigger>(1 + rng.below(4));
    fault.offset = rng.chance(500) ? rng.between(Duration{0}, Duration{20ms})
                                   : rng.between(Duration{0}, Duration{3s});
    fault.delay = rng.between(Duration{50ms}, Duration{1500ms});
    fault.number = rng.next();
    return fault;
}

/// The schedule that the waits are made for: the leader is cut off and cannot know that its key is
/// gone, and when its holding ends everything on its host is as slow as it may be.
void draw_ambush(Plan& plan, Rng& rng, Time from, Duration window) {
    const auto strike = from + rng.between(Duration{0}, window);
    const auto victim = static_cast<std::uint8_t>(rng.below(plan.members));
    static constexpr std::array kTriggers = {Trigger::kNothing, Trigger::kActivating,
                                             Trigger::kClaimed};
    const auto trigger = kTriggers[rng.below(kTriggers.size())];
    const auto add = [&](FaultKind kind, Duration after, Duration lasts) {
        Fault fault = draw_fault(plan, rng, kind);
        fault.at = trigger == Trigger::kNothing ? strike + after : strike;
        fault.offset = after;
        fault.trigger = trigger;
        fault.member = victim;
        fault.at_cause = true;
        fault.lasts = lasts;
        fault.delay = rng.between(Duration{800ms}, Duration{1500ms});
        plan.faults.push_back(fault);
    };
    static constexpr std::array kCuts = {FaultKind::kPartition, FaultKind::kRepliesLost,
                                         FaultKind::kRequestsLost};
    static constexpr std::array kSets = {FaultKind::kSlowSet, FaultKind::kLateSet};
    const auto base = rng.between(Duration{0}, Duration{6s});
    add(kCuts[rng.below(kCuts.size())], base, rng.between(Duration{10s}, Duration{30s}));
    const auto loss = base + rng.between(Duration{-300ms}, Duration{600ms});
    const bool deleted = rng.chance(500);
    add(deleted ? FaultKind::kDeleteCandidate : FaultKind::kLeaseEarly, std::max(loss, Duration{0}),
        1s);
    if (rng.chance(700)) {
        add(kSets[rng.below(kSets.size())], base, rng.between(Duration{5s}, Duration{20s}));
        plan.faults.back().delay = rng.between(Duration{1500ms}, Duration{3400ms});
    }
    if (rng.chance(500)) {  // answers that come late, up to the cut
        add(FaultKind::kSlowStore, std::max(base - Duration{2s}, Duration{0}), 4s);
        plan.faults.back().delay = rng.between(Duration{300ms}, Duration{450ms});
    }
    if (!plan.guardian) return;
    if (rng.chance(500)) add(FaultKind::kSlowGuardian, base, 20s);
    if (rng.chance(400))
        add(FaultKind::kFreezeElector, base + rng.between(Duration{0}, Duration{2s}),
            rng.between(Duration{1s}, Duration{8s}));
}

void draw_ambushes(Plan& plan, Rng& rng) {
    const auto begin = plan.start + rng.between(Duration{12s}, Duration{18s});
    draw_ambush(plan, rng, begin, 10s);
    draw_ambush(plan, rng, begin + 40s, 10s);
    std::sort(plan.faults.begin(), plan.faults.end(),
              [](const Fault& a, const Fault& b) { return a.at < b.at; });
    plan.heal_at = begin + 80s;
}

void draw_faults(Plan& plan, Rng& rng, bool residual) {
    // Swarm: half of the kinds are off altogether, the others have weights.
    std::array<std::uint64_t, kFaultKinds> weight{};
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        const bool on = allowed(plan, kKinds[i], residual) && rng.chance(400);
        weight[i] = on ? 1 + rng.below(10) : 0;
        total += weight[i];
    }
    if (total == 0) return;
    const auto count = 1 + rng.below(rng.chance(500) ? 8 : 24);
    const auto window = rng.between(Duration{15s}, Duration{60s});
    const auto begin = plan.start + rng.between(Duration{2s}, plan.bootstrap ? Duration{18s} : 45s);
    for (std::uint64_t i = 0; i < count; ++i) {
        auto ticket = rng.below(total);
        std::size_t kind = 0;
        while (ticket >= weight[kind]) ticket -= weight[kind++];
        auto fault = draw_fault(plan, rng, kKinds[kind].kind);
        fault.at = begin + rng.between(Duration{0}, window);
        if (i > 0 && rng.chance(400)) {  // troubles come in company
            const auto& last = plan.faults.back();
            fault.trigger = last.trigger;
            fault.at = last.at;
            if (last.trigger == Trigger::kNothing)
                fault.at +=
                    rng.between(Duration{0}, std::min<Duration>(4s, begin + window - last.at));
            fault.member = last.member;
            fault.at_cause = last.at_cause;
        }
        plan.faults.push_back(fault);
    }
    if (rng.chance(350)) draw_ambush(plan, rng, begin, window);
    std::sort(plan.faults.begin(), plan.faults.end(),
              [](const Fault& a, const Fault& b) { return a.at < b.at; });
    plan.heal_at = begin + window + 1s;
}

void draw_nodes(Plan& plan, Rng& rng) {
    static constexpr std::array<std::uint32_t, 5> kProducers = {24, 24, 6, 3, 2};
    plan.chain.seed = rng.next();
    plan.chain.producers = kProducers[rng.below(kProducers.size())];
    plan.node.consensus_boot = rng.between(Duration{500ms}, Duration{8s});
    plan.node.admin_boot = plan.node.consensus_boot + rng.between(Duration{100ms}, Duration{4s});
    plan.node.start_delay = rng.between(Duration{2s}, Duration{10s});
}

}  // namespace

std::string_view name(FaultKind kind) { return kKinds[static_cast<std::size_t>(kind)].name; }

std::string member_name(std::uint8_t member) {
    return std::string(1, static_cast<char>('a' + member));
}

Plan make_plan(const Options& options) {
    Plan plan;
    Rng rng(options.seed * 0x9e3779b97f4a7c15ULL + 0x5bd1e995);
    plan.seed = options.seed;
    const auto drawn = 2 + rng.below(3);
    plan.members =
        static_cast<std::uint8_t>(options.members ? options.members : static_cast<int>(drawn));
    plan.fast = rng.chance(500);
    plan.guardian = rng.chance(800);
    plan.web3 = rng.chance(800);
    plan.bootstrap = rng.chance(850);
    const bool ranked = rng.chance(200);
    draw_nodes(plan, rng);
    plan.start = 100s + rng.between(Duration{0}, Duration{10s});
    for (std::uint8_t m = 0; m < plan.members; ++m) {
        HostPlan host;
        host.clock.offset = rng.between(Duration{1s}, Duration{1000s});
        host.clock.ppm =
            rng.chance(300) ? (rng.chance(500) ? 5000 : -5000) : rng.between(-5000, 5000);
        host.wall_skew = rng.between(Duration{-250ms}, Duration{250ms});
        host.priority = ranked ? static_cast<int>(rng.below(3)) : 0;
        plan.hosts.push_back(host);
    }
    plan.calm = !options.faults || rng.chance(20);
    plan.heal_at = plan.start + 45s;
    if (options.ambush) {
        plan.calm = false;
        draw_ambushes(plan, rng);
    } else if (!plan.calm) {
        draw_faults(plan, rng, options.residual);
    }
    const auto policy = make_policy(plan, 0);
    // Unknown wait, a lease, everything relaxed, a node's start and its bar, and once more a wait.
    plan.bound = 2 * core::unknown_wait(policy) + policy.hold + 3 * policy.last_standing +
                 plan.node.admin_boot + policy.start_delay + 30s;
    plan.stable = 15s;
    return plan;
}

core::Policy make_policy(const Plan& plan, std::uint8_t member) {
    core::Policy p;
    p.member = member_name(member);
    p.instance = "boot-" + p.member + "/net/127.0.0.1:9009";
    p.queue_prefix = "/iotex-server/";
    p.version = "1";
    p.api_url = "http://" + p.member;
    p.priority = plan.hosts.empty() ? 0 : plan.hosts[member].priority;
    p.guardian = plan.guardian;
    p.web3 = plan.web3;
    if (plan.fast) {
        p.hold = 3s;
        p.renew = 600ms;
    }
    return p;
}

}  // namespace elector::sim
