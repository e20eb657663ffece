#include "report/groups.hpp"

#include <algorithm>
#include <utility>

#include "report/text.hpp"

namespace elector::report {
namespace json = boost::json;

namespace {

std::string trouble_of(const GroupStatus& g) {
    std::vector<std::string> all;
    if (g.exit_code != 0) all.push_back(g.verdict);
    if (g.local)
        for (const auto& alarm : g.local->alarms) all.push_back("alarm: " + alarm);
    if (!g.holder.foreign.empty() ||
        std::any_of(g.queue.begin(), g.queue.end(), [](const QueueEntry& q) { return q.foreign; }))
        all.emplace_back("an older elector or etcdctl is in the group");
    if (g.pause) all.push_back("paused: " + g.pause->why);
    const auto fit = std::count_if(g.members.begin(), g.members.end(), [](const auto& m) {
        return m.eligible && m.place != Place::kHolder;
    });
    if (g.exit_code == 0 && fit == 0) all.emplace_back("nobody could take over");
    std::string text;
    for (const auto& one : all) text += (text.empty() ? "" : "; ") + one;
    return text;
}

std::string state_of(const HolderStatus& h) {
    if (!h.there) return "";
    return h.readable ? std::string(word(h.state)) : "unreadable";
}

std::string counted(std::size_t n, const char* what) { return std::to_string(n) + " " + what; }

}  // namespace

GroupRow row_of(const std::string& group, const GroupStatus& g) {
    GroupRow row;
    row.group = group;
    row.key = g.key;
    row.state = state_of(g.holder);
    if (g.holder.there && g.holder.readable) {
        row.leader = g.holder.member;
        row.term = g.holder.term;
    }
    for (const auto& m : g.members) {
        if (m.place != Place::kNotRegistered) ++row.members;
        if (!row.leader.empty() && m.name == row.leader) row.node = m.node;
    }
    row.paused = g.pause.has_value();
    row.verdict = g.verdict;
    row.exit_code = g.exit_code;
    row.trouble = trouble_of(g);
    if (const auto& l = g.local)
        row.local = RowLocal{l->role, l->activity, l->alarms, l->resigned_unix_ms.has_value()};
    return row;
}

GroupsStatus groups_status(std::vector<GroupRow> rows) {
    const auto with = [&rows](int code) {
        return static_cast<std::size_t>(
            std::count_if(rows.begin(), rows.end(),
                          [code](const GroupRow& row) { return row.exit_code == code; }));
    };
    const auto one = with(0);
    const auto more = with(4);
    const auto none = rows.size() - one - more;
    GroupsStatus all;
    all.exit_code = more > 0 ? 4 : none > 0 ? 1 : 0;
    if (all.exit_code == 0) {
        all.verdict = "Each of " + counted(rows.size(), "groups") +
                      " has exactly one node that is verified active.";
    } else {
        all.verdict = "Of " + counted(rows.size(), "groups") + ", " + counted(one, "have") +
                      " exactly one node that is verified active" +
                      (none > 0 ? ", " + counted(none, "none") : "") +
                      (more > 0 ? ", " + counted(more, "more than one") : "") + ".";
    }
    all.rows = std::move(rows);
    return all;
}

json::object to_json(const GroupRow& row) {
    json::value node = nullptr;
    if (row.node) {
        json::value age = nullptr;
        if (row.node->age)
            age = std::chrono::duration_cast<std::chrono::milliseconds>(*row.node->age).count();
        node = {{"activity", json::string(word(row.node->activity))},
                {"age_ms", age},
                {"stale", !row.node->stale.empty()}};
    }
    json::value state = nullptr;
    if (!row.state.empty()) state = json::string(row.state);
    json::object object{{"group", row.group},        {"key", row.key},
                        {"leader", row.leader},      {"state", state},
                        {"term", row.term.value},    {"node", node},
                        {"members", row.members},    {"paused", row.paused},
                        {"verdict", row.verdict},    {"trouble", row.trouble},
                        {"exit_code", row.exit_code}};
    if (!row.local) return object;
    json::array alarms;
    for (const auto& alarm : row.local->alarms) alarms.emplace_back(alarm);
    object["local"] = {{"role", json::string(model::name(row.local->role))},
                       {"node", json::string(word(row.local->node))},
                       {"alarms", std::move(alarms)},
                       {"resigned", row.local->resigned}};
    return object;
}

json::object to_json(const GroupsStatus& all) {
    json::array groups;
    for (const auto& row : all.rows) groups.push_back(to_json(row));
    return {{"v", 1}, {"verdict", all.verdict}, {"exit_code", all.exit_code}, {"groups", groups}};
}

}  // namespace elector::report
