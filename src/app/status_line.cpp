#include "app/status_line.hpp"

#include "app/observation.hpp"
#include "core/takeover.hpp"

namespace elector::app {
using namespace core;

namespace {

std::string_view node_word(const State& s) {
    if (s.node.process.dead) return "dead";
    if (s.node.activity == NodeActivity::kActive) return "active";
    return s.node.activity == NodeActivity::kStandby ? "standby" : "unknown";
}

std::string lead(const State& s) {
    const auto term = std::to_string(s.holding.term.value);
    const bool active = s.holding.activation == Activation::kVerified;
    return (active ? "holds term " : "activates the node, term ") + term;
}

std::string let_go(const State& s) {
    if (!s.standby.confirmed && s.draining.unfenced_written)
        return "the node is not confirmed standby: UNFENCED, nobody may take over";
    return s.standby.confirmed ? "records that the node is standby" : "brings the node to standby";
}

/// Who leads, if another does.
std::string of_holder(const Policy& p, const State& s) {
    const auto& record = s.known.view.holder.record;
    if (!record || record->state == HolderRecord::State::kDrained) return {};
    if (record->member == p.member || record->member.empty()) return {};
    const bool active = record->state == HolderRecord::State::kActive;
    return "; " + record->member + (active ? " leads" : " is unfenced");
}

std::string wait(const Policy& p, const State& s, Instant now) {
    if (!s.known.read) return "etcd has not answered yet";
    const auto why = blocked_because(p, s, now);
    if (why.none()) return "takes over";
    return "waits (" + codes(why) + ")" + of_holder(p, s);
}

}  // namespace

std::string status_line(const Policy& p, const State& s, Instant now) {
    const auto who = std::string(p.observe ? "observer" : name(s.role));
    const auto line = who + ", node " + std::string(node_word(s)) + ": ";
    if (s.role == Role::kLeader) return line + lead(s);
    if (s.role == Role::kDraining) return line + let_go(s);
    if (p.observe) return line + "would " + observe(p, s, now).would;
    return line + wait(p, s, now);
}

}  // namespace elector::app
