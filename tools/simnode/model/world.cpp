#include "simnode/model/world.hpp"

#include <algorithm>

namespace elector::simnode {

World::World(const ChainParams& chain, std::span<const NodeParams> nodes, Instant start)
    : chain_(chain, start), now_(start) {
    log_.reserve(256);
    completions_.reserve(32);
    nodes_.reserve(nodes.size());
    due_.resize(nodes.size(), kNever);
    NodeContext c{chain_, log_, completions_};
    for (const NodeParams& p : nodes) {
        const auto n = static_cast<NodeIndex>(nodes_.size());
        nodes_.emplace_back(n, p, chain.seed).boot(c, start);
        refresh(n);
    }
}

void World::refresh(NodeIndex n) { due_[n] = nodes_[n].next_event(); }

Instant World::next_event() const {
    Instant due = chain_.next_event();
    for (const Instant d : due_) due = std::min(due, d);
    return std::max(due, now_);
}

void World::advance(Instant now) {
    NodeContext c{chain_, log_, completions_};
    for (;;) {
        const Instant chain_due = chain_.next_event();
        const auto first = std::min_element(due_.begin(), due_.end());
        const bool chain_first = first == due_.end() || chain_due <= *first;
        const Instant due = chain_first ? chain_due : *first;
        if (due > now) break;
        now_ = std::max(now_, due);
        if (chain_first) {
            run_chain(now_);
        } else {
            const auto n = static_cast<NodeIndex>(first - due_.begin());
            nodes_[n].run(c, now_);
            refresh(n);
        }
    }
    now_ = std::max(now_, now);
}

void World::run_chain(Instant t) {
    if (!chain_.run(t)) return;
    for (NodeIndex n = 0; n < nodes_.size(); ++n) {
        nodes_[n].on_chain_commit(chain_, t);
        refresh(n);
    }
}

// --- admin port ---

RequestId World::begin_status(NodeIndex n, Instant now) {
    return begin(n, RequestKind::status, now);
}

RequestId World::begin_set(NodeIndex n, bool value, Instant now) {
    return begin(n, value ? RequestKind::activate : RequestKind::deactivate, now);
}

RequestId World::begin_set_unknown(NodeIndex n, Instant now) {
    return begin(n, RequestKind::set_unknown, now);
}

RequestId World::begin(NodeIndex n, RequestKind kind, Instant now) {
    advance(now);
    nodes_[n].begin(++last_request_, kind, now_);
    refresh(n);
    return last_request_;
}

void World::abandon(NodeIndex n, RequestId id) { nodes_[n].abandon(id); }

std::optional<Completion> World::next_completion() {
    if (completions_read_ == completions_.size()) {
        completions_.clear();
        completions_read_ = 0;
        return std::nullopt;
    }
    return completions_[completions_read_++];
}

// --- queries ---

PortState World::admin_port(NodeIndex n, Instant now) { return at(n, now).admin_port(now_); }
PortState World::probe_port(NodeIndex n, Instant now) { return at(n, now).probe_port(now_); }
PortState World::web3_port(NodeIndex n, Instant now) { return at(n, now).web3_port(now_); }
Probe World::readiness(NodeIndex n, Instant now) { return at(n, now).readiness(now_); }
Gauges World::gauges(NodeIndex n, Instant now) { return at(n, now).gauges(); }
std::uint64_t World::message_counter(NodeIndex n, Instant now) { return at(n, now).messages(); }
Tip World::tip(NodeIndex n, Instant now) { return at(n, now).tip(); }
NodeView World::view(NodeIndex n, Instant now) { return at(n, now).view(); }

Tip World::chain_tip(Instant now) {
    advance(now);
    return chain_.tip();
}

Node& World::at(NodeIndex n, Instant now) {
    advance(now);
    return nodes_[n];
}

// --- faults ---

template <class Change>
void World::change(NodeIndex n, Instant now, Change&& apply) {
    NodeContext c{chain_, log_, completions_};
    apply(at(n, now), c);
    refresh(n);
}

void World::crash(NodeIndex n, Instant now) {
    change(n, now, [&](Node& x, NodeContext& c) { x.stop(c, now_, false); });
}

void World::lose_host(NodeIndex n, Instant now) {
    change(n, now, [&](Node& x, NodeContext& c) { x.stop(c, now_, true); });
}

void World::terminate(NodeIndex n, Instant now) {
    change(n, now, [&](Node& x, NodeContext& c) { x.terminate(c, now_); });
}

void World::restart(NodeIndex n, Instant now, std::optional<bool> active) {
    change(n, now, [&](Node& x, NodeContext& c) { x.start(c, now_, active); });
}

void World::freeze(NodeIndex n, Instant now) {
    change(n, now, [](Node& x, NodeContext&) { x.freeze(); });
}

void World::thaw(NodeIndex n, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.thaw(now_); });
}

void World::set_fault(NodeIndex n, SetFault kind, Duration delay, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.set_fault(kind, delay); });
}

void World::hang_status(NodeIndex n, bool on, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.hang_status(on); });
}

void World::refuse_admin(NodeIndex n, bool on, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.refuse_admin(on, now_); });
}

void World::refuse_web3(NodeIndex n, bool on, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.refuse_web3(on); });
}

void World::force_unready(NodeIndex n, bool on, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.force_unready(on); });
}

void World::freeze_height(NodeIndex n, bool on, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.hold_height(on, now_); });
}

void World::isolate(NodeIndex n, bool on, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.isolate(on, now_); });
}

void World::unsync(NodeIndex n, std::uint64_t blocks, Instant now) {
    change(n, now, [&](Node& x, NodeContext& c) { x.unsync(c, blocks, now_); });
}

void World::set_wall_skew(NodeIndex n, Duration skew, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.set_wall_skew(skew); });
}

void World::set_scheme(NodeIndex n, Scheme scheme, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.set_scheme(scheme); });
}

void World::heal(NodeIndex n, Instant now) {
    change(n, now, [&](Node& x, NodeContext&) { x.heal(now_); });
}

void World::stall_chain(Instant now, Instant until) {
    advance(now);
    chain_.stall(now_, until);
}

void World::set_delegate(bool on, Instant now) {
    advance(now);
    chain_.set_delegate(on);
}

}  // namespace elector::simnode
