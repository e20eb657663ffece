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
    Kind{FaultKind::kDuplicates, "duplicates"},
    Kind{FaultKind::kDeleteCandidate, "delete_candidate"},
    Kind{FaultKind::kDeletePrefix, "delete_prefix"},
    Kind{FaultKind::kRestore, "restore"},
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
    Kind{FaultKind::kWallStep, "wall_step"},
    Kind{FaultKind::kNodeActive, "node_active"},
    Kind{FaultKind::kOperatorSet, "operator_set"},
    Kind{FaultKind::kOtherOperator, "other_operator"},
    Kind{FaultKind::kForeign, "foreign"},
    Kind{FaultKind::kReplaceStore, "replace_store"},
    Kind{FaultKind::kSameName, "same_name"},
    Kind{FaultKind::kPortClash, "port_clash"},
};
static_assert(kKinds.size() == kFaultKinds);

bool allowed(const Plan& plan, const Kind& kind, bool odd_ones) {
    if (kind.needs_guardian && !plan.guardian) return false;
    return kind.kind < FaultKind::kNodeActive || odd_ones;
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
    if (rng.chance(400)) fault.trigger = static_cast<Trigger>(1 + rng.below(kTriggers));
    fault.offset = rng.chance(500) ? rng.between(Duration{0}, Duration{20ms})
                                   : rng.between(Duration{0}, Duration{3s});
    if (fault.trigger == Trigger::kDeciding) fault.offset = rng.between(Duration{0}, 100us);
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
    const auto cut = rng.between(Duration{10s}, Duration{30s});
    add(kCuts[rng.below(kCuts.size())], base, cut);
    const auto loss = base + rng.between(Duration{-300ms}, Duration{600ms});
    const bool deleted = rng.chance(500);
    add(deleted ? FaultKind::kDeleteCandidate : FaultKind::kLeaseEarly, std::max(loss, Duration{0}),
        1s);
    if (rng.chance(700)) {
        const auto lasts = rng.between(Duration{5s}, Duration{20s});
        add(kSets[rng.below(kSets.size())], base, lasts);
        plan.faults.back().delay = rng.between(Duration{1500ms}, Duration{3400ms});
    }
    if (rng.chance(500)) {  // answers that come late, up to the cut
        add(FaultKind::kSlowStore, std::max(base - Duration{2s}, Duration{0}), 4s);
        plan.faults.back().delay = rng.between(Duration{300ms}, Duration{450ms});
    }
    if (!plan.guardian) return;
    if (rng.chance(500)) add(FaultKind::kSlowGuardian, base, 20s);
    if (rng.chance(400)) {
        const auto lasts = rng.between(Duration{1s}, Duration{8s});
        add(FaultKind::kFreezeElector, base + rng.between(Duration{0}, Duration{2s}), lasts);
    }
}

/// A fault on whoever leads, or on whoever is the cause of the trigger.
Fault& strike(Plan& plan, Rng& rng, FaultKind kind, Time at, Duration lasts,
              Trigger trigger = Trigger::kNothing, Duration offset = Duration{}) {
    auto fault = draw_fault(plan, rng, kind);
    fault.at = trigger == Trigger::kNothing ? at + offset : at;
    fault.trigger = trigger;
    fault.offset = offset;
    fault.at_cause = true;
    fault.lasts = lasts;
    plan.faults.push_back(fault);
    return plan.faults.back();
}

/// The edge of the edge: an activation that will land after the first deactivation has left, from a
/// leader that heard nothing since its claim, on a host that is as slow as A3 allows.
void draw_edge(Plan& plan, Rng& rng, Time from) {
    plan.fast = true;
    const auto soon = [&] { return rng.between(Duration{0}, Duration{20ms}); };
    strike(plan, rng, FaultKind::kLateSet, from, 20s, Trigger::kClaimed).delay =
        rng.between(Duration{2900ms}, Duration{3450ms});
    strike(plan, rng, FaultKind::kSlowGuardian, from, 20s, Trigger::kClaimed);
    strike(plan, rng, FaultKind::kPartition, from, 25s, Trigger::kActivating, soon());
    const bool deleted = rng.chance(500);
    strike(plan, rng, deleted ? FaultKind::kDeleteCandidate : FaultKind::kLeaseEarly, from, 1s,
           Trigger::kActivating, rng.between(Duration{0}, Duration{100ms}));
    // Nothing can be confirmed either: only the bounds of A4 are left.
    if (rng.chance(500))
        strike(plan, rng, FaultKind::kHangStatus, from, 25s, Trigger::kActivating, 25ms);
    if (plan.guardian && rng.chance(700))
        strike(plan, rng, FaultKind::kFreezeElector, from, 10s, Trigger::kActivating, soon());
}

/// Frozen between the decision to activate and the write, until long after the holding.
void draw_late_write(Plan& plan, Rng& rng, Time from) {
    const auto after = rng.between(Duration{0}, Duration{60us});
    const auto lasts = rng.between(Duration{5s}, Duration{15s});
    strike(plan, rng, FaultKind::kFreezeElector, from, lasts, Trigger::kDeciding, after);
}

