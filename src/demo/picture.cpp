#include "demo/picture.hpp"

namespace elector::demo {
namespace {

std::string fault_of(const World& world, std::size_t i) {
    if (world.dead(i)) return "node killed";
    if (world.is_cut_off(i)) return "cut off etcd";
    return world.unready(i) ? "node reports 503" : "";
}

MemberRow row_of(const World& world, std::size_t i, const World::NodeTruth& node) {
    const auto& account = world.account(i);
    MemberRow row;
    row.name = member_name(i);
    row.role = account.role;
    row.processes = world.processes(i);
    row.node_runs = node.running;
    row.node_active = node.active;
    row.tip = node.tip;
    row.term = account.term;
    row.queue = place_of(world.view(), row.name);
    row.fault = fault_of(world, i);
    row.why = explain(row.name, account, row.processes, world.view(), world.now());
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
        const auto nodes = world.nodes();
        for (std::size_t i = 0; i < nodes.size(); ++i)
            p.members.push_back(row_of(world, i, nodes[i]));
        for (std::size_t i = 0; i < nodes.size(); ++i) p.dashboards.push_back(world.dashboard(i));
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
