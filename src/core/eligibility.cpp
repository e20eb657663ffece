#include "core/eligibility.hpp"

#include <algorithm>

namespace elector::core {
namespace {

/// Heights from /metrics are refreshed every 10 s only.
Duration gauge_age(const State& s) { return s.node.tip_exact ? Duration{} : Duration{10s}; }

}  // namespace

bool other_cluster(const Policy& p, const State& s) {
    return p.cluster != 0 && s.known.read && s.known.view.cluster_id != p.cluster;
}

bool standby_certain(const State& s) {
    if (!s.standby.confirmed || s.node.activity != NodeActivity::kStandby) return false;
    return !s.standby.dead && !s.node.dead;
}

bool chain_stalled(const Policy& p, const State& s, Instant now) {
    if (s.known.tips.empty()) return false;
    // A tip is learned up to a block and a poll after its time stamp, by which its age is judged: a
    // standing chain has to be known as such before its last block looks stale.
    const auto window = p.max_tip_age + gauge_age(s) - p.block_interval - p.poll_interval;
    return std::all_of(s.known.tips.begin(), s.known.tips.end(),
                       [&](const TipTrack& t) { return now - t.moved > window; });
}

bool tip_stands(const Policy& p, const State& s, Instant now) {
    const auto window = p.max_tip_age + gauge_age(s);
    return std::any_of(s.known.tips.begin(), s.known.tips.end(), [&](const TipTrack& t) {
        return t.name == p.member && now - t.moved > window;
    });
}

const MemberEntry* moving_rival(const Policy& p, const State& s, Instant now) {
    const auto window = p.max_tip_age + gauge_age(s);
    for (const auto& entry : s.known.view.members) {
        const auto& r = entry.record;
        if (r.name == p.member || !r.eligible || !find_key(s.known.view, r.candidate_key)) continue;
        const auto track = std::find_if(s.known.tips.begin(), s.known.tips.end(),
                                        [&](const TipTrack& t) { return t.name == r.name; });
        if (track != s.known.tips.end() && now - track->moved <= window) return &entry;
    }
    return nullptr;
}

Height best_known_tip(const State& s) {
    Height best = s.node.tip.value_or(Height{});
    for (const auto& t : s.known.tips) best = std::max(best, t.tip);
    if (s.node.target) best = std::max(best, *s.node.target);
    return best;
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
    if (s.node.dead) b.add(Blocker::kNodeDead);
    if (!standby_certain(s)) b.add(Blocker::kStandbyUnconfirmed);
    if (s.node.barred_until && now < *s.node.barred_until) b.add(Blocker::kBarred);
    if (s.node.address_told) b.add(Blocker::kOperatorAddress);
    if (s.relaxed < 1 && s.cooling.until && now < *s.cooling.until) b.add(Blocker::kCoolingDown);
    if (s.relaxed < 2 && !s.node.ready.good) b.add(Blocker::kUnready);
    if (s.relaxed < 3 && !s.node.near.good) b.add(Blocker::kLagging);
    if (s.relaxed < 3 && !s.node.fresh.good && !chain_stalled(p, s, now)) b.add(Blocker::kStaleTip);
    return b;
}

Instant unfit_changes_at(const Policy& p, const State& s, Instant now) {
    Instant at = kNever;
    const auto consider = [&](Instant t) {
        if (t > now) at = std::min(at, t);
    };
    if (s.node.barred_until) consider(*s.node.barred_until);
    if (s.cooling.until) consider(*s.cooling.until);
    const auto window = p.max_tip_age + gauge_age(s) - p.block_interval - p.poll_interval;
    for (const auto& t : s.known.tips) consider(t.moved + window + 1ns);
    return at;
}

}  // namespace elector::core
