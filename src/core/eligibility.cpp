#include "core/eligibility.hpp"

#include <algorithm>
#include <array>

namespace elector::core {
namespace {

struct BlockerRow {
    Blocker blocker;
    std::string_view code;
    std::string_view sentence;
};

constexpr std::array kRows = {
    BlockerRow{Blocker::kShuttingDown, "shutting_down", "This member is shutting down."},
    BlockerRow{Blocker::kObserving, "observing", "member.mode is observe: this member only looks."},
    BlockerRow{Blocker::kNoFailover, "nofailover",
               "member.nofailover is set: this member never leads."},
    BlockerRow{Blocker::kOtherCluster, "other_cluster",
               "etcd is not the cluster that this host has pinned, or the pin cannot be read."},
    BlockerRow{Blocker::kGuardianDown, "guardian_down", "The guardian does not answer."},
    BlockerRow{Blocker::kNodeDead, "node_dead", "The node process is gone."},
    BlockerRow{Blocker::kStandbyUnconfirmed, "standby_unconfirmed",
               "The node is not verified standby."},
    BlockerRow{Blocker::kBarred, "seen_active",
               "The node was seen active on its own; it has to stay standby for a while first."},
    BlockerRow{Blocker::kOperatorAddress, "operator_address",
               "The node signs with another operator address than the group's."},
    BlockerRow{Blocker::kCoolingDown, "cooling_down",
               "This member gave up the lead and is cooling down."},
    BlockerRow{Blocker::kUnready, "unready", "The node's readiness probe does not say ready."},
    BlockerRow{Blocker::kStaleTip, "stale_tip", "The node's newest block is too old."},
    BlockerRow{Blocker::kLagging, "lagging", "The node is behind the best known tip."},
    BlockerRow{Blocker::kNotRegistered, "not_registered", "This member has no lease in etcd yet."},
    BlockerRow{Blocker::kNotQueued, "not_queued", "This member is not in the queue."},
    BlockerRow{Blocker::kNotHead, "not_head", "Another candidate is ahead in the queue."},
    BlockerRow{Blocker::kPaused, "paused", "The election is paused: nobody may claim."},
    BlockerRow{Blocker::kRecordUnread, "record_unread", "The holder record could not be read yet."},
    BlockerRow{Blocker::kRecordUnknown, "record_unknown",
               "It is not known who signed last; the longest possible holding has to pass."},
    BlockerRow{Blocker::kHeld, "held", "Another member holds the lead."},
    BlockerRow{
        Blocker::kDirtyWait, "dirty_wait",
        "The last holder vanished without a word; its holding and its last round have to pass."},
    BlockerRow{Blocker::kGateHeight, "gate_height",
               "The last holder is standby; the next block has to arrive first."},
    BlockerRow{Blocker::kGateTime, "gate_time",
               "The last holder is standby; its last round has to pass first."},
    BlockerRow{Blocker::kUnfenced, "unfenced",
               "The last holder's node could not be confirmed standby; nobody may take over."},
    BlockerRow{Blocker::kForeign, "foreign",
               "An older elector or etcdctl has led; its node has to be verified standby first."},
    BlockerRow{Blocker::kOwnRecord, "own_record",
               "The holder record names this node from an earlier run; it is being drained."},
};
static_assert(kRows.size() == kBlockerCount);

/// Heights from /metrics are refreshed every 10 s only.
Duration gauge_age(const State& s) { return s.node.tip_exact ? Duration{} : Duration{10s}; }

}  // namespace

std::string_view code(Blocker blocker) { return kRows[static_cast<std::size_t>(blocker)].code; }
std::string_view sentence(Blocker blocker) {
    return kRows[static_cast<std::size_t>(blocker)].sentence;
}

std::string codes(Blockers blockers) {
    std::string text;
    for (const auto& row : kRows) {
        if (!blockers.has(row.blocker)) continue;
        if (!text.empty()) text += ',';
        text += row.code;
    }
    return text;
}

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
