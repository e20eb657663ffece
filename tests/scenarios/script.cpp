#include "scenarios/script.hpp"

#include <map>

#include "core/takeover.hpp"
#include "etcd/records.hpp"
#include "model/transition_table.hpp"
#include "scenarios/words.hpp"

namespace elector::scenarios {
using namespace core;

void run_peer(World& world, Words& words);   // script_peers.cpp
void run_store(World& world, Words& words);  // script_peers.cpp

namespace {

void set_policy(World& w, Words& words) {
    auto& p = w.policy;
    while (!words.done()) {
        const auto word = words.take();
        const auto cut = word.find('=');
        if (cut == std::string::npos) throw BadCommand("not name=value: " + word);
        const auto name = word.substr(0, cut);
        const auto value = word.substr(cut + 1);
        if (name == "hold")
            p.hold = duration(value), p.renew = p.hold / 5;
        else if (name == "web3")
            p.web3 = flag(value), w.node.web3 = p.web3;
        else if (name == "guardian")
            p.guardian = flag(value);
        else if (name == "fence")
            p.fence = flag(value);
        else if (name == "observe")
            p.observe = flag(value);
        else if (name == "pin")
            p.cluster = static_cast<std::uint64_t>(number(value));
        else if (name == "nofailover")
            p.nofailover = flag(value);
        else if (name == "priority")
            p.priority = static_cast<int>(number(value));
        else if (name == "quiesce")
            p.quiesce = duration(value);
        else if (name == "front")
            p.front = static_cast<std::size_t>(number(value));
        else if (name == "settle")
            p.settle = duration(value);
        else
            throw BadCommand("no such policy: " + name);
    }
}

std::function<bool()> condition(World& w, Words& words) {
    const auto word = words.take();
    for (const auto role : {Role::kFollower, Role::kCandidate, Role::kLeader, Role::kDraining})
        if (word == name(role)) return [&w, role] { return w.running && w.state.role == role; };
    if (word == "gone") return [&w] { return !w.running; };
    return [&w, word] { return w.seen.contains(word); };
}

void run(World& w, Words& words) {
    std::function<bool()> stop;
    auto end = w.now + 60s;
    if (words.is("until")) {
        stop = condition(w, words);
        if (words.is("within")) end = w.now + duration(words.take());
    } else {
        end = w.now + duration(words.take());
    }
    const bool reached = w.run_until(
        end, stop ? stop : [] { return false; });
    if (stop && !reached) w.trace.trouble(w.now, "not reached");
}

void never(World& w, Words& words) {
    const auto stop = condition(w, words);
    if (!words.is("within")) throw BadCommand("never X within D");
    if (w.run_until(w.now + duration(words.take()), stop)) w.trace.trouble(w.now, "it happened");
}

Verdict fate(Words& words) {
    using Fate = Verdict::Fate;
    static const std::map<std::string, Fate> kFates = {
        {"normal", Fate::kNormal},   {"lost", Fate::kLost},
        {"dropped", Fate::kDropped}, {"late", Fate::kLate},
        {"slow", Fate::kSlow},       {"refused", Fate::kRefused},
        {"twice", Fate::kTwice},     {"ineffective", Fate::kIneffective},
        {"unsent", Fate::kNotSent}};
    const auto word = words.take();
    const auto it = kFates.find(word);
    if (it == kFates.end()) throw BadCommand("no such fate: " + word);
    Verdict verdict{it->second, {}};
    if (verdict.fate == Fate::kLate || verdict.fate == Fate::kSlow)
        verdict.by = duration(words.take());
    return verdict;
}

void check_name(const std::string& name) {
    static const std::set<std::string> kNames = {
        "grant",    "keepalive",  "revoke",    "read",  "register", "publish", "queue", "release",
        "depose",   "claim",      "confirm",   "drain", "unfenced", "foreign", "clear", "status",
        "activate", "deactivate", "readiness", "tip",   "metrics",  "arm",     "fence"};
    if (!kNames.contains(name)) throw BadCommand("no such operation: " + name);
}

using Handler = void (*)(World&, Words&);
using Handlers = std::map<std::string, Handler>;

void dispatch(const Handlers& handlers, const char* about, World& w, Words& words) {
    const auto what = words.take();
    const auto it = handlers.find(what);
    if (it == handlers.end()) throw BadCommand(std::string("no such ") + about + ": " + what);
    it->second(w, words);
}

void restart_node(World& w, Words& words) {
    w.node.running = false;
    w.check_ports();
    w.node.running = true;
    w.node.quiet_at = {};
    w.node.flag = words.is("active");
}

void set_tip(World& w, Words& words) {
    auto& n = w.node;
    if (words.is("frozen")) {
        n.frozen = true;
    } else if (words.is("follows")) {
        n.frozen = false;
    } else {
        n.tip = static_cast<std::uint64_t>(number(words.take()));
        n.tip_time = w.now;
    }
}

const Handlers kNode = {
    {"active", [](World& w, Words&) { w.node.flag = true; }},
    {"standby", [](World& w, Words&) { w.node.flag = false; }},
    {"quiet", [](World& w, Words&) { w.node.flag = false, w.node.quiet_at = {}; }},
    {"dies",
     [](World& w, Words&) {
         w.node.running = w.node.flag = false;
         w.node.quiet_at = {};
     }},
    {"starts",
     [](World& w, Words& words) { w.node.running = true, w.node.flag = words.is("active"); }},
    {"restarts", restart_node},
    {"blips",
     [](World& w, Words&) {  // both connections break, the process does not
         w.node.running = false;
         w.check_ports();
         w.node.running = true;
     }},
    {"ignores", [](World& w, Words&) { w.node.ignores_sets = true; }},
    {"ready", [](World& w, Words& words) { w.node.ready = flag(words.take()); }},
    {"admin", [](World& w, Words& words) { w.node.admin_refuses = !flag(words.take()); }},
    {"probe", [](World& w, Words& words) { w.node.probe_refuses = !flag(words.take()); }},
    {"key", [](World& w, Words& words) { w.node.operator_address = words.take(); }},
    {"tip", set_tip},
};

void run_node(World& w, Words& words) {
    dispatch(kNode, "node command", w, words);
    w.check_ports();
}

std::string left(const World& w, Instant at) {
    return at == kNever ? "no end in sight" : seconds(at - w.now) + " left";
}

void explain(World& w) {
    const auto& s = w.state;
    const auto& holder = s.known.view.holder;
    w.trace.line(w.now,
                 "  is " + std::string(name(s.role)) + "; record: " + describe(w.names, holder));
    if (s.role == Role::kLeader)
        w.trace.line(w.now, "  holds term " + std::to_string(s.holding.term.value) + ", " +
                                left(w, s.holding.valid_until));
    const auto blocked = blocked_because(w.policy, s, w.now);
    const auto judged = judge_record(w.policy, s, w.now);
    auto text = "  blocked: " + (blocked.none() ? "by nothing" : codes(blocked));
    if (!judged.open) text += "; " + std::string(code(judged.because)) + ": " + left(w, judged.at);
    if (!judged.open && judged.over) text += " or tip above " + std::to_string(judged.over->value);
    w.trace.line(w.now, text);
}

void store_holds(World& w) {
    const auto* h = w.store.find(w.keys.holder);
    const auto stored =
        h ? StoredRecord{Revision{h->mod_revision}, h->value, etcd::parse_holder(h->value)}
          : StoredRecord{};
    w.trace.line(w.now, "  holder: " + describe(w.names, stored));
    std::string queue;
    for (const auto& kv : w.store.range({w.keys.queue, etcd::prefix_end(w.keys.queue), true, 0}))
        queue += " " + w.names.key(kv.key);
    w.trace.line(w.now, "  queue:" + (queue.empty() ? " nobody" : queue));
    for (const auto& kv :
         w.store.range({w.keys.members, etcd::prefix_end(w.keys.members), false, 0})) {
        const auto name = kv.key.substr(w.keys.members.size());
        const auto record = etcd::parse_member(name, kv.value);
        w.trace.line(w.now,
                     "  member " + name + ": " + (record ? describe(*record) : "unreadable"));
    }
}

void run_etcd(World& w, Words& words) {
    if (words.is("away")) {
        w.store_away = true;
        w.watch(false);
    } else if (words.is("back")) {
        w.store_away = false;
        w.watch(true);
    } else {
        throw BadCommand("etcd away | etcd back");
    }
}

/// The usual beginnings, so that a story can start in the middle.
void given(World& w, Words& words) {
    static const std::map<std::string, std::vector<std::string>> kBeginnings = {
        {"a follower", {"node ready off", "start", "run 5s"}},
        {"a leader", {"start", "run until active"}},
        {"a leader with b behind",
         {"start", "run until active", "peer b queues follows", "run 3s"}},
        {"b leading", {"peer b queues follows", "peer b claims", "start", "run 35s"}},
        {"b leading with c behind",
         {"peer b queues follows", "peer b claims", "start", "run 35s", "peer c queues follows",
          "run 1s"}},
    };
    const auto which = words.rest();
    const auto it = kBeginnings.find(which);
    if (it == kBeginnings.end()) throw BadCommand("no such beginning: " + which);
    for (const auto& command : it->second) run_command(w, command);
    w.trace.take();
    w.trace.line(w.now, "a is " + std::string(name(w.state.role)) +
                            ", record: " + describe(w.names, w.state.known.view.holder));
}

const Handlers kCommands = {
    {"policy", set_policy},
    {"reload", [](World& w, Words& words) { set_policy(w, words), w.tell_core(Woke{}); }},
    {"given", given},
    {"start", [](World& w, Words&) { w.start(); }},
    {"kill", [](World& w, Words&) { w.kill(); }},
    {"freeze", [](World& w, Words& words) { w.freeze(duration(words.take())); }},
    {"run", run},
    {"never", never},
    {"next",
     [](World& w, Words& words) {
         const auto name = words.take();
         check_name(name);
         w.next[name].push_back(fate(words));
     }},
    {"every",
     [](World& w, Words& words) {
         const auto name = words.take();
         check_name(name);
         w.every[name] = fate(words);
     }},
    {"node", run_node},
    {"etcd", run_etcd},
    {"watch",
     [](World& w, Words& words) {
         words.is("behind") ? void(w.watch_lag = duration(words.take()))
                            : w.watch(flag(words.take()));
     }},
    {"peer", run_peer},
    {"store", run_store},
    {"chain", [](World& w, Words& words) { w.chain_moves = words.take() == "moves"; }},
    {"sigterm", [](World& w, Words&) { w.tell_core(ShutdownRequested{}); }},
    {"guardian", [](World& w, Words&) { w.tell_core(GuardianLost{}); }},
    {"explain", [](World& w, Words&) { explain(w); }},
    {"show", [](World& w, Words&) { store_holds(w); }},
};

}  // namespace

void run_command(World& world, const std::string& command) {
    Words words(command);
    dispatch(kCommands, "command", world, words);
    if (!words.done()) throw BadCommand("too many words: " + words.rest());
}

}  // namespace elector::scenarios
