// Owns one run: the main loop in virtual time, the members with their processes, and the outcome.
// Must never read a real clock; everything follows from the plan. Thread rule: one thread per run.
#pragma once

#include <memory>
#include <vector>

#include "sim/checks.hpp"
#include "sim/guardian.hpp"
#include "sim/hub.hpp"
#include "sim/member.hpp"
#include "sim/node_adapter.hpp"
#include "sim/store_adapter.hpp"

namespace elector::sim {

struct Outcome {
    std::optional<Violation> violation;
    std::uint64_t hash = 0;
    Counts counts;
    Duration length{};     ///< virtual time that was simulated
    Duration converged{};  ///< from healing until one node stayed active
};

class Simulation final : private StoreObserver, private NodeObserver, private GuardianHost {
  public:
    explicit Simulation(const Plan& plan, Mutant mutant = Mutant::kNone, bool told = false);
    Outcome run();

  private:
    // main loop
    void dispatch(const Task& task);
    void advance_world(Time t);
    void read_log();

    // electors
    void start_member(std::uint8_t m);
    void stop_member(std::uint8_t m);
    void deliver(std::uint8_t m, std::uint64_t incarnation, const model::Event& event);
    void step(std::uint8_t m, const model::Event& event);
    void carry_out(std::uint8_t m);
    void carry_out(std::uint8_t m, const model::Effect& effect);
    void schedule_wake(std::uint8_t m);
    void wake(std::uint8_t m);
    void freeze_member(std::uint8_t m);
    void thaw_member(std::uint8_t m);
    void exited(std::uint8_t m, int code);
    void service(std::uint8_t m);
    void pump_watches();
    void watch_delivery(std::uint8_t m);
    void connect_watch(std::uint8_t m, Duration after);
    void change_watch(std::uint8_t m, const model::WatchElection& effect);
    void lose_watch(std::uint8_t m);
    void miss_guardian(std::uint8_t m, std::uint64_t life);
    void guardian_gone(std::uint8_t m, bool frozen, Duration after);

    // faults (faults.cpp)
    void begin_fault(std::uint32_t index);
    std::optional<std::uint8_t> leader() const;
    void happened(Trigger trigger, std::uint8_t member);
    void end_fault(std::uint32_t index);
    bool apply_store_fault(const Fault& f, bool on);
    bool apply_order(const Fault& f, bool on);
    bool apply_process_fault(const Fault& f, bool on);
    bool apply_host_fault(const Fault& f, bool on);
    bool apply_node_fault(const Fault& f, bool on);
    bool apply_set_fault(const Fault& f, bool on);
    bool apply_health_fault(const Fault& f, bool on);
    void put(const std::string& key, std::string value, std::int64_t lease = 0);
    void remove(const std::string& key, const std::string& end = {});
    std::string candidate_key(std::uint8_t m) const;
    std::int64_t lease_id(std::uint8_t m) const;
    void release_sets(std::uint8_t m);
    void foreign(std::uint8_t m);
    void restore(const Fault& f);
    void replace_store(const Fault& f);
    void accept_store();
    void restart_elector(std::uint8_t m);
    void heal();
    void bootstrap();
    void look();
    void update_excuses();
    void judge_convergence();

    // the fence command (fencing.cpp)
    void order_fence(std::uint8_t m, const model::RunFence& order);
    void fence_job(const Task& task);
    void fence_over(const Task& task);
    void bring_back(std::uint8_t m);

    // StoreObserver
    void on_executed(const StoreOp& op, const model::Event& event) override;
    void on_completed(const StoreOp& op, model::Event event) override;
    void on_store_changed() override { pump_watches(); }
    // NodeObserver
    MaySend may_send(const NodeOp& op) override;
    void on_set_leaves(const NodeOp& op) override;
    void on_answer(const NodeOp& op, const model::Event& event) override;
    void on_port(std::uint8_t member, std::uint64_t incarnation,
                 const model::PortChanged& event) override;
    // GuardianHost
    bool elector_runs(std::uint8_t m) const override { return members_[m].running; }
    bool elector_speaks(std::uint8_t m) const override {
        return members_[m].works() && !members_[m].state.guardian_lost;
    }
    bool elector_wanted(std::uint8_t m) const override { return members_[m].wanted; }
    void kill_elector(std::uint8_t m) override { stop_member(m); }
    void start_elector(std::uint8_t m) override { start_member(m); }
    void ask_node(std::uint8_t m, std::uint64_t life, NodeAsk ask) override;
    void ask_store(std::uint8_t m, std::uint64_t life, const model::Effect& effect) override;
    void run_fence(std::uint8_t m, std::uint64_t life) override;
    void fence_answered(std::uint8_t m, bool success) override;
    std::uint64_t incarnation(std::uint8_t m) const override { return members_[m].incarnation; }

    /// The holder record is not what it was. Nobody can write UNFENCED over it any more.
    void record_lost();

    struct NodeFaults {
        int deaf = 0;  ///< faults under which a set does not reach the node's consensus
        bool frozen = false;
        bool down = false;
        bool hung_activation = false;
        bool lands_at_thaw = false;      ///< what hung was let go while the node was frozen
        bool fenced = false;             ///< its process was ended by a fence command
        bool deaf_alone = false;         ///< deaf, may sign, and nobody there can tell etcd
        bool had_time = false;           ///< to write UNFENCED, since the node cannot be fenced
        bool record_lost = false;        ///< the store has forgotten what its member holds
        std::int64_t foreign_lease = 0;  ///< an older elector runs on this host; 1: starting
        bool foreign_active = false;
        Time excused_until{};
    };

    Hub hub_;
    Checks checks_;
    std::vector<Member> members_;
    std::vector<Guardian> guardians_;
    std::vector<NodeFaults> nodes_;
    std::vector<Fault> faults_;           ///< of the plan, with the member that was hit
    std::vector<std::uint32_t> waiting_;  ///< faults whose trigger has not come
    std::vector<bool> fault_on_;
    StoreAdapter store_;
    NodeAdapter node_;
    model::Effects effects_;
    std::size_t log_read_ = 0;
    bool healed_ = false;
    bool finished_ = false;
    Time converged_since_ = kNoTime;
    std::uint8_t converged_on_ = 0;
    Duration converged_{};
    std::uint64_t writes_at_convergence_ = 0;
};

Outcome simulate(const Options& options, Mutant mutant = Mutant::kNone, bool told = false);

}  // namespace elector::sim
