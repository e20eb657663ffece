#include "report/many.hpp"

#include <boost/json.hpp>

#include "report/text.hpp"

namespace elector::report {
namespace json = boost::json;

namespace {

using State = model::HolderRecord::State;

/// The gravest first.
std::string trouble_of(const GroupStatus& g) {
    constexpr int kTwoActive = 4;
    if (g.exit_code == kTwoActive || !g.read) return g.verdict;
    if (g.holder.readable && g.holder.state == State::kUnfenced)
        return "The node of " + g.holder.member +
               " could not be confirmed standby: nobody takes over until it is.";
    if (g.local && !g.local->alarms.empty()) return "Alarm: " + g.local->alarms.front() + ".";
    if (g.exit_code != 0) return g.verdict;
    if (g.pause) return "Paused by " + g.pause->who + ": " + g.pause->why;
    return {};
}

json::value or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value local_of(const std::optional<Local>& l) {
    if (!l) return nullptr;
    json::array alarms;
    for (const auto& alarm : l->alarms) alarms.emplace_back(alarm);
    return json::object{{"role", json::string(model::name(l->role))},
                        {"node", json::string(word(l->activity))},
                        {"alarms", std::move(alarms)},
                        {"resigned", l->resigned_unix_ms.has_value()}};
}

}  // namespace

Brief brief(const std::string& group, const GroupStatus& g) {
    Brief b;
    b.group = group;
    b.key = g.key;
    b.exit_code = g.exit_code;
    b.verdict = g.verdict;
    if (g.holder.there) b.state = g.holder.readable ? word(g.holder.state) : "unreadable";
    if (g.holder.readable && g.holder.state == State::kActive) b.leader = g.holder.member;
    if (g.holder.readable) b.term = g.holder.term;
    b.verified_active = g.verified_active;
    b.trouble = trouble_of(g);
    b.local = g.local;
    return b;
}

json::object to_json(const Brief& b) {
    json::array active;
    for (const auto& name : b.verified_active) active.emplace_back(name);
    return {{"group", b.group},
            {"key", b.key},
            {"exit_code", b.exit_code},
            {"verdict", b.verdict},
            {"leader", or_null(b.leader)},
            {"state", or_null(b.state)},
            {"term", b.term.value},
            {"verified_active", std::move(active)},
            {"trouble", or_null(b.trouble)},
            {"local", local_of(b.local)}};
}

int exit_code_of_all(int so_far, const Brief& next) {
    constexpr int kTwoActive = 4;
    if (so_far == kTwoActive || next.exit_code == kTwoActive) return kTwoActive;
    return so_far != 0 || next.exit_code != 0 ? 1 : 0;
}

}  // namespace elector::report
