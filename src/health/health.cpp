#include "health/health.hpp"

#include <algorithm>

namespace elector::health {
namespace {

void count(Hysteresis& h, bool ok, int fall, int rise) {
    if (ok == h.good) {
        h.streak = 0;
    } else if (++h.streak >= (h.good ? fall : rise)) {
        h.good = ok;
        h.streak = 0;
    }
}

/// A tip that has not moved for longer stands still. Heights from /metrics are refreshed every 10 s
/// only.
Duration still_after(const Health& h, const Policy& p) {
    return p.max_tip_age + (h.tip_exact ? Duration{} : Duration{10s});
}

/// A tip is learned up to a block and a poll after its time stamp, by which its age is judged: a
/// standing chain has to be known as such before its last block looks stale.
Duration stalled_after(const Health& h, const Policy& p) {
    return still_after(h, p) - p.block_interval - p.poll_interval;
}

const TipTrack* track_of(const Health& h, const std::string& name) {
    for (const auto& track : h.tips)
        if (same_key(track.name, name)) return &track;
    return nullptr;
}

void follow(Health& h, const std::string& name, Height tip, Instant now) {
    for (auto& track : h.tips) {
        if (!same_key(track.name, name)) continue;
        if (tip != track.tip) track = TipTrack{name, tip, now};
        return;
    }
    h.tips.push_back(TipTrack{name, tip, now});
}

/// The tip of those behind a crowd's front: one for all of them, which moves only when it rises. It
/// counts while somebody shows it.
void hear_behind(Health& h, const Policy& p, const ElectionView& view, Instant now) {
    auto& b = h.behind;
    if (view.revision < b.mod) b = Behind{};
    b.known = b.known && now - b.heard <= still_after(h, p);
    const auto& heard = view.crowd.heard;
    if (!heard || heard->mod <= b.mod || heard->record.name == p.member) return;
    b.mod = heard->mod;
    const auto tip = *heard->record.tip;
    if (b.known && tip < b.tip) return;
    if (tip > b.tip) b.moved = now;
    b.tip = tip;
    b.heard = now;
    b.known = true;
}

void judge_tip(Health& h, const Policy& p, const ElectionView& view, Instant now) {
    const auto best = best_known_tip(h);
    const auto height = h.tip.value_or(Height{});
    h.lag = best.value > height.value ? best.value - height.value : 0;
    const std::uint64_t slack = h.tip_exact ? 0 : 4;  // gauges are up to 10 s old
    count(h.near, h.lag <= p.max_lag + slack, p.fall, p.rise);
    if (h.lag >= 2 + slack) h.lag_bucket = 1;
    if (h.lag == 0) h.lag_bucket = 0;
    bool others_ahead = false;
    if (const auto* rival = moving_rival(h, p, view, now))
        others_ahead = rival->record.tip && *rival->record.tip > height;
    count(h.moving, !(height == h.last_checked_tip && others_ahead), p.fall, 1);
    h.last_checked_tip = height;
}

}  // namespace

void learn_ready(Health& h, const Policy& p, bool ready) { count(h.ready, ready, p.fall, p.rise); }

void learn_tip(Health& h, const Policy& p, const ElectionView& view, Instant now, Height tip,
               Duration age) {
    h.tip = tip;
    h.tip_exact = true;
    follow(h, p.member, tip, now);
    count(h.fresh, age <= p.max_tip_age, p.fall, p.rise);
    judge_tip(h, p, view, now);
}

void learn_no_tip(Health& h) { h.tip_exact = false; }

void learn_gauges(Health& h, const Policy& p, const ElectionView& view, Instant now,
                  std::optional<Height> tip, std::optional<Height> target) {
    h.target = target;
    if ((p.web3 && h.tip_exact) || !tip) return;
    h.tip = tip;  // no exact tip to be had: health only, never a gate
    h.tip_exact = false;
    follow(h, p.member, *tip, now);
    const auto* own = track_of(h, p.member);
    count(h.fresh, now - own->moved <= still_after(h, p), 1, 1);
    judge_tip(h, p, view, now);
}

void learn_no_gauges(Health& h) {
    if (!h.tip_exact) h.fresh.good = false;
}

void learn_members(Health& h, const Policy& p, const ElectionView& view, Instant now) {
    std::erase_if(h.tips, [&](const TipTrack& track) {
        return track.name != p.member && !find_member(view, track.name);
    });
    for (const auto& entry : view.members) {
        if (entry.record.tip && !same_key(entry.record.name, p.member))
            follow(h, entry.record.name, *entry.record.tip, now);
    }
    hear_behind(h, p, view, now);
    if (h.tip) follow(h, p.member, *h.tip, now);
}

void forget_node(Health& h) {
    forget_tip(h);
    h.ready = h.fresh = h.near = Hysteresis{};
}

void forget_tip(Health& h) { h.tip.reset(); }

Height best_known_tip(const Health& h) {
    Height best = h.tip.value_or(Height{});
    for (const auto& t : h.tips) best = std::max(best, t.tip);
    if (h.behind.known) best = std::max(best, h.behind.tip);
    if (h.target) best = std::max(best, *h.target);
    return best;
}

Blockers unfit(const Health& h, const Policy& p, Instant now) {
    Blockers b;
    const int dropped = h.relaxing.dropped;
    if (dropped < 1 && h.cooling.until && now < *h.cooling.until) b.add(Blocker::kCoolingDown);
    if (dropped < 2 && !h.ready.good) b.add(Blocker::kUnready);
    if (dropped < 3 && !h.near.good) b.add(Blocker::kLagging);
    if (dropped < 3 && !h.fresh.good && !chain_stalled(h, p, now)) b.add(Blocker::kStaleTip);
    return b;
}

Instant unfit_changes_at(const Health& h, const Policy& p, Instant now) {
    Instant at = kNever;
    const auto consider = [&](Instant t) {
        if (t > now) at = std::min(at, t);
    };
    if (h.cooling.until) consider(*h.cooling.until);
    for (const auto& t : h.tips) consider(t.moved + stalled_after(h, p) + 1ns);
    if (h.behind.known) consider(h.behind.moved + stalled_after(h, p) + 1ns);
    return at;
}

bool chain_stalled(const Health& h, const Policy& p, Instant now) {
    if (h.tips.empty()) return false;
    if (h.behind.known && now - h.behind.moved <= stalled_after(h, p)) return false;
    return std::all_of(h.tips.begin(), h.tips.end(),
                       [&](const TipTrack& t) { return now - t.moved > stalled_after(h, p); });
}

bool frozen(const Health& h) { return !h.moving.good && h.tip && h.last_checked_tip != Height{}; }

const MemberEntry* moving_rival(const Health& h, const Policy& p, const ElectionView& view,
                                Instant now) {
    const auto fresh = [&](Instant moved) { return now - moved <= still_after(h, p); };
    for (const auto& entry : view.members) {
        const auto& r = entry.record;
        const bool queued =
            view.crowd.cut ? !r.candidate_key.empty() : find_key(view, r.candidate_key) != nullptr;
        if (r.name == p.member || !r.eligible || !queued) continue;
        const auto* track = track_of(h, r.name);
        if (track && fresh(track->moved)) return &entry;
    }
    const auto& heard = view.crowd.heard;
    return heard && h.behind.known && fresh(h.behind.moved) ? &*heard : nullptr;
}

Duration cool_down(Health& h, const Policy& p, Instant now) {
    auto& c = h.cooling;
    if (c.next == Duration{} || now - c.healthy_since > p.cool_forget) c.next = p.cool_first;
    c.until = now + c.next;
    c.next = std::min(2 * c.next, p.cool_max);
    c.healthy_since = *c.until;
    return *c.until - now;
}

void stop_relaxing(Health& h) { h.relaxing = Relaxing{}; }

std::optional<std::string_view> relax(Health& h, const Policy& p, Instant now) {
    static constexpr std::string_view kDropped[] = {"cooling down", "readiness", "lag and tip age"};
    auto& r = h.relaxing;
    if (!r.since) r.since = now;
    if (now < relaxes_at(h, p)) return std::nullopt;
    return kDropped[r.dropped++];
}

Instant relaxes_at(const Health& h, const Policy& p) {
    const auto& r = h.relaxing;
    if (!r.since || r.dropped == 3) return kNever;
    return *r.since + (r.dropped + 1) * p.last_standing;
}

}  // namespace elector::health
