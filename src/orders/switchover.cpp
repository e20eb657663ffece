#include "orders/switchover.hpp"

#include <algorithm>

#include "config/budget.hpp"
#include "etcd/records.hpp"
#include "report/group.hpp"
#include "report/text.hpp"

namespace elector::orders {
namespace {

using model::ElectionView;
using model::MemberEntry;
using model::Policy;
using report::Condition;
using State = model::HolderRecord::State;

Condition refusal(std::string code, std::string sentence, std::string next) {
    return {std::move(code), std::move(sentence), std::move(next)};
}

/// "The member is lagging (lagging). …"
std::string sentences(const MemberEntry& entry) {
    std::string text;
    for (const auto& c : report::describe(entry.record.blocked_by))
        text += " " + c.sentence + " (" + c.code + ")";
    return text;
}

std::string remedies(const MemberEntry& entry) {
    std::string text;
    for (const auto& c : report::describe(entry.record.blocked_by))
        text += (text.empty() ? "" : " ") + c.remedy;
    return text.empty() ? "See its log." : text;
}

const MemberEntry* holder_of(const ElectionView& view) {
    const auto& record = view.holder.record;
    const auto* key = record ? model::find_created(view, record->term) : nullptr;
    const auto* entry = key ? model::owner_of(view, key->key) : nullptr;
    return entry && entry->record.instance == record->instance ? entry : nullptr;
}

/// What the record says of who leads.
void judge_record(const Policy& p, const ElectionView& view, std::vector<Condition>& out) {
    const auto& stored = view.holder;
    if (stored.mod == model::Revision{})
        return out.push_back(
            refusal("no_record", "Nobody has led this group yet, so there is nobody to hand over.",
                    "Start the electors; bootstrap skips the wait of a first start."));
    if (!stored.record)
        return out.push_back(
            refusal("record_unreadable", "The holder record cannot be read: who leads is unknown.",
                    "Wait: the members bring the group to a known state by themselves; look with "
                    "status."));
    const auto& r = *stored.record;
    if (!r.foreign.empty())
        return out.push_back(refusal(
            "foreign", "An older elector or etcdctl has led (" + r.foreign.front().value + ").",
            "Stop it and start this elector's service on its host; look with status."));
    if (r.state == State::kUnfenced)
        return out.push_back(
            refusal("unfenced", "The node of " + r.member + " could not be confirmed standby.",
                    "Start the elector of " + r.member +
                        " again, or see that its node cannot sign and run fence --confirmed-dead " +
                        r.member + "."));
    if (r.state == State::kDrained)
        return out.push_back(refusal(
            "nobody_leads",
            r.member.empty() ? std::string("Nobody has led since bootstrap.")
                             : "Nobody leads: " + r.member + " has let go.",
            "Wait until the next member leads; explain says on its host what it waits for."));
    if (!model::find_created(view, r.term))
        return out.push_back(refusal(
            "holder_gone", r.member + " held the lead and has vanished.",
            "Wait: the next member takes over when its last holding and round have passed."));
    if (!verified_holder(p, view))
        out.push_back(refusal("holder_unverified",
                              r.member + " holds the lead and its node is not verified active.",
                              "Wait until status says that it is; if it has just taken over, that "
                              "takes seconds."));
}

void judge_orders(const ElectionView& view, std::vector<Condition>& out) {
    if (view.pause)
        out.push_back(refusal(
            "paused", "The election is paused by " + view.pause->who + ": " + view.pause->why + ".",
            "Run resume first, or wait until the pause expires."));
    const auto& record = view.holder.record;
    const auto& order = view.switchover;
    if (!order || !record || order->term != record->term) return;
    out.push_back(refusal("order_pending",
                          "A switchover to " +
                              (order->to.empty() ? std::string("whoever is next") : order->to) +
                              " was ordered by " + order->who + " and is under way.",
                          "Look with status; an order that is not obeyed goes away within 30 s."));
}

/// Whoever can be led to: in the queue, fit, and not behind.
bool can_follow(const Policy& p, const ElectionView& view, const MemberEntry& entry) {
    return entry.record.eligible && entry.record.lag_blocks <= p.max_lag &&
           model::find_key(view, entry.record.candidate_key);
}

const MemberEntry* next_in_line(const Policy& p, const ElectionView& view,
                                const MemberEntry* holder) {
    for (const auto& c : view.queue) {
        const auto* owner = model::owner_of(view, c.key);
        if (owner && owner != holder && can_follow(p, view, *owner)) return owner;
    }
    return nullptr;
}

Condition nobody(const Policy& p, const ElectionView& view, const MemberEntry* holder) {
    std::string who;
    for (const auto& entry : view.members) {
        if (&entry == holder) continue;
        auto why = sentences(entry);
        if (why.empty() && entry.record.lag_blocks > p.max_lag)
            why = " It lags by " + std::to_string(entry.record.lag_blocks) + " blocks.";
        if (why.empty()) why = " It is not in the queue.";
        who += " " + entry.record.name + ":" + why;
    }
    return refusal("nobody_else", "No other member is fit to lead." + who,
                   who.empty() ? "Start another member's elector."
                               : "Run explain on the host of one of them, and do what it says.");
}

/// What speaks against this very member.
void judge_target(const Policy& p, const ElectionView& view, const MemberEntry& target,
                  std::vector<Condition>& out) {
    const auto& r = target.record;
    if (!r.eligible)
        out.push_back(refusal("target_unfit", r.name + " is not fit to lead:" + sentences(target),
                              remedies(target)));
    if (!model::find_key(view, r.candidate_key) && r.eligible)
        out.push_back(refusal("target_not_queued", r.name + " is not in the queue.",
                              "Wait a moment: a fit member queues by itself; look with status."));
    if (r.eligible && r.lag_blocks > p.max_lag)
        out.push_back(refusal("target_lags",
                              r.name + " lags by " + std::to_string(r.lag_blocks) + " blocks, " +
                                  std::to_string(p.max_lag) + " are allowed (health.max_lag).",
                              "Wait until its node has caught up."));
}

const MemberEntry* find_target(const Policy& p, const ElectionView& view, const Request& request,
                               std::vector<Condition>& out) {
    const auto* holder = holder_of(view);
    const auto& record = view.holder.record;
    const MemberEntry* target = nullptr;
    if (request.to.empty()) {
        target = next_in_line(p, view, holder);
        if (!target) out.push_back(nobody(p, view, holder));
        return target;
    }
    target = model::find_member(view, request.to);
    if (record && record->state == State::kActive && record->member == request.to) {
        out.push_back(refusal("target_leads", request.to + " holds the lead already.",
                              "Nothing is left to do; look with status."));
    } else if (!target) {
        std::string names;
        for (const auto& m : view.members) names += (names.empty() ? "" : ", ") + m.record.name;
        out.push_back(
            refusal("target_unknown", "There is no member " + request.to + " in this group.",
                    names.empty() ? std::string("Start its elector; no member is registered.")
                                  : "Name one of " + names + ", or start its elector."));
    } else {
        judge_target(p, view, *target, out);
    }
    return target;
}

/// Whoever stands between the holder and the target.
void plan_way(const ElectionView& view, const MemberEntry& target, Judgement& j) {
    const auto& term = j.plan.order.term;
    if (!view.queue.empty() && view.queue.front().create != term)
        j.refusals.push_back(refusal(
            "head_taken",
            "The head of the queue is not the holder's key but " + view.queue.front().value + "'s.",
            "Look with status; stop whatever is not of this group."));
    bool passed = false;
    for (const auto& c : view.queue) {
        passed = passed || c.key == target.record.candidate_key;
        if (c.create == term) continue;
        if (model::is_foreign(view, c)) {
            j.plan.foreign_waits = true;
            if (!passed)
                j.refusals.push_back(refusal(
                    "foreign_ahead",
                    "An older elector or etcdctl (" + c.value + ") stands before " +
                        target.record.name +
                        " in the queue; it would be elected, and knows no waiting.",
                    "Stop the older elector; or delete " + c.key + " if nothing runs there."));
        } else if (!passed) {
            j.plan.ahead.push_back(c.value);
        }
    }
}

}  // namespace

const MemberEntry* verified_holder(const Policy& p, const ElectionView& view) {
    const auto& record = view.holder.record;
    if (!record || record->state != State::kActive || !record->foreign.empty()) return nullptr;
    const auto* entry = holder_of(view);
    if (!entry || entry->record.activity != model::NodeActivity::kActive) return nullptr;
    return entry->record.activity_age <= report::stale_after(p) ? entry : nullptr;
}

Judgement judge(const Policy& policy, const ElectionView& view, const Request& request) {
    Judgement j;
    judge_record(policy, view, j.refusals);
    judge_orders(view, j.refusals);
    const auto* target = find_target(policy, view, request, j.refusals);
    if (view.holder.record) {
        j.plan.from = view.holder.record->member;
        j.plan.order.term = view.holder.record->term;
    }
    j.plan.order.to = target ? target->record.name : request.to;
    j.plan.order.who = request.who;
    j.plan.order.why = request.why;
    if (!target || !j.refusals.empty()) return j;
    const auto* key = model::find_key(view, target->record.candidate_key);
    j.plan.basis.holder_mod = view.holder.mod;
    j.plan.basis.key = key->key;
    j.plan.basis.create = key->create;
    if (view.switchover) j.plan.basis.stale = view.switchover->mod;
    plan_way(view, *target, j);
    return j;
}

etcd::Txn to_txn(const etcd::Keys& keys, const model::SwitchoverOrder& order, const Basis& basis,
                 std::int64_t lease) {
    using etcd::Compare;
    const auto is = [](const std::string& key, Compare::Target what, model::Revision number) {
        return Compare{key, what, Compare::Result::kEqual, number.value, {}};
    };
    etcd::Txn txn;
    txn.compares = {is(keys.holder, Compare::Target::kMod, basis.holder_mod),
                    is(basis.key, Compare::Target::kCreate, basis.create),
                    is(keys.pause, Compare::Target::kCreate, {}),
                    is(keys.switchover, Compare::Target::kMod, basis.stale)};
    txn.then_ops = {etcd::PutOp{keys.switchover, etcd::to_json(order), lease}};
    return txn;
}

Expected expected(const config::Config& config, const Plan& plan) {
    const auto budget = config::budget_of(config);
    const bool blind = config.node.web3_mode == config::Web3Mode::kOff;
    Expected e{};
    e.standby = budget.drain_typical;
    e.standby_at_most = budget.drain_healthy;
    e.gate = blind ? budget.gate_without_tip : budget.gate_with_tip;
    e.gate_at_most = budget.gate_without_tip;
    if (plan.foreign_waits) {
        e.standby += config.election.settle;
        e.standby_at_most += config.election.settle;
    }
    return e;
}

double missed_blocks(model::Duration silence, model::Duration block_interval) {
    return std::chrono::duration<double>(silence) /
           std::chrono::duration<double>(block_interval * kProducers);
}

}  // namespace elector::orders