void draw_cut_offs(Plan& plan, Rng& rng) {
    const auto begin = plan.start + rng.between(Duration{12s}, Duration{18s});
    for (const auto at : {begin, begin + 40s}) {
        if (rng.chance(400)) {
            // The leader of then makes way, so that there is a claim to wait for.
            strike(plan, rng, FaultKind::kSwitchover, at + 1s, 5s).number = 0;
            if (plan.guardian && rng.chance(300)) {
                draw_late_write(plan, rng, at);
            } else {
                draw_edge(plan, rng, at);
            }
        } else {
            draw_ambush(plan, rng, at, 10s);
        }
    }
    plan.heal_at = begin + 80s;
}

void draw_hand_overs(Plan& plan, Rng& rng) {
    static constexpr std::array kWays = {FaultKind::kSwitchover, FaultKind::kUnready,
                                         FaultKind::kShutdown, FaultKind::kNodeCrash,
                                         FaultKind::kNodeRestart};
    auto at = plan.start + rng.between(Duration{12s}, Duration{18s});
    // To and fro, with sets that land and are never answered.
    const bool hasty = rng.chance(300);
    for (std::uint8_t m = 0; hasty && m < plan.members; ++m) {
        auto& late = strike(plan, rng, FaultKind::kLateSet, at, 40s);
        late.at_cause = false;
        late.member = m;
    }
    for (int i = 0; i < 8; ++i) {
        at += hasty ? rng.between(Duration{300ms}, 4s) : rng.between(Duration{5s}, 12s);
        if (rng.chance(300))
            strike(plan, rng, FaultKind::kRefuseWeb3, at - 4s, rng.between(Duration{4s}, 12s));
        const auto lasts = rng.between(Duration{3s}, 6s);
        auto& fault = strike(plan, rng, kWays[rng.below(kWays.size())], at, lasts);
        if (fault.kind == FaultKind::kSwitchover) fault.number = 0;  // to the next in line
    }
    plan.heal_at = at + 10s;
}

/// An older elector comes to the head of the queue while the record says "unfenced", and goes.
void draw_foreign_over_unfenced(Plan& plan, Rng& rng, Time at) {
    for (auto& fault : plan.faults) fault.lasts = 110s;
    for (std::uint8_t m = 0; m < plan.members; ++m) {
        auto& unready = strike(plan, rng, FaultKind::kUnready, at - 6s, 33s);
        unready.at_cause = false;
        unready.member = m;
    }
    strike(plan, rng, FaultKind::kForeign, at + 2s, 22s).at_cause = false;
    strike(plan, rng, FaultKind::kPartition, at + 6s, 100s);
    plan.heal_at = at + 115s;
}

void draw_stuck(Plan& plan, Rng& rng) {
    static constexpr std::array kStuck = {FaultKind::kHungSet, FaultKind::kIgnoreSet,
                                          FaultKind::kHangStatus, FaultKind::kNodeFreeze};
    const auto at = plan.start + rng.between(Duration{14s}, Duration{25s});
    strike(plan, rng, kStuck[rng.below(kStuck.size())], at, 60s);
    strike(plan, rng, FaultKind::kSwitchover, at, 10s, Trigger::kNothing, 10ms).number = 0;
    if (rng.chance(400)) return draw_foreign_over_unfenced(plan, rng, at);
    strike(plan, rng, FaultKind::kPartition, at, 40s, Trigger::kNothing,
           rng.between(Duration{2s}, Duration{15s}));
    plan.heal_at = at + 65s;
}

/// Right after a hand-over the store forgets it, and whoever leads cannot be reached; others write
/// until no revision tells any more, and he who led before still owes a marker.
void draw_set_backs(Plan& plan, Rng& rng) {
    static constexpr std::array kLosses = {FaultKind::kRestore, FaultKind::kRestore,
                                           FaultKind::kRestore, FaultKind::kDeletePrefix};
    auto at = plan.start + rng.between(Duration{14s}, Duration{25s});
    for (int round = 0; round < 2; ++round) {
        if (rng.chance(700))
            strike(plan, rng, FaultKind::kPartition, at, rng.between(Duration{2s}, Duration{15s}));
        strike(plan, rng, FaultKind::kSwitchover, at, 5s).number = 0;
        const auto loss = at + rng.between(Duration{1s}, Duration{12s});
        strike(plan, rng, kLosses[rng.below(kLosses.size())], loss, 1s).delay =
            rng.between(Duration{50ms}, Duration{400ms});
        static constexpr std::array kBlind = {FaultKind::kRequestsLost, FaultKind::kRepliesLost,
                                              FaultKind::kPartition};
        for (std::uint8_t m = 0; m < plan.members; ++m) {
            if (rng.chance(400)) continue;
            const auto lasts = rng.between(Duration{1s}, Duration{8s});
            auto& blind = strike(plan, rng, kBlind[rng.below(kBlind.size())], loss + 1ms, lasts);
            blind.at_cause = false;
            blind.member = m;
        }
        for (auto writes = rng.below(12); writes > 0; --writes)
            strike(plan, rng, FaultKind::kPause, loss + rng.between(Duration{1s}, Duration{6s}),
                   100ms);
        at = loss + rng.between(Duration{20s}, Duration{45s});
    }
    plan.heal_at = at + 5s;
}

