#include "report/group.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

#include "report/text.hpp"

namespace elector::report {
namespace {

using model::Duration;
using model::ElectionView;
using model::NodeActivity;
using State = model::HolderRecord::State;

/// A clock that is behind the writer's says nothing rather than something negative.
Duration since(std::int64_t now_unix_ms, std::int64_t then_unix_ms) {
    return std::chrono::milliseconds(std::max<std::int64_t>(0, now_unix_ms - then_unix_ms));
}

const Local* local_of(const GroupInput& in, const std::string& member) {
    return in.local && in.local->member == member ? &*in.local : nullptr;
}

/// Publications say when something changed; what is unchanged stands for as long as the member's
/// lease lives. So age alone makes nothing stale: what the member itself had not verified does, or
/// a reader that has lost etcd.
std::string stale_because(const model::Policy& p, const GroupInput& in,
                          const model::MemberEntry& entry, bool superseded) {
    if (superseded) return "published before the present holder record";
    if (in.since_read > stale_after(p))
        return "etcd was last read " + span_text(in.since_read) + " ago";
    if (entry.record.activity_age > stale_after(p))
        return "not verified for " + span_text(entry.record.activity_age) + " when published";
    return {};
}

NodeStatus node_of(const model::Policy& p, const GroupInput& in, const model::MemberEntry& entry) {
    const auto& r = entry.record;
    NodeStatus node{r.activity, std::nullopt, {}, false};
    if (const auto* local = local_of(in, r.name)) {
        node.activity = local->activity;
        if (node.activity == NodeActivity::kUnknown) return node;
        node.age = local->activity_age;
        if (local->activity_age > stale_after(p))
            node.stale = "not verified for " + span_text(local->activity_age);
        return node;
    }
    if (r.activity == NodeActivity::kUnknown) return node;
    // The same as the sentinel's: its member has been drained since, and could not say so.
    const auto& holder = in.view->holder;
    const bool holds = holder.record && holder.record->state != State::kDrained &&
                       holder.record->instance == r.instance;
    node.superseded = r.activity == NodeActivity::kActive && !holds && entry.mod < holder.mod;
    node.age = r.activity_age + in.since_read;
    if (r.unix_ms > 0 && in.now_unix_ms > 0)
        node.age = r.activity_age + since(in.now_unix_ms, r.unix_ms);
    node.stale = stale_because(p, in, entry, node.superseded);
    return node;
}

int place_in_queue(const ElectionView& view, const std::string& candidate_key) {
    const auto found =
        std::find_if(view.queue.begin(), view.queue.end(),
                     [&](const model::Candidate& c) { return c.key == candidate_key; });
    return found == view.queue.end() ? 0 : static_cast<int>(found - view.queue.begin()) + 1;
}

bool is_holder(const ElectionView& view, const model::MemberRecord& r) {
    const auto& record = view.holder.record;
    return record && record->state != State::kDrained && record->member == r.name &&
           record->instance == r.instance;
}

MemberStatus member_of(const model::Policy& p, const GroupInput& in,
                       const model::MemberEntry& entry) {
    const auto& r = entry.record;
    MemberStatus m;
    m.name = r.name;
    m.queue_place = place_in_queue(*in.view, r.candidate_key);
    m.place = is_holder(*in.view, r) ? Place::kHolder
              : m.queue_place > 0    ? Place::kCandidate
                                     : Place::kRegistered;
    m.node = node_of(p, in, entry);
    m.tip = r.tip;
    m.lag_blocks = r.lag_blocks;
    m.priority = r.priority;
    m.eligible = r.eligible;
    m.blocked_by = describe(r.blocked_by);
    m.operator_address = r.operator_address;
    m.version = r.version;
    m.api_url = r.api_url;
    return m;
}

/// Everybody with a record, and a holder without one.
std::vector<MemberStatus> members_of(const model::Policy& p, const GroupInput& in) {
    std::vector<MemberStatus> all;
    for (const auto& entry : in.view->members) all.push_back(member_of(p, in, entry));
    const auto& record = in.view->holder.record;
    const bool known = std::any_of(all.begin(), all.end(), [&](const MemberStatus& m) {
        return m.place == Place::kHolder || (record && m.name == record->member);
    });
    if (record && record->state != State::kDrained && !record->member.empty() && !known) {
        MemberStatus gone;
        gone.name = record->member;
        gone.place = Place::kHolder;
        gone.node.stale = "its member record is gone";
        gone.blocked_by = {describe(model::Blocker::kNotRegistered)};
        all.push_back(std::move(gone));
    }
    const auto rank = [](const MemberStatus& m) {
        return std::tuple(m.place != Place::kHolder, m.queue_place == 0, m.queue_place, m.name);
    };
    std::sort(all.begin(), all.end(),
              [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return all;
}

HolderStatus holder_of(const GroupInput& in) {
    HolderStatus h;
    const auto& stored = in.view->holder;
    h.there = stored.mod != model::Revision{};
    h.readable = stored.record.has_value();
    if (!h.readable) return h;
    const auto& r = *stored.record;
    h.state = r.state;
    h.term = r.term;
    h.member = r.member;
    h.reason = r.reason;
    h.foreign = r.foreign;
    h.key_there = model::find_created(*in.view, r.term) != nullptr;
    // A holding begins when the one before it has been recorded as ended; a marker is that record.
    const bool ended = r.state == State::kDrained;
    if (in.last && in.last->unix_ms > 0 &&
        (ended ? in.last->term == r.term : in.last->term < r.term))
        h.since_unix_ms = in.last->unix_ms;
    return h;
}

std::string names(const std::vector<std::string>& list) {
    std::string text;
    for (const auto& name : list) text += (text.empty() ? "" : " and ") + name;
    return text;
}

/// Who holds, though its node is not verified active.
std::string held_but_silent(const GroupStatus& g) {
    const auto& h = g.holder;
    const auto who = h.member + " holds the lead (term " + std::to_string(h.term.value) + ")";
    if (!g.maybe_active.empty()) {
        for (const auto& m : g.members)
            if (m.name == g.maybe_active.front())
                return m.name + " was last seen active, but that is stale: " + m.node.stale;
    }
    if (!h.key_there)
        return h.member +
               " held the lead and has vanished; its holding and its last round have "
               "to pass before another may take over";
    return who + " and its node is not verified active";
}

std::string why_nobody(const GroupStatus& g) {
    const auto& h = g.holder;
    if (!g.read) return "etcd could not be read";
    if (!h.foreign.empty())
        return "an older elector or etcdctl has led (" + h.foreign.front().value +
               "); its node has to be verified standby first";
    if (h.readable && h.state == State::kUnfenced)
        return "the node of " + h.member +
               " could not be confirmed standby; nobody takes over until it is, or until fence "
               "--confirmed-dead " +
               h.member;
    if (h.readable && h.state == State::kActive) return held_but_silent(g);
    if (g.pause) return "the election is paused, and nobody held the lead";
    if (g.members.empty()) return "no member is registered";
    const auto queued = std::find_if(g.queue.begin(), g.queue.end(),
                                     [](const QueueEntry& e) { return !e.foreign; });
    if (queued == g.queue.end()) return "no member is fit to lead";
    if (!h.readable)
        return "it is not known who signed last; " + queued->name +
               " takes over when the longest possible holding has passed";
    return queued->name + " is about to take over from " +
           (h.member.empty() ? std::string("nobody") : h.member);
}

void judge(GroupStatus& g) {
    for (const auto& m : g.members) {
        if (m.node.activity != NodeActivity::kActive) continue;
        if (m.node.stale.empty()) {
            g.verified_active.push_back(m.name);
        } else if (!m.node.superseded) {
            g.maybe_active.push_back(m.name);
        }
    }
    auto suspects = g.verified_active;
    suspects.insert(suspects.end(), g.maybe_active.begin(), g.maybe_active.end());
    if (suspects.size() > 1) {
        g.exit_code = 4;
        g.verdict = "More than one node is active: " + names(suspects) +
                    "; stop all but one of these nodes now.";
    } else if (g.verified_active.empty()) {
        g.exit_code = 1;
        g.verdict = "No node is verified active: " + why_nobody(g) + ".";
    } else {
        const auto& who = g.verified_active.front();
        const bool holds =
            g.holder.readable && g.holder.member == who && g.holder.state != State::kDrained;
        g.exit_code = 0;
        g.verdict =
            who + " is the only node verified active" +
            (holds ? " and holds the lead (term " + std::to_string(g.holder.term.value) + ")"
                   : std::string(", and does not hold the lead")) +
            (g.pause ? "; the election is paused." : ".");
    }
}

/// What the group says of a member that is not known to be leading.
void add_group_conditions(Explanation& e, const GroupInput& in, const MemberStatus* m) {
    using model::Blocker;
    const auto add = [&](Blocker blocker) {
        auto c = describe(blocker);
        if (std::find(e.because.begin(), e.because.end(), c) == e.because.end())
            e.because.push_back(std::move(c));
    };
    const auto& view = *in.view;
    const auto& record = view.holder.record;
    if (!m || m->place == Place::kNotRegistered) return add(Blocker::kNotRegistered);
    if (m->queue_place == 0) add(Blocker::kNotQueued);
    if (m->queue_place > 1) add(Blocker::kNotHead);
    if (view.pause) add(Blocker::kPaused);
    if (!record) return add(Blocker::kRecordUnknown);
    if (!record->foreign.empty()) return add(Blocker::kForeign);
    if (record->state == State::kUnfenced) return add(Blocker::kUnfenced);
    if (record->state == State::kDrained)
        return add(record->gate.tip ? Blocker::kGateHeight : Blocker::kGateTime);
    add(model::find_created(view, record->term) ? Blocker::kHeld : Blocker::kDirtyWait);
}

void add_resigned(Explanation& e, std::int64_t unix_ms) {
    e.because.insert(e.because.begin(),
                     Condition{"resigned",
                               "This member has resigned (" + utc_text(unix_ms) +
                                   "): it leaves the lead to others until rejoin.",
                               "Run rejoin on its host."});
}

std::string summary_of(const Explanation& e, const GroupStatus& g, const MemberStatus* m) {
    if (!g.read) return "Nothing can be said of " + e.member + ": etcd could not be read.";
    if (!m) return e.member + " is not registered in this group.";
    if (e.leads && m->node.activity == NodeActivity::kActive && m->node.stale.empty())
        return e.member + " leads: it holds the lead and its node is verified active.";
    if (e.leads) return e.member + " holds the lead, and its node is not verified active.";
    const auto leader = g.holder.readable && g.holder.state == State::kActive
                            ? "; " + g.holder.member + " holds the lead"
                            : std::string{};
    return e.member + " does not lead" + leader + ".";
}

}  // namespace

Duration stale_after(const model::Policy& p) { return 3 * p.poll_interval; }

GroupStatus group_status(const model::Policy& p, const GroupInput& in) {
    GroupStatus g;
    g.key = in.key;
    g.since_read = in.since_read;
    g.local = in.local;
    g.budget = in.budget;
    g.read = in.view.has_value();
    if (g.read) {
        const auto& view = *in.view;
        g.revision = view.revision;
        g.members = members_of(p, in);
        for (const auto& c : view.queue)
            g.queue.push_back({c.key, c.value, model::is_foreign(view, c)});
        g.holder = holder_of(in);
        if (view.pause) {
            g.pause = PauseStatus{view.pause->who, view.pause->why, std::nullopt};
            if (view.pause->until_unix_ms > 0 && in.now_unix_ms > 0)
                g.pause->expires_in = since(view.pause->until_unix_ms, in.now_unix_ms);
        }
        if (const auto& o = view.switchover)
            g.switchover = OrderStatus{o->to, o->who, o->why, o->term == g.holder.term};
    }
    judge(g);
    return g;
}

Explanation explain(const model::Policy& p, const GroupInput& in, const std::string& member) {
    const auto g = group_status(p, in);
    const auto found = std::find_if(g.members.begin(), g.members.end(),
                                    [&](const MemberStatus& m) { return m.name == member; });
    const auto* m = found == g.members.end() ? nullptr : &*found;
    Explanation e;
    e.member = member;
    e.leads = m && m->place == Place::kHolder;
    if (const auto* local = local_of(in, member)) {
        e.leads = local->role == model::Role::kLeader;
        if (!e.leads) e.because = describe(local->blockers);
        if (local->resigned_unix_ms) add_resigned(e, *local->resigned_unix_ms);
    } else if (g.read && !e.leads) {
        if (m) e.because = m->blocked_by;
        add_group_conditions(e, in, m);
    } else if (m && m->node.activity != NodeActivity::kActive) {
        e.because = m->blocked_by;
    }
    e.summary = summary_of(e, g, m);
    return e;
}

}  // namespace elector::report
