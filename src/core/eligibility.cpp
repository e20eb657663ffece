#include "core/eligibility.hpp"

#include <algorithm>

namespace elector::core {

bool other_cluster(const Policy& p, const State& s) {
    return p.cluster != 0 && s.known.read && s.known.view.cluster_id != p.cluster;
}

bool standby_certain(const State& s) {
    if (!s.standby.confirmed || s.node.activity != NodeActivity::kStandby) return false;
    return !s.standby.dead && !s.node.process.dead;
}

std::string group_address(const Policy& p, const State& s) {
    const MemberEntry* first = nullptr;
    for (const auto& entry : s.known.view.members) {
        if (entry.record.name == p.member || entry.record.operator_address.empty()) continue;
        if (!first || entry.create < first->create) first = &entry;
    }
    return first ? first->record.operator_address : std::string{};
}

Blockers unfit_because(const Policy& p, const State& s, Instant now) {
    Blockers b;
    if (s.shutting_down) b.add(Blocker::kShuttingDown);
    if (p.observe) b.add(Blocker::kObserving);
    if (p.nofailover) b.add(Blocker::kNoFailover);
    if (other_cluster(p, s)) b.add(Blocker::kOtherCluster);  // SAFETY: S20
    if (s.guardian_lost) b.add(Blocker::kGuardianDown);
    if (p.fence_missing) b.add(Blocker::kFenceMissing);
    if (s.draining.fence.slot.busy()) b.add(Blocker::kFenceRuns);  // SAFETY: S28
    if (s.node.process.dead) b.add(Blocker::kNodeDead);
    if (!standby_certain(s)) b.add(Blocker::kStandbyUnconfirmed);
    if (s.node.barred_until && now < *s.node.barred_until) b.add(Blocker::kBarred);
    if (s.node.address_told) b.add(Blocker::kOperatorAddress);
    b.add(health::unfit(s.health, p, now));
    return b;
}

Instant unfit_changes_at(const Policy& p, const State& s, Instant now) {
    const auto at = health::unfit_changes_at(s.health, p, now);
    const bool barred = s.node.barred_until && now < *s.node.barred_until;
    return barred ? std::min(at, *s.node.barred_until) : at;
}

}  // namespace elector::core
