#include "report/json.hpp"

#include <chrono>

#include "report/text.hpp"

namespace elector::report {
namespace json = boost::json;

namespace {

std::int64_t ms(model::Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

json::value ms_or_null(const std::optional<model::Duration>& d) {
    return d ? json::value(ms(*d)) : json::value(nullptr);
}

json::value instant(const std::optional<std::int64_t>& unix_ms) {
    return unix_ms ? json::value(utc_text(*unix_ms)) : json::value(nullptr);
}

json::value number(int place) { return place > 0 ? json::value(place) : json::value(nullptr); }

json::value text(const std::string& s) { return json::value(s); }
json::value text(std::string_view s) { return json::value(json::string(s)); }

json::array strings(const std::vector<std::string>& list) {
    json::array all;
    for (const auto& item : list) all.push_back(text(item));
    return all;
}

json::array conditions(const std::vector<Condition>& list) {
    json::array all;
    for (const auto& c : list)
        all.push_back(
            {{"code", c.code}, {"sentence", c.sentence}, {"what_would_change_it", c.remedy}});
    return all;
}

json::object node(const NodeStatus& n) {
    return {{"activity", text(word(n.activity))},
            {"age_ms", ms_or_null(n.age)},
            {"stale", !n.stale.empty()},
            {"stale_because", n.stale.empty() ? json::value(nullptr) : text(n.stale)}};
}

json::object member(const MemberStatus& m) {
    return {{"name", m.name},
            {"role", text(word(m.place))},
            {"queue_place", number(m.queue_place)},
            {"node", node(m.node)},
            {"tip", m.tip ? json::value(m.tip->value) : json::value(nullptr)},
            {"lag_blocks", m.lag_blocks},
            {"priority", m.priority},
            {"eligible", m.eligible},
            {"blocked_by", conditions(m.blocked_by)},
            {"operator_address", m.operator_address},
            {"version", m.version},
            {"api", m.api_url}};
}

json::value holder(const HolderStatus& h) {
    if (!h.there) return nullptr;
    if (!h.readable) return json::object{{"state", "unreadable"}};
    json::array foreign;
    for (const auto& f : h.foreign) foreign.push_back({{"key", f.key}, {"name", f.value}});
    return json::object{{"state", text(word(h.state))},
                        {"term", h.term.value},
                        {"member", h.member},
                        {"reason", h.reason},
                        {"key_in_queue", h.key_there},
                        {"since", instant(h.since_unix_ms)},
                        {"foreign", foreign}};
}

json::value local(const std::optional<Local>& l) {
    if (!l) return nullptr;
    return json::object{
        {"member", l->member},
        {"role", text(model::name(l->role))},
        {"term", l->term.value},
        {"holding_remaining_ms", ms_or_null(l->holding_remaining)},
        {"blocked_by", conditions(describe(l->blockers))},
        {"node", {{"activity", text(word(l->activity))}, {"age_ms", ms(l->activity_age)}}},
        {"alarms", strings(l->alarms)},
        {"resigned", instant(l->resigned_unix_ms)},
        {"would", l->would ? json::value(*l->would) : json::value(nullptr)}};
}

json::value budget(const std::optional<Budget>& b) {
    if (!b) return nullptr;
    return json::object{{"profile", b->profile},
                        {"block_interval_ms", ms(b->block_interval)},
                        {"hold_ms", ms(b->hold)},
                        {"renew_ms", ms(b->renew)},
                        {"etcd_outage_survived_ms", ms(b->outage_survived)},
                        {"handover_ms", ms(b->handover)},
                        {"handover_at_most_ms", ms(b->handover_at_most)},
                        {"node_gone_ms", ms(b->node_gone)},
                        {"host_lost_ms", ms(b->host_lost)}};
}

json::object row(const HistoryRow& r) {
    return {{"revision", r.revision.value},
            {"at", instant(r.unix_ms)},
            {"term", r.term.value},
            {"from", r.from},
            {"to", r.to},
            {"reason", r.reason},
            {"sentence", r.sentence},
            {"actor", r.actor},
            {"held_ms", ms(r.held)},
            {"phases", {{"standby_ms", ms(r.standby)}, {"marker_ms", ms(r.marker)}}}};
}

}  // namespace

json::object to_json(const GroupStatus& g) {
    json::array members;
    for (const auto& m : g.members) members.push_back(member(m));
    json::array queue;
    for (const auto& q : g.queue)
        queue.push_back({{"key", q.key}, {"name", q.name}, {"foreign", q.foreign}});
    json::value pause = nullptr;
    if (g.pause)
        pause = {{"who", g.pause->who},
                 {"why", g.pause->why},
                 {"expires_in_ms", ms_or_null(g.pause->expires_in)}};
    json::value order = nullptr;
    if (const auto& o = g.switchover)
        order = {{"to", o->to}, {"who", o->who}, {"why", o->why}, {"current", o->current}};
    return {{"v", 1},
            {"key", g.key},
            {"verdict", g.verdict},
            {"exit_code", g.exit_code},
            {"verified_active", strings(g.verified_active)},
            {"maybe_active", strings(g.maybe_active)},
            {"read", g.read},
            {"read_age_ms", ms(g.since_read)},
            {"revision", g.revision.value},
            {"members", members},
            {"queue", queue},
            {"holder", holder(g.holder)},
            {"pause", pause},
            {"switchover", order},
            {"local", local(g.local)},
            {"budget", budget(g.budget)}};
}

json::object to_json(const Explanation& e) {
    return {{"v", 1},
            {"member", e.member},
            {"leads", e.leads},
            {"summary", e.summary},
            {"because", conditions(e.because)}};
}

json::object to_json(const std::vector<HistoryRow>& rows) {
    json::array all;
    for (const auto& r : rows) all.push_back(row(r));
    return {{"v", 1}, {"changes", all}};
}

}  // namespace elector::report
