// Fault orders and the state document of the host.
#include <algorithm>
#include <array>
#include <string_view>

#include "simnode/host/core.hpp"

namespace elector::simnode {
namespace {

namespace json = boost::json;

std::string_view text(MachineState s) {
    constexpr std::array<std::string_view, 5> words{
        "initial", "accept_block", "accept_proposal_endorsements", "accept_lock_endorsements",
        "accept_commit_endorsements"};
    return words[static_cast<std::size_t>(s)];
}

std::string_view text(PortState s) {
    constexpr std::array<std::string_view, 3> words{"open", "refused", "silent"};
    return words[static_cast<std::size_t>(s)];
}

json::object json_of(const NodePorts& p) {
    return {{"admin", p.admin}, {"probe", p.probe}, {"web3", p.web3}};
}

}  // namespace

std::string HostCore::fault(const FaultOrder& order) {
    if (stopped_) return "the host has stopped";
    const Instant t = catch_up();
    std::string error = apply(order, t);
    world_.advance(t);
    publish();
    arm();
    return error;
}

std::string HostCore::apply(const FaultOrder& o, Instant t) {
    if (o.kind == "chain_stall") {
        if (o.ms <= 0) return "chain_stall needs ms";
        world_.stall_chain(t, t + std::chrono::milliseconds(o.ms));
        return {};
    }
    if (o.kind == "delegate_on" || o.kind == "delegate_off") {
        world_.set_delegate(o.kind == "delegate_on", t);
        return {};
    }
    if (o.node >= size()) return "there is no such node";
    if (apply_to_process(o, t) || apply_to_node(o, t)) return {};
    return "unknown kind of fault: " + o.kind;
}

bool HostCore::apply_to_process(const FaultOrder& o, Instant t) {
    const NodeIndex n = o.node;
    const std::string& k = o.kind;
    if (k == "crash") return world_.crash(n, t), true;
    if (k == "lose_host") return world_.lose_host(n, t), true;
    if (k == "terminate") return world_.terminate(n, t), true;
    if (k == "freeze") return world_.freeze(n, t), true;
    if (k == "thaw") return world_.thaw(n, t), true;
    const bool active = k == "restart_active";
    if (k != "restart" && !active && k != "restart_standby") return false;
    // A restart of a running process is seen from outside: its ports close first.
    if (world_.view(n, t).running) {
        world_.crash(n, t);
        publish();
    }
    world_.restart(n, t, k == "restart" ? std::nullopt : std::optional(active));
    return true;
}

bool HostCore::apply_to_node(const FaultOrder& o, Instant t) {
    const NodeIndex n = o.node;
    const std::string& k = o.kind;
    const Duration d = std::chrono::milliseconds(o.ms);
    if (k == "unready") return world_.force_unready(n, true, t), true;
    if (k == "ready") return world_.force_unready(n, false, t), true;
    if (k == "frozen_height") return world_.freeze_height(n, true, t), true;
    if (k == "moving_height") return world_.freeze_height(n, false, t), true;
    if (k == "heal") return world_.heal(n, t), true;
    if (k == "slow_set") return world_.set_fault(n, SetFault::slow, d, t), true;
    if (k == "late_set") return world_.set_fault(n, SetFault::late, d, t), true;
    if (k == "hang_set") return world_.set_fault(n, SetFault::hang, d, t), true;
    if (k == "ignore_set") return world_.set_fault(n, SetFault::ignore, d, t), true;
    if (k == "hang_status") return world_.hang_status(n, true, t), true;
    if (k == "refuse_admin") return world_.refuse_admin(n, true, t), true;
    if (k == "refuse_web3") return world_.refuse_web3(n, true, t), true;
    if (k == "isolate") return world_.isolate(n, true, t), true;
    if (k == "unsync") return world_.unsync(n, o.blocks, t), true;
    if (k == "skew") return world_.set_wall_skew(n, d, t), true;
    if (k == "noop") return world_.set_scheme(n, Scheme::noop, t), true;
    if (k == "rolldpos") return world_.set_scheme(n, Scheme::rolldpos, t), true;
    return false;
}

json::object HostCore::node_json(NodeIndex n, Instant t) {
    const NodeView v = world_.view(n, t);
    return {{"name", world_.params(n).name},
            {"running", v.running},
            {"frozen", v.frozen},
            {"active", v.flag},
            {"machine", text(v.machine)},
            {"preparing", v.preparing},
            {"may_sign", v.may_sign},
            {"round_height", v.round_height},
            {"round", v.round_number},
            {"tip_height", v.tip.height},
            {"tip_time_ns", epoch_ns_ + v.tip.timestamp.count()},
            {"ready", world_.readiness(n, t) == Probe::ok},
            {"starts", v.starts},
            {"messages", v.messages},
            {"ports", json_of(ports(n))},
            {"admin_port", text(world_.admin_port(n, t))},
            {"probe_port", text(world_.probe_port(n, t))},
            {"web3_port", text(world_.web3_port(n, t))}};
}

json::object HostCore::state() {
    const Instant t = catch_up();
    publish();
    const Tip tip = world_.chain_tip(t);
    json::array nodes;
    for (NodeIndex n = 0; n < size(); ++n) nodes.push_back(node_json(n, t));
    return {{"time_ns", epoch_ns_ + t.count()},
            {"chain_epoch_ns", epoch_ns_},
            {"height", tip.height},
            {"tip_time_ns", epoch_ns_ + tip.timestamp.count()},
            {"nodes", std::move(nodes)}};
}

json::object HostCore::ports_json() const {
    json::array nodes;
    for (NodeIndex n = 0; n < size(); ++n) {
        json::object o = json_of(ports(n));
        o["name"] = world_.params(n).name;
        nodes.push_back(std::move(o));
    }
    return {
        {"nodes", std::move(nodes)}, {"control", control_port()}, {"chain_epoch_ns", epoch_ns_}};
}

// --- the public face ---

Host::Host(boost::asio::io_context& io, HostOptions options)
    : core_(std::make_shared<HostCore>(io, std::move(options))) {
    core_->start();
}

Host::~Host() { core_->stop(); }

void Host::stop() { core_->stop(); }
std::size_t Host::size() const { return core_->size(); }
NodePorts Host::ports(NodeIndex n) const { return core_->ports(n); }
std::uint16_t Host::control_port() const { return core_->control_port(); }
boost::json::object Host::ports_json() const { return core_->ports_json(); }
std::string Host::fault(const FaultOrder& order) { return core_->fault(order); }
boost::json::object Host::state() { return core_->state(); }

}  // namespace elector::simnode
