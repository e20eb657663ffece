#include "scenarios/world.hpp"

#include <utility>

#include "etcd/records.hpp"
#include "model/overloaded.hpp"

namespace elector::scenarios {
using namespace core;

World::World() {
    policy.member = "a";
    policy.instance = "boot-a";
    policy.queue_prefix = keys.queue;
    policy.version = "1";
    after(1200ms, [this] { tick_chain(); });
}

void World::after(Duration d, Action action) {
    queue_.push(Due{now + d, order_++, std::move(action)});
}

void World::tick_chain() {
    after(2500ms, [this] { tick_chain(); });
    if (!chain_moves) return;
    node.block(++height, now);
    after(100ms, [this] {
        for (auto& [name, peer] : peers) {
            if (!peer.follows || !peer.there) continue;
            peer.record.tip = Height{height};
            publish(peer);
        }
    });
}

void World::publish(const Peer& peer) {
    commit({etcd::PutOp{keys.member(peer.record.name), etcd::to_json(peer.record), 0}});
}

void World::commit(std::vector<etcd::Op> ops) {
    store.run(etcd::Txn{{}, std::move(ops), {}});
    spread();
}

/// Watch events travel a little longer than answers.
void World::spread() {
    history_.emplace_back(Revision{store.header.revision}, store.take_events());
    tell_watch(history_.back());
}

void World::tell_watch(const Commit& commit) {
    auto events = commit.second;
    const auto range = etcd::watched(keys, watching_.far);
    std::erase_if(events, [&](const etcd::WatchEvent& e) {
        return e.kv.key < range.key || e.kv.key >= range.range_end;
    });
    const auto changes = etcd::to_changes(keys, events);
    if (changes.empty() || !watch_loud_) return;
    const StoreChanged batch{commit.first, changes, watching_.op};
    after(watch_lag, [this, batch, life = life_] {
        if (life == life_) deliver(batch, "", false);
    });
}

/// What has happened since the read that called for it comes at once.
void World::change_watch(const WatchElection& watch) {
    watching_ = watch;
    for (const auto& commit : history_)
        if (commit.first > watch.from) tell_watch(commit);
}

void World::watch(bool loud) {
    if (loud && !watch_loud_) tell_core(WatchResumed{});
    watch_loud_ = loud;
}

void World::start() {
    ++life_;
    running = true;
    watching_ = {};
    state = initial_state(now, 7 + life_);
    told_active_.reset();
    admin_connected_ = probe_connected_ = false;
    step(Woke{});
    after(1ms, [this] {
        retry_port(NodePort::kAdmin);
        retry_port(NodePort::kProbe);
    });
}

void World::kill() {
    ++life_;
    running = false;
}

void World::tell_core(const Event& event) { deliver(event, "", false); }

void World::deliver(const Event& event, const std::string& name, bool told) {
    if (now < frozen_until_) {
        after(frozen_until_ - now, [=, this, life = life_] {
            if (life == life_) deliver(event, name, told);
        });
        return;
    }
    if (!running) return;
    if (told) {
        const auto text = tell_answer(names, event, told_active_);
        if (store_away && is_routine(name)) {
            trace.routine(name + " unanswered");
        } else if (!text.empty()) {
            trace.line(now, "  -> " + name + ": " + text);
        }
    }
    step(event);
}

void World::step(const Event& event) {
    Effects effects;
    core::step(policy, state, now, event, effects);
    for (const auto& effect : effects) perform(effect);
    if (state.exited) kill();
}

bool World::run_until(Instant end, const std::function<bool()>& stop) {
    seen.clear();
    while (!stop()) {
        const auto wake = running ? std::max(state.wake, frozen_until_) : kNever;
        const auto event = queue_.empty() ? kNever : queue_.top().at;
        if (std::min(wake, event) > end) {
            now = end;
            return stop();
        }
        now = std::max(now, std::min(wake, event));
        store.expire(now);
        spread();
        if (event <= wake) {
            const auto action = queue_.top().action;
            queue_.pop();
            action();
        } else {
            step(Woke{});
        }
    }
    return true;
}

Verdict World::take(const std::string& name) {
    auto& list = next[name];
    if (!list.empty()) {
        const auto verdict = list.front();
        list.pop_front();
        return verdict;
    }
    const auto it = every.find(name);
    return it == every.end() ? Verdict{} : it->second;
}

/// SAFETY: S16, watched in every story.
void World::watch_keys(const Effect& effect) {
    const auto* change = std::get_if<RoleChanged>(&effect);
    if (change && change->row->to == Role::kLeader) spent_.insert(state.holding.term);
    const auto* claim = std::get_if<Claim>(&effect);
    if (claim && spent_.contains(claim->create))
        trace.trouble(now, "a key that has claimed claims again");
}

void World::perform(const Effect& effect) {
    const auto telling = tell(names, effect);
    if (telling.routine) {
        trace.routine(telling.text);
    } else if (!telling.text.empty()) {
        trace.line(now, telling.text);
    }
    seen.insert(telling.name);
    if (const auto* a = std::get_if<Announce>(&effect))
        seen.insert(std::string(model::describe(a->notice).name));
    watch_keys(effect);
    carry_out(effect, telling.name, take(telling.name));
}

void World::launch(Operation op) {
    using Fate = Verdict::Fate;
    const auto answer = [this, name = op.name, life = life_](const Event& event, bool told) {
        if (life == life_) deliver(event, name, told);
    };
    const auto run_after = [this, run = op.run](Duration d) {
        after(d, [this, run] {
            run();
            spread();
        });
    };
    const auto half = op.latency / 2;
    switch (op.verdict.fate) {
        case Fate::kLost:
            run_after(half);
            [[fallthrough]];
        case Fate::kDropped:
            return after(op.timeout, [=] { answer(op.failed, true); });
        case Fate::kLate:
            run_after(op.verdict.by);
            return after(op.timeout, [=] { answer(op.failed, true); });
        case Fate::kRefused:
        case Fate::kNotSent:
            return after(half, [=] { answer(op.refused, true); });
        case Fate::kNormal:
        case Fate::kSlow:
        case Fate::kTwice:
        case Fate::kIneffective:
            break;
    }
    const auto wait = op.verdict.fate == Fate::kSlow ? op.verdict.by : half;
    const bool twice = op.verdict.fate == Fate::kTwice;
    after(wait, [=, this] {
        const auto event = op.run();
        spread();
        after(half, [=] { answer(event, true); });
        if (twice) after(half + 1ms, [=] { answer(event, true); });
    });
}

void World::check_ports() {
    watch_port(NodePort::kAdmin, node.admin_open(), admin_connected_);
    watch_port(NodePort::kProbe, node.probe_open(), probe_connected_);
}

void World::watch_port(NodePort port, bool open, bool& connected) {
    if (!running || open == connected) return;
    connected = open;
    if (open) return tell_core(PortChanged{port, PortState::kConnected});
    trace.line(now, port == NodePort::kAdmin ? "  -> admin connection lost"
                                             : "  -> probe connection lost");
    tell_core(PortChanged{port, PortState::kLost});
    after(10ms, [this, port] { retry_port(port); });
}

void World::retry_port(NodePort port) {
    const bool open = port == NodePort::kAdmin ? node.admin_open() : node.probe_open();
    if (open || !running) return check_ports();
    trace.routine(port == NodePort::kAdmin ? "admin refused" : "probe refused");
    tell_core(PortChanged{port, PortState::kRefused});
    after(100ms, [this, port] { retry_port(port); });
}

}  // namespace elector::scenarios