void draw_faults(Plan& plan, Rng& rng, bool odd_ones) {
    // Swarm: half of the kinds are off altogether, the others have weights.
    std::array<std::uint64_t, kFaultKinds> weight{};
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
        const bool on = allowed(plan, kKinds[i], odd_ones) && rng.chance(400);
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
    plan.heal_at = begin + window + 1s;
}

void draw(Plan& plan, Rng& rng, Theme theme) {
    switch (theme) {
        case Theme::kCutOff:
            return draw_cut_offs(plan, rng);
        case Theme::kHandOver:
            return draw_hand_overs(plan, rng);
        case Theme::kStuck:
            return draw_stuck(plan, rng);
        case Theme::kSetBack:
            return draw_set_backs(plan, rng);
        default:
            return draw_faults(plan, rng, theme == Theme::kOdd);
    }
}

void draw_nodes(Plan& plan, Rng& rng) {
    static constexpr std::array<std::uint32_t, 5> kProducers = {24, 24, 6, 3, 2};
    plan.chain.seed = rng.next();
    plan.chain.producers = kProducers[rng.below(kProducers.size())];
    plan.node.consensus_boot = rng.between(Duration{500ms}, Duration{8s});
    plan.node.admin_boot = plan.node.consensus_boot + rng.between(Duration{100ms}, Duration{4s});
    plan.node.start_delay = rng.between(Duration{2s}, Duration{10s});
}

constexpr std::array<std::string_view, 7> kThemes = {"swarm", "cut_off", "hand_over", "stuck",
                                                     "odd",   "calm",    "set_back"};

/// From dice of its own: the faults of a seed stay what they were.
void draw_fence(Plan& plan) {
    Rng rng(plan.seed * 0x9e3779b97f4a7c15ULL + 0x2545f491);
    static constexpr std::array kPlans = {FencePlan::kNone,  FencePlan::kNone,  FencePlan::kKills,
                                          FencePlan::kKills, FencePlan::kFails, FencePlan::kLies};
    plan.fence = kPlans[rng.below(kPlans.size())];
    plan.fence_takes = rng.between(Duration{10ms}, Duration{9s});
}

void keep_only(Plan& plan, const std::vector<std::size_t>& places) {
    std::vector<Fault> kept;
    for (const auto place : places)
        if (place < plan.faults.size()) kept.push_back(plan.faults[place]);
    plan.faults = std::move(kept);
}

}  // namespace

std::string_view name(Theme theme) { return kThemes[static_cast<std::size_t>(theme)]; }

std::optional<Theme> find_theme(std::string_view name) {
    for (std::size_t i = 0; i < kThemes.size(); ++i)
        if (kThemes[i] == name) return static_cast<Theme>(i);
    return std::nullopt;
}

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
    plan.front = options.front;
    plan.fast = rng.chance(500);
    plan.guardian = rng.chance(800);
    plan.web3 = rng.chance(800);
    plan.bootstrap = rng.chance(850);
    const bool ranked = rng.chance(200);
    draw_nodes(plan, rng);
    draw_fence(plan);
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
    const bool always = options.theme != Theme::kSwarm && options.theme != Theme::kOdd;
    plan.calm = options.theme == Theme::kCalm || (rng.chance(20) && !always);
    plan.heal_at = plan.start + 45s;
    if (!plan.calm) draw(plan, rng, options.theme);
    std::stable_sort(plan.faults.begin(), plan.faults.end(),
                     [](const Fault& a, const Fault& b) { return a.at < b.at; });
    if (options.keep) keep_only(plan, *options.keep);
    const auto policy = make_policy(plan, 0);
    // Unknown wait, a lease, everything relaxed, a node's start and its bar, and once more a wait.
    plan.bound = 2 * model::unknown_wait(policy) + policy.hold + 3 * policy.last_standing +
                 plan.node.admin_boot + policy.start_delay + 30s;
    plan.stable = 15s;
    return plan;
}

model::Policy make_policy(const Plan& plan, std::uint8_t member) {
    model::Policy p;
    p.member = member_name(member);
    p.instance = "boot-" + p.member + "/net/127.0.0.1:9009";
    p.queue_prefix = "/iotex-server/";
    p.version = "1";
    p.api_url = "http://" + p.member;
    p.priority = plan.hosts.empty() ? 0 : plan.hosts[member].priority;
    p.guardian = plan.guardian;
    p.fence = plan.fence != FencePlan::kNone;
    p.web3 = plan.web3;
    if (plan.front != 0) p.front = plan.front;
    if (plan.fast) {
        p.hold = 3s;
        p.renew = 600ms;
    }
    return p;
}

}  // namespace elector::sim
