#include "sim/node_adapter.hpp"

#include <algorithm>
#include <utility>

#include "model/overloaded.hpp"

namespace elector::sim {
namespace {

using model::NodeFailure;

Duration timeout_of(NodeAsk ask) {
    switch (ask) {
        case NodeAsk::kStatus:
        case NodeAsk::kDeactivate:
        case NodeAsk::kActivate:
            return 4s;
        default:
            return 1s;
    }
}

model::Event failed(const NodeOp& op, NodeFailure failure, bool not_sent = false) {
    switch (op.ask) {
        case NodeAsk::kStatus:
            return model::StatusRead{op.op, failure, false, {}};
        case NodeAsk::kReadiness:
            return model::ReadinessRead{op.op, failure, false};
        case NodeAsk::kTip:
            return model::TipRead{op.op, failure, {}, {}};
        case NodeAsk::kMetrics:
            return model::MetricsRead{op.op, failure, {}, {}, {}};
        default:
            return model::SetAnswered{op.op, failure, not_sent};
    }
}

bool is_set(NodeAsk ask) { return ask == NodeAsk::kDeactivate || ask == NodeAsk::kActivate; }

constexpr std::uint64_t kGuardianConnection = 1ULL << 62;

}  // namespace

bool is_node_effect(const model::Effect& e) {
    return std::holds_alternative<model::QueryStatus>(e) ||
           std::holds_alternative<model::Deactivate>(e) ||
           std::holds_alternative<model::Activate>(e) ||
           std::holds_alternative<model::ReadReadiness>(e) ||
           std::holds_alternative<model::ReadTip>(e) ||
           std::holds_alternative<model::ReadMetrics>(e);
}

NodeAdapter::NodeAdapter(Hub& hub, NodeObserver& observer)
    : hub_(hub), observer_(observer), held_(hub.plan.members) {}

void NodeAdapter::start(std::uint8_t member, std::uint64_t incarnation,
                        const model::Effect& effect) {
    NodeOp op;
    op.member = member;
    op.incarnation = incarnation;
    if (const auto* q = std::get_if<model::QueryStatus>(&effect)) {
        op.ask = NodeAsk::kStatus;
        op.op = q->op;
        op.fresh = q->fresh_connection;
        supersede_status(member);
    } else if (const auto* d = std::get_if<model::Deactivate>(&effect)) {
        op.ask = NodeAsk::kDeactivate;
        op.op = d->op;
    } else if (const auto* a = std::get_if<model::Activate>(&effect)) {
        op.ask = NodeAsk::kActivate;
        op.op = a->op;
        op.connection = a->connection;
        op.not_after = a->not_after;
    } else if (const auto* r = std::get_if<model::ReadReadiness>(&effect)) {
        op.ask = NodeAsk::kReadiness;
        op.op = r->op;
    } else if (const auto* t = std::get_if<model::ReadTip>(&effect)) {
        op.ask = NodeAsk::kTip;
        op.op = t->op;
    } else if (const auto* m = std::get_if<model::ReadMetrics>(&effect)) {
        op.ask = NodeAsk::kMetrics;
        op.op = m->op;
    }
    put(op);
}

void NodeAdapter::start_for_guardian(std::uint8_t member, std::uint64_t life, NodeAsk ask) {
    NodeOp op;
    op.member = member;
    op.guardian = true;
    op.fresh = true;
    op.incarnation = life;
    op.ask = ask;
    put(op);
}

void NodeAdapter::put(NodeOp op) {
    const auto at = ops_.put(op);
    if (op.ask == NodeAsk::kStatus && !op.guardian) held_[op.member].status = at;
    later(hub_.now + timeout_of(op.ask), Job::kNodeTimeout, at);
    later(hub_.now + hub_.rng.between(Duration{10us}, Duration{80us}), Job::kNodeSend, at);
}

void NodeAdapter::later(Time when, Job job, std::uint32_t at, std::uint64_t b) {
    ++ops_[at].pending;
    hub_.schedule.add(when, job, ops_[at].member, at, b);
}

void NodeAdapter::run(const Task& task) {
    if (task.job == Job::kPort) return monitor(task);
    --ops_[task.a].pending;
    switch (task.job) {
        case Job::kNodeSend:
            send(task.a);
            break;
        case Job::kNodeRead:
            read(task.a);
            break;
        case Job::kNodeTimeout:
            time_out(task.a);
            break;
        case Job::kNodeDone:
            finish(task.a, hub_.events.take(static_cast<std::uint32_t>(task.b)));
            break;
        default:
            break;
    }
    release(task.a);
}

void NodeAdapter::release(std::uint32_t at) {
    const bool with_node = std::find(live_.begin(), live_.end(), at) != live_.end();
    if (ops_[at].pending == 0 && !with_node) ops_.drop(at);
}

// --- sending

/// What was frozen between the look at the deadline and the write is written before all else.
void NodeAdapter::thawed(std::uint8_t member) {
    const auto at = std::exchange(held_[member].judged, kNone);
    if (at != kNone && ops_[at].member == member && ops_[at].judged) send(at);
}

void NodeAdapter::send(std::uint32_t at) {
    auto& op = ops_[at];
    if (op.done || op.request != 0) return;
    switch (observer_.may_send(op)) {
        case MaySend::kNever:
            op.done = true;
            return;
        case MaySend::kLater:
            // A freeze between the look at the deadline and the write: nobody looks again.
            if (op.ask == NodeAsk::kActivate && hub_.rng.chance(300)) {
                op.judged = true;
                held_[op.member].judged = at;
            }
            return later(hub_.now + 5ms, Job::kNodeSend, at);
        case MaySend::kYes:
            break;
    }
    if (op.ask == NodeAsk::kStatus || is_set(op.ask)) return send_admin(at);
    later(hub_.now + hub_.rng.between(Duration{100us}, Duration{500us}), Job::kNodeRead, at);
}

void NodeAdapter::send_admin(std::uint32_t at) {
    auto& op = ops_[at];
    auto& held = held_[op.member];
    if (op.ask == NodeAsk::kActivate) {
        const bool same = held.id != 0 && held.id == op.connection.value;
        const bool free = held.status == kNone;
        const bool in_time = op.judged || hub_.local(op.member) < op.not_after;
        if (!same || !free || !in_time) return finish(at, failed(op, NodeFailure::kNone, true));
    }
    if (op.ask == NodeAsk::kStatus) {
        if (op.guardian) {
            op.connection = {kGuardianConnection};
        } else if (op.fresh || held.id == 0) {
            op.connection = {held.id = ++last_connection_};
        } else {
            op.connection = {held.id};
        }
    }
    op.sent = hub_.now;
    if (is_set(op.ask)) observer_.on_set_leaves(op);
    op.request = op.ask == NodeAsk::kStatus
                     ? hub_.world->begin_status(op.member, hub_.now)
                     : hub_.world->begin_set(op.member, op.ask == NodeAsk::kActivate, hub_.now);
    live_.push_back(at);
}

/// The client's side gives up; what the node has of it goes on.
void NodeAdapter::supersede_status(std::uint8_t member) {
    auto& held = held_[member];
    if (held.status == kNone) return;
    const auto at = held.status;
    held.status = kNone;
    held.id = 0;
    if (ops_[at].request != 0) hub_.world->abandon(member, ops_[at].request);
    std::erase(live_, at);
    const auto slot = hub_.events.put(failed(ops_[at], NodeFailure::kBroken));
    later(hub_.now + 10us, Job::kNodeDone, at, slot);
}

void NodeAdapter::read(std::uint32_t at) {
    auto& op = ops_[at];
    auto& world = *hub_.world;
    const auto n = op.member;
    const auto state =
        op.ask == NodeAsk::kTip ? world.web3_port(n, hub_.now) : world.probe_port(n, hub_.now);
    if (state == simnode::PortState::silent) return;
    model::Event event = failed(op, NodeFailure::kRefused);
    if (state == simnode::PortState::open) {
        if (op.ask == NodeAsk::kTip) {
            const auto tip = world.tip(n, hub_.now);
            const auto age =
                hub_.now + hub_.plan.hosts[n].wall_skew + hub_.wall_step[n] - tip.timestamp;
            event = model::TipRead{op.op, NodeFailure::kNone, model::Height{tip.height}, age};
        } else if (op.ask == NodeAsk::kReadiness) {
            const bool ready = world.readiness(n, hub_.now) == simnode::Probe::ok;
            event = model::ReadinessRead{op.op, NodeFailure::kNone, ready};
        } else {
            const auto gauges = world.gauges(n, hub_.now);
            model::MetricsRead metrics{op.op,
                                       NodeFailure::kNone,
                                       {},
                                       {},
                                       held_[n].other_operator ? "io1another" : "io1delegate"};
            if (gauges.present) {
                metrics.height = model::Height{gauges.height};
                metrics.target = model::Height{gauges.target_height};
            }
            event = metrics;
        }
    }
    const auto slot = hub_.events.put(std::move(event));
    later(hub_.now + hub_.rng.between(Duration{100us}, Duration{500us}), Job::kNodeDone, at, slot);
}

// --- answers

void NodeAdapter::time_out(std::uint32_t at) {
    auto& op = ops_[at];
    if (op.done) return;
    if (op.judged && op.request == 0) return;  // its process stands still
    if (op.request != 0) {
        hub_.world->abandon(op.member, op.request);
        std::erase(live_, at);
        if (!op.guardian && op.ask != NodeAsk::kDeactivate) held_[op.member].id = 0;
    }
    const bool unsent = is_set(op.ask) && op.request == 0;
    finish(at, failed(op, unsent ? NodeFailure::kNone : NodeFailure::kTimedOut, unsent));
}

void NodeAdapter::collect() {
    while (const auto answer = hub_.world->next_completion()) {
        const auto it = std::find_if(live_.begin(), live_.end(), [&](std::uint32_t at) {
            return ops_[at].request == answer->request;
        });
        if (it == live_.end()) continue;
        const auto at = *it;
        live_.erase(it);
        auto& op = ops_[at];
        model::Event event = failed(op, NodeFailure::kNone);
        if (answer->outcome != simnode::Outcome::ok) {
            const bool refused = answer->outcome == simnode::Outcome::refused;
            event = failed(op, refused ? NodeFailure::kRefused : NodeFailure::kBroken,
                           refused && op.ask == NodeAsk::kDeactivate);
            if (!op.guardian && op.ask != NodeAsk::kDeactivate) held_[op.member].id = 0;
        } else if (op.ask == NodeAsk::kStatus) {
            event = model::StatusRead{op.op, NodeFailure::kNone, answer->active, op.connection};
        }
        finish(at, event);
        release(at);
    }
}

void NodeAdapter::finish(std::uint32_t at, const model::Event& event) {
    auto& op = ops_[at];
    if (op.done) return;
    op.done = true;
    if (held_[op.member].status == at) held_[op.member].status = kNone;
    observer_.on_answer(op, event);
}

Time NodeAdapter::last_unanswered_set(std::uint8_t member, const NodeOp* except) const {
    Time last{};
    auto& ops = const_cast<Pool<NodeOp>&>(ops_);
    for (const auto at : live_) {
        const auto& op = ops[at];
        if (op.member != member || !is_set(op.ask) || op.guardian || &op == except) continue;
        // Asked for after `except`, and overtook it: the drive that asked knows of both.
        const bool younger =
            except && op.incarnation == except->incarnation && op.op.value > except->op.value;
        if (younger) continue;
        last = std::max(last, op.sent);
    }
    return last;
}

// --- ports

void NodeAdapter::set_other_operator(std::uint8_t member, bool on) {
    held_[member].other_operator = on;
}

void NodeAdapter::elector_started(std::uint8_t member, std::uint64_t incarnation) {
    auto& held = held_[member];
    const bool other = held.other_operator;
    held = Held{};
    held.other_operator = other;
    held.incarnation = incarnation;
    for (std::size_t port = 0; port < 2; ++port) tick(member, port, hub_.now + 1ms);
}

void NodeAdapter::tick(std::uint8_t member, std::size_t port, Time when) {
    auto& held = held_[member];
    held.ports[port].ticking = true;
    hub_.schedule.add(when, Job::kPort, member, static_cast<std::uint32_t>(port), held.incarnation);
}

void NodeAdapter::process_ended(std::uint8_t member) {
    auto& held = held_[member];
    held.id = 0;
    for (auto& port : held.ports) port.broken = true;
    ports_changed(member);
}

void NodeAdapter::ports_changed(std::uint8_t member) {
    auto& held = held_[member];
    if (held.incarnation == 0) return;
    for (std::size_t port = 0; port < 2; ++port)
        if (!held.ports[port].ticking)
            tick(member, port, hub_.now + hub_.rng.between(Duration{100us}, Duration{1ms}));
}

simnode::PortState NodeAdapter::state_of(std::uint8_t member, std::size_t port) {
    return port == 0 ? hub_.world->admin_port(member, hub_.now)
                     : hub_.world->probe_port(member, hub_.now);
}

void NodeAdapter::monitor(const Task& task) {
    auto& held = held_[task.member];
    if (task.b != held.incarnation) return;
    auto& port = held.ports[task.a];
    port.ticking = false;
    NodeOp asking;
    asking.member = task.member;
    asking.incarnation = held.incarnation;
    const auto may = observer_.may_send(asking);
    if (may == MaySend::kNever) return;
    if (may == MaySend::kLater) return tick(task.member, task.a, hub_.now + 20ms);
    const auto which = task.a == 0 ? model::NodePort::kAdmin : model::NodePort::kProbe;
    const auto tell = [&](model::PortState state) {
        observer_.on_port(task.member, held.incarnation, model::PortChanged{which, state});
    };
    const auto state = state_of(task.member, task.a);
    if (port.up) {
        if (!port.broken && state != simnode::PortState::refused) return;
        port.up = port.broken = false;
        if (task.a == 0) held.id = 0;
        port.first = hub_.now;
        tick(task.member, task.a, hub_.now + 100us);
        return tell(model::PortState::kLost);
    }
    port.broken = false;
    if (state == simnode::PortState::open) {
        port.up = true;
        port.first = Time{};
        return tell(model::PortState::kConnected);
    }
    if (port.first == Time{}) port.first = hub_.now;
    if (state == simnode::PortState::silent) {
        tick(task.member, task.a, hub_.now + 1s);
        return tell(model::PortState::kUnreachable);
    }
    tick(task.member, task.a, hub_.now + (hub_.now - port.first < 1s ? 20ms : 200ms));
    tell(model::PortState::kRefused);
}

}  // namespace elector::sim
