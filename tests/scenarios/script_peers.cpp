// The commands about other members and about the store itself.
#include "etcd/records.hpp"
#include "model/waits.hpp"
#include "scenarios/words.hpp"

namespace elector::scenarios {
using namespace model;

namespace {

void set_health(World& w, Peer& peer, Words& words) {
    auto& r = peer.record;
    while (!words.done()) {
        const auto word = words.take();
        const auto cut = word.find('=');
        const auto name = word.substr(0, cut);
        const auto value = cut == std::string::npos ? "" : word.substr(cut + 1);
        if (name == "follows")
            peer.follows = true, r.tip = Height{w.height};
        else if (name == "stuck")
            peer.follows = false;
        else if (name == "tip")
            r.tip = Height{static_cast<std::uint64_t>(number(value))};
        else if (name == "priority")
            r.priority = static_cast<int>(number(value));
        else if (name == "eligible")
            r.eligible = flag(value);
        else if (name == "blocked")
            r.blocked_by = value;
        else if (name == "lag")
            r.lag_bucket = static_cast<int>(number(value));
        else if (name == "key")
            r.operator_address = value;
        else if (name == "node")
            r.activity = value == "active" ? NodeActivity::kActive : NodeActivity::kStandby;
        else
            throw BadCommand("no such thing about a peer: " + word);
    }
}

HolderRecord read_record(const World& w) {
    const auto* kv = w.store.find(w.keys.holder);
    const auto record = kv ? etcd::parse_holder(kv->value) : std::nullopt;
    return record.value_or(HolderRecord{});
}

HolderRecord claimed(const World& w, const Peer& peer) {
    HolderRecord r;
    r.term = Term{w.store.find(peer.key)->create_revision};
    r.member = peer.record.name;
    r.instance = peer.record.instance;
    r.nonce = Nonce{static_cast<std::uint64_t>(r.term.value) * 1000};
    r.hold = 5s;
    r.quiesce = 11s;
    r.gate.wait = 6500ms;
    r.reason = "claimed";
    return r;
}

/// tip=N|null wait=6.5s
Gate read_gate(Words& words) {
    Gate gate{std::nullopt, 6500ms};
    while (!words.done()) {
        const auto word = words.take();
        if (word.rfind("tip=", 0) == 0) {
            if (word != "tip=null")
                gate.tip = Height{static_cast<std::uint64_t>(number(word.substr(4)))};
        } else if (word.rfind("wait=", 0) == 0) {
            gate.wait = duration(word.substr(5));
        } else {
            throw BadCommand("no such thing about a gate: " + word);
        }
    }
    return gate;
}

void claim(World& w, Peer& peer, Words& words) {
    auto record = claimed(w, peer);
    if (words.is("hold")) record.hold = duration(words.take());
    if (words.is("quiesce")) record.quiesce = duration(words.take());
    w.commit({etcd::PutOp{w.keys.holder, etcd::to_json(record), 0}});
}

void drain(World& w, Peer& peer, Words& words) {
    auto record = read_record(w);
    record.state = HolderRecord::State::kDrained;
    record.gate = read_gate(words);
    record.reason = "shutdown";
    peer.record.candidate_key.clear();
    w.commit({etcd::PutOp{w.keys.holder, etcd::to_json(record), 0}, etcd::DeleteOp{peer.key, {}}});
}

void vanish(World& w, Peer& peer) {
    peer.there = false;
    w.commit({etcd::DeleteOp{peer.key, {}}, etcd::DeleteOp{w.keys.member(peer.record.name), {}}});
}

Peer& find_peer(World& w, const std::string& name) {
    auto& peer = w.peers[name];
    if (peer.record.name.empty()) {
        peer.record.name = name;
        peer.record.instance = "boot-" + name;
        peer.record.activity = NodeActivity::kStandby;
        peer.record.eligible = true;
        peer.record.operator_address = "io1group";
        peer.key = w.keys.queue + name;
    }
    return peer;
}

void delete_key(World& w, Words& words) {
    const auto what = words.take();
    if (what == "everything") {
        w.commit({etcd::DeleteOp{w.keys.queue, etcd::prefix_end(w.keys.queue)},
                  etcd::DeleteOp{w.keys.data, etcd::prefix_end(w.keys.data)}});
    } else if (what == "holder") {
        w.commit({etcd::DeleteOp{w.keys.holder, {}}});
    } else if (what == "ours") {
        w.commit({etcd::DeleteOp{w.state.session.key, {}}});
    } else if (what == "member") {
        w.commit({etcd::DeleteOp{w.keys.member(words.take()), {}}});
    } else {
        w.commit({etcd::DeleteOp{w.keys.queue + what, {}}});
    }
}

void put_record(World& w, Words& words) {
    HolderRecord record = read_record(w);
    const auto what = words.take();
    if (what == "rubbish") return w.commit({etcd::PutOp{w.keys.holder, "{rubbish", 0}});
    if (what == "touched")
        record.reason = "touched";
    else if (what == "drained")
        record.state = HolderRecord::State::kDrained;
    else if (what == "vouched") {
        record.state = HolderRecord::State::kDrained;
        record.gate = Gate{std::nullopt, w.policy.settle};
        record.reason = "vouched";
    } else if (what == "cleared") {
        record = without_foreign(w.policy, record, ForeignKey{record.foreign.at(0)});
    } else
        throw BadCommand("no such record: " + what);
    std::vector<etcd::Op> ops = {etcd::PutOp{w.keys.holder, etcd::to_json(record), 0}};
    if (words.is("key")) ops.emplace_back(etcd::DeleteOp{w.state.holding.key, {}});
    w.commit(std::move(ops));
}

void switchover(World& w, Words& words) {
    SwitchoverOrder order{{}, read_record(w).term, "", "operator", "story"};
    if (words.is("to")) order.to = words.take();
    if (words.is("term")) order.term = Term{number(words.take())};
    w.commit({etcd::PutOp{w.keys.switchover, etcd::to_json(order), 0}});
}

}  // namespace

void run_peer(World& w, Words& words) {
    auto& peer = find_peer(w, words.take());
    const auto verb = words.take();
    if (verb == "registers") {
        peer.there = true;
        set_health(w, peer, words);
        w.publish(peer);
    } else if (verb == "publishes") {
        set_health(w, peer, words);
        w.publish(peer);
    } else if (verb == "queues") {
        peer.there = true;
        set_health(w, peer, words);
        peer.record.candidate_key = peer.key;
        w.commit({etcd::PutOp{peer.key, peer.record.name, 0},
                  etcd::PutOp{w.keys.member(peer.record.name), etcd::to_json(peer.record), 0}});
    } else if (verb == "leaves") {
        peer.record.candidate_key.clear();
        w.commit({etcd::DeleteOp{peer.key, {}},
                  etcd::PutOp{w.keys.member(peer.record.name), etcd::to_json(peer.record), 0}});
    } else if (verb == "claims") {
        claim(w, peer, words);
    } else if (verb == "drains") {
        drain(w, peer, words);
    } else if (verb == "unfenced") {
        auto record = read_record(w);
        record.state = HolderRecord::State::kUnfenced;
        w.commit({etcd::PutOp{w.keys.holder, etcd::to_json(record), 0}});
    } else if (verb == "instance") {
        peer.record.instance = words.take();
    } else if (verb == "vanishes") {
        vanish(w, peer);
    } else {
        throw BadCommand("no such thing for a peer: " + verb);
    }
}

void run_store(World& w, Words& words) {
    const auto verb = words.take();
    if (verb == "deletes")
        delete_key(w, words);
    else if (verb == "record")
        put_record(w, words);
    else if (verb == "switchover")
        switchover(w, words);
    else if (verb == "withdraws")
        w.commit({etcd::DeleteOp{w.keys.switchover, {}}});
    else if (verb == "pauses")
        w.commit({etcd::PutOp{w.keys.pause, etcd::to_json(PauseOrder{"operator", "story"}), 0}});
    else if (verb == "resumes")
        w.commit({etcd::DeleteOp{w.keys.pause, {}}});
    else if (verb == "foreign") {
        const auto key = words.take();
        w.commit({etcd::PutOp{w.keys.queue + key, words.take(), 0}});
    } else if (verb == "calls")
        w.commit({etcd::PutOp{w.keys.bootstrap, words.take(), 0}});
    else if (verb == "loses" && words.is("ours")) {  // as a restore does: the watch never tells
        w.store.run(etcd::Txn{{}, {etcd::DeleteOp{w.state.session.key, {}}}, {}});
        w.store.take_events();
    } else if (verb == "backup")
        w.backup = w.store;
    else if (verb == "restored")
        w.store = w.backup, w.store.take_events();
    else if (verb == "term")
        w.store.header.raft_term = static_cast<std::uint64_t>(number(words.take()));
    else if (verb == "cluster")
        w.store.header.cluster_id = static_cast<std::uint64_t>(number(words.take()));
    else if (verb == "lease" && words.is("lost"))
        w.store.revoke(w.state.session.lease.value);
    else
        throw BadCommand("no such thing about the store: " + verb);
    w.spread();
}

}  // namespace elector::scenarios
