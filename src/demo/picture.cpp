#include "demo/picture.hpp"

#include <algorithm>

#include "core/takeover.hpp"

namespace elector::demo {
namespace {

using model::Blocker;
using model::Duration;
using model::Instant;

/// The view of the store of whoever has read the newest.
const model::ElectionView& newest_view(const World& world) {
    const auto* newest = &world.member(0).state().known.view;
    for (std::size_t i = 1; i < World::kMembers; ++i) {
        const auto& view = world.member(i).state().known.view;
        if (view.revision > newest->revision) newest = &view;
    }
    return *newest;
}

std::size_t place_of(const model::ElectionView& view, const std::string& key) {
    for (std::size_t i = 0; i < view.queue.size(); ++i) {
        if (view.queue[i].key == key) return i + 1;
    }
    return 0;
}

/// The one reason, of several, that says most: first what is wrong with the node, then who is
/// ahead.
std::optional<Blocker> main_blocker(model::Blockers blocked) {
    const auto first_in = [&](Blocker from, Blocker to) -> std::optional<Blocker> {
        for (int b = static_cast<int>(from); b <= static_cast<int>(to); ++b) {
            if (blocked.has(static_cast<Blocker>(b))) return static_cast<Blocker>(b);
        }
        return std::nullopt;
    };
    if (const auto unfit = first_in(Blocker::kShuttingDown, Blocker::kNotQueued)) return unfit;
    if (blocked.has(Blocker::kHeld)) return Blocker::kHeld;
    return first_in(Blocker::kNotHead, Blocker::kOwnRecord);
}

std::string_view draining_sentence(const core::State& s) {
    const auto from = s.draining.own_record ? model::Role::kFollower : model::Role::kLeader;
    const auto* row = model::find_transition(from, model::Role::kDraining, s.draining.cause);
    return row != nullptr ? row->sentence : std::string_view{};
}

void explain(const app::Member& member, Instant now, MemberRow& row) {
    const auto& s = member.state();
    const auto& policy = member.policy();
    if (s.role == model::Role::kLeader) {
        const bool active = s.holding.activation == core::Activation::kVerified;
        row.why = active ? "Leads." : "Activating its node.";
        return;
    }
    if (s.role == model::Role::kDraining) {
        row.why = draining_sentence(s);
        return;
    }
    const auto blocker = main_blocker(core::blocked_because(policy, s, now));
    if (!blocker) {
        row.why = "Claiming the lead.";
        return;
    }
    row.why = model::sentence(*blocker);
    auto until = model::kNever;
    if (*blocker == Blocker::kCoolingDown && s.health.cooling.until)
        until = *s.health.cooling.until;
    if (*blocker == Blocker::kBarred && s.node.barred_until) until = *s.node.barred_until;
    const auto judgement = core::judge_record(policy, s, now);
    if (!judgement.open && judgement.because == *blocker) until = judgement.at;
    if (until != model::kNever) row.wait = std::max(until - now, Duration{});
}

std::string fault_of(const World& world, std::size_t i) {
    if (world.dead(i)) return "node killed";
    if (world.is_cut_off(i)) return "cut off etcd";
    return world.unready(i) ? "node reports 503" : "";
}

MemberRow row_of(const World& world, std::size_t i, Instant now) {
    const auto& s = world.member(i).state();
    MemberRow row;
    row.name = member_name(i);
    row.role = s.role;
    row.node = s.node.activity;
    row.node_dead = s.node.process.dead;
    if (s.node.activity != model::NodeActivity::kUnknown) row.node_age = now - s.node.status_at;
    if (s.health.tip) row.tip = s.health.tip->value;
    if (s.holding.held()) {
        row.term = s.holding.term.value;
        if (s.role == model::Role::kLeader)
            row.holding_left = std::max(s.holding.valid_until - now, Duration{});
    }
    if (s.session.create != model::Revision{})
        row.queue = place_of(newest_view(world), s.session.key);
    row.fault = fault_of(world, i);
    explain(world.member(i), now, row);
    return row;
}

}  // namespace

Picture picture_of(const World& world) {
    const auto now = world.now();
    Picture p;
    p.profile = world.profile();
    p.etcd = world.etcd().endpoint();
    p.running = now - world.began();
    if (world.ready()) {
        for (std::size_t i = 0; i < World::kMembers; ++i)
            p.members.push_back(row_of(world, i, now));
    }
    const auto& meter = world.meter();
    if (meter.current() && (meter.current()->ordered || meter.current()->decided))
        p.under_way = meter.current();
    for (const auto& h : meter.ended()) {
        if (h.kind == Kind::kFirst) continue;
        p.last = h;
        ++p.handovers;
    }
    p.signatures = world.ledger().signatures();
    p.double_signatures = world.ledger().double_signatures();
    for (const auto& h : world.happenings()) p.happenings.push_back(h);
    p.began = world.began();
    return p;
}

}  // namespace elector::demo
