#include "cli/handover.hpp"

#include <chrono>
#include <cstdio>
#include <utility>

#include "etcd/records.hpp"
#include "orders/json.hpp"
#include "report/text.hpp"

namespace elector::cli {
namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using report::span_text;

namespace {

using State = model::HolderRecord::State;

constexpr auto kLookEvery = 100ms;
/// Beyond the order's own life and the longest hand-over.
constexpr auto kSlack = 10s;

std::int64_t ms(model::Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

std::string blocks(double count) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", count);
    return text;
}

/// Its node has been verified active since it wrote the record.
bool verified_since(const model::ElectionView& view) {
    const auto& record = *view.holder.record;
    const auto* key = model::find_created(view, record.term);
    const auto* owner = key ? model::owner_of(view, key->key) : nullptr;
    return owner && owner->record.instance == record.instance && owner->mod > view.holder.mod &&
           owner->record.activity == model::NodeActivity::kActive;
}

/// While the record is of the holder that the order speaks to.
Stage stage_before(const model::Policy& policy, const orders::Plan& plan,
                   const model::ElectionView& view) {
    const auto& record = *view.holder.record;
    if (record.state == State::kUnfenced)
        return {{},
                {},
                "the node of " + plan.from +
                    " could not be confirmed standby yet; nobody takes over before"};
    if (record.state == State::kDrained)
        return {{}, {}, plan.from + " has let go; " + plan.order.to + " takes over at the gate"};
    const bool ordered = view.switchover && view.switchover->term == plan.order.term;
    if (!ordered && orders::verified_holder(policy, view))
        return {Outcome::kNotObeyed, plan.from, "the order has ended, and its holder goes on"};
    return {{}, {}, plan.from + " brings its node to standby"};
}

asio::awaitable<std::optional<model::HistoryEntry>> ended(Session& session, model::Term term) {
    etcd::RangeOp op;
    op.key = session.keys.history_of(term);
    etcd::CallOptions options;
    options.timeout = 5s;
    const auto reply = co_await session.client().range(std::move(op), options);
    if (!reply || reply->kvs.empty()) co_return std::nullopt;
    co_return etcd::parse_history(reply->kvs.front().value);
}

asio::awaitable<HandOver> follow(Session& session, HandOver h, model::Duration patience,
                                 Progress& progress) {
    h.outcome = Outcome::kUnfinished;
    while (progress.elapsed() < patience) {
        const auto view = co_await session.look();
        if (view) {
            const auto stage = stage_of(session.policy, h.plan, *view);
            h.where = stage.words;
            h.leader = stage.leader;
            if (stage.end) {
                h.outcome = *stage.end;
                break;
            }
        } else {
            h.where = "etcd could not be read: " + etcd::to_string(view.error());
        }
        progress.show(h.where);
        co_await session.pause(kLookEvery);
    }
    h.total = progress.elapsed();
    h.history = co_await ended(session, h.plan.order.term);
    co_return h;
}

std::string row(const std::string& label, model::Duration typical, model::Duration at_most) {
    auto text = "  " + label;
    text.resize(34, ' ');
    return text + "about " + span_text(typical) + ", " + span_text(at_most) + " at most\n";
}

std::string phases_text(const HandOver& h) {
    std::string text;
    if (h.history) {
        if (h.history->reason != "switchover")
            text += "The holding of " + h.plan.from + " ended by " + h.history->reason +
                    ", not by the order.\n";
        text += "held " + span_text(h.history->held) + ", standby after " +
                span_text(h.history->standby) + ", marker " + span_text(h.history->marker) +
                " later, " + h.leader + " active " + span_text(h.take_over()) + " after that; ";
    }
    return text + "total " + span_text(h.total) + "\n";
}

}  // namespace

std::string_view word(Outcome outcome) {
    switch (outcome) {
        case Outcome::kRefused:
            return "refused";
        case Outcome::kPlanned:
            return "planned";
        case Outcome::kVerified:
            return "verified";
        case Outcome::kElsewhere:
            return "elsewhere";
        case Outcome::kNotObeyed:
            return "not_obeyed";
        case Outcome::kUnfinished:
            return "unfinished";
        case Outcome::kUnreachable:
            return "unreachable";
    }
    return "refused";
}

model::Duration HandOver::take_over() const {
    if (!history) return total;
    return std::max(model::Duration{}, total - history->standby - history->marker);
}

Stage stage_of(const model::Policy& policy, const orders::Plan& plan,
               const model::ElectionView& view) {
    const auto& record = view.holder.record;
    if (!record || record->term < plan.order.term)
        return {{}, {}, "the holder record is not the one that was handed over"};
    if (record->term == plan.order.term) return stage_before(policy, plan, view);
    const auto& who = record->member;
    if (record->state != State::kActive) return {{}, {}, who + " has led and let go again"};
    if (!verified_since(view))
        return {{}, {}, who + " holds the lead; its node is being activated"};
    const auto end = who == plan.order.to ? Outcome::kVerified : Outcome::kElsewhere;
    return {end, who, who + " leads, its node is verified active"};
}

asio::awaitable<HandOver> plan_hand_over(Session& session, std::string to, std::string why) {
    HandOver h;
    const auto view = co_await session.look();
    if (!view) {
        h.outcome = Outcome::kUnreachable;
        h.where = etcd::to_string(view.error()) +
                  "; nothing was changed; this goes through etcd: look at etcd.endpoints and at "
                  "etcd";
        co_return h;
    }
    auto judged = orders::judge(session.policy, *view, {std::move(to), actor(), std::move(why)});
    h.plan = std::move(judged.plan);
    h.refusals = std::move(judged.refusals);
    h.outcome = h.refusals.empty() ? Outcome::kPlanned : Outcome::kRefused;
    co_return h;
}

asio::awaitable<HandOver> make_hand_over(Session& session, const config::Config& config, HandOver h,
                                         Progress& progress) {
    const auto expected = orders::expected(config, h.plan);
    progress.begin(expected.total());
    const auto placed = co_await session.desk().place(h.plan.order, h.plan.basis);
    if (!placed) {
        h.outcome = Outcome::kUnreachable;
        h.where = etcd::to_string(placed.error()) +
                  (placed.error().outcome_unknown
                       ? "; it may have been ordered: look with status"
                       : "; nothing was changed; this goes through etcd: look at etcd.endpoints "
                         "and at etcd");
        co_return h;
    }
    if (!placed->done) {
        h.outcome = Outcome::kRefused;
        h.refusals = {{"changed", "The group has changed while it was being ordered.",
                       "Nothing was changed; run the command again."}};
        co_return h;
    }
    const auto patience = orders::kOrderTtl + expected.total_at_most() + kSlack;
    auto followed = co_await follow(session, std::move(h), patience, progress);
    progress.clear();
    co_await session.desk().withdraw(placed->lease);
    co_return followed;
}

std::string plan_text(const HandOver& h, const config::Config& config) {
    const auto e = orders::expected(config, h.plan);
    const auto block = config.node.block_interval;
    auto text = "Plan: " + h.plan.from + " (term " + std::to_string(h.plan.order.term.value) +
                ") hands over to " + h.plan.order.to + ".\n";
    for (const auto& name : h.plan.ahead) text += "  " + name + " makes way first\n";
    text += row("node of " + h.plan.from + " to standby", e.standby, e.standby_at_most);
    text += row("gate, then " + h.plan.order.to + " active", e.gate, e.gate_at_most);
    text += row("together", e.total(), e.total_at_most());
    std::string missed = "  expected missed blocks";
    missed.resize(34, ' ');
    return text + missed + blocks(orders::missed_blocks(e.total(), block)) + ", " +
           blocks(orders::missed_blocks(e.total_at_most(), block)) +
           " at most (a delegate proposes once a minute or so)\n";
}

std::string refusal_text(const HandOver& h) {
    std::string text = "cannot hand over";
    if (h.outcome == Outcome::kUnreachable) return text + ": " + h.where;
    for (const auto& r : h.refusals)
        text += "\n  " + r.sentence + " (" + r.code + ")\n    " + r.remedy;
    return text + "\nNothing was changed.";
}

std::string end_text(const HandOver& h) {
    const auto& to = h.plan.order.to;
    switch (h.outcome) {
        case Outcome::kVerified:
            return to + " leads, and its node is verified active.\n" + phases_text(h);
        case Outcome::kElsewhere:
            return "The lead went to " + h.leader + ", not to " + to +
                   "; its node is verified active. Look with history why.\n" + phases_text(h);
        case Outcome::kNotObeyed:
            return h.plan.from + " still leads: the order was not obeyed within " +
                   span_text(orders::kOrderTtl) +
                   " and has ended. Its log says why (switchover_refused).\n";
        default:
            return "Nobody was verified active within " + span_text(h.total) + ": " + h.where +
                   ". Look with status.\n";
    }
}

json::object to_json(const HandOver& h, const config::Config& config) {
    const bool planned = h.refusals.empty() && h.outcome != Outcome::kUnreachable;
    json::value phases = nullptr;
    if (h.history)
        phases = {{"held_ms", ms(h.history->held)},
                  {"standby_ms", ms(h.history->standby)},
                  {"marker_ms", ms(h.history->marker)},
                  {"take_over_ms", ms(h.take_over())},
                  {"total_ms", ms(h.total)}};
    return {{"v", 1},
            {"outcome", json::string(word(h.outcome))},
            {"plan", planned ? json::value(orders::to_json(h.plan, config)) : json::value(nullptr)},
            {"refusals", orders::to_json(h.refusals)},
            {"leader", h.leader.empty() ? json::value(nullptr) : json::value(h.leader)},
            {"detail", h.where.empty() ? json::value(nullptr) : json::value(h.where)},
            {"phases", phases}};
}

}  // namespace elector::cli
