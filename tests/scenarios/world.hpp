// Owns the world of one story: virtual time, one real core, a small etcd, a small node, other
// members as scripted keys, and the fate of each operation. Must never decide for the core. Thread
// rule: one thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "core/step.hpp"
#include "etcd/transactions.hpp"
#include "scenarios/tiny_node.hpp"
#include "scenarios/tiny_store.hpp"
#include "scenarios/trace.hpp"

namespace elector::scenarios {

/// What becomes of one operation.
struct Verdict {
    enum class Fate {
        kNormal,
        kLost,         ///< done at once, the answer is lost
        kDropped,      ///< never done, no answer
        kLate,         ///< done after `by`, the answer is lost
        kSlow,         ///< done and answered after `by`
        kRefused,      ///< a definite no
        kTwice,        ///< answered twice
        kIneffective,  ///< answered as done, nothing done (a set)
        kNotSent       ///< nothing left this host (node)
    };
    Fate fate = Fate::kNormal;
    model::Duration by{};
};

/// Another member, as far as its keys show.
struct Peer {
    model::MemberRecord record;
    std::string key;
    bool follows = false;  ///< publishes the chain's tip with every block
    bool there = false;
};

class World {
  public:
    World();

    // --- the process
    void start();
    void kill();
    void tell_core(const model::Event& event);
    void freeze(model::Duration d) { frozen_until_ = now + d; }
    /// Until `end`, or until `stop` says so. Returns what `stop` said last.
    bool run_until(model::Instant end, const std::function<bool()>& stop);

    // --- the world outside
    void commit(std::vector<etcd::Op> ops);
    void watch(bool loud);
    void check_ports();
    void publish(const Peer& peer);
    /// Sends the store's news to the core's watch.
    void spread();

    model::Policy policy;
    core::State state;
    bool running = false;
    TinyStore store;
    TinyStore backup;
    TinyNode node;
    etcd::Keys keys{"/iotex-server"};
    std::map<std::string, Peer> peers;
    std::map<std::string, Verdict> every;
    std::map<std::string, std::deque<Verdict>> next;
    std::set<std::string> seen;  ///< names of effects and notices since it was last cleared
    bool store_away = false;
    model::Duration watch_lag = std::chrono::milliseconds(3);
    bool chain_moves = true;
    std::uint64_t height = 100;
    Trace trace;
    Names names;
    model::Instant now;

  private:
    using Action = std::function<void()>;
    struct Due {
        model::Instant at;
        std::uint64_t order;
        Action action;
        bool operator<(const Due& o) const { return at != o.at ? at > o.at : order > o.order; }
    };
    using Commit = std::pair<model::Revision, std::vector<etcd::WatchEvent>>;
    struct Operation {
        std::string name;
        Verdict verdict;
        model::Duration latency{}, timeout{};
        std::function<model::Event()> run;
        model::Event failed, refused;
    };

    void after(model::Duration d, Action action);
    void deliver(const model::Event& event, const std::string& name, bool told);
    void step(const model::Event& event);
    void perform(const model::Effect& effect);
    void carry_out(const model::Effect& effect, const std::string& name, const Verdict& verdict);
    bool lease_operation(const model::Effect& effect, const std::string& name, const Verdict& v);
    bool node_operation(const model::Effect& effect, const std::string& name, const Verdict& v);
    bool fence_operation(const model::Effect& effect, const std::string& name, const Verdict& v);
    bool query_operation(const model::Effect& effect, const std::string& name, const Verdict& v);
    void launch(Operation op);
    void watch_keys(const model::Effect& effect);
    void change_watch(const model::WatchElection& watch);
    void tell_watch(const Commit& commit);
    Verdict take(const std::string& name);
    void tick_chain();
    void watch_port(model::NodePort port, bool open, bool& connected);
    void retry_port(model::NodePort port);

    std::priority_queue<Due> queue_;
    std::uint64_t order_ = 0;
    std::uint64_t life_ = 0;  ///< of the process; answers to an earlier one are dropped
    std::uint64_t connection_ = 1;
    model::Instant frozen_until_;
    bool watch_loud_ = true;
    model::WatchElection watching_;
    std::vector<Commit> history_;
    bool admin_connected_ = false, probe_connected_ = false;
    std::optional<bool> told_active_;
    std::set<model::Term> spent_;  ///< candidate keys that have claimed
};

}  // namespace elector::scenarios
