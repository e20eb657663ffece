// Owns one simulated node: process life, active flag and its lock, consensus machine, requests.
// Must never talk to another node; it sees the chain and writes the world's log and answers.
// Thread rule: one thread. Every method runs at the world's present `t`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "simnode/model/chain.hpp"
#include "simnode/model/prng.hpp"
#include "simnode/model/types.hpp"

namespace elector::simnode {

/// What a node may touch outside itself.
struct NodeContext {
    Chain& chain;
    std::vector<LogEntry>& log;
    std::vector<Completion>& completions;
};

class Node {
  public:
    Node(NodeIndex index, const NodeParams& params, std::uint64_t seed);
    void boot(NodeContext& c, Instant t);  ///< the beginning of the world

    const NodeParams& params() const { return params_; }
    Instant next_event() const { return frozen_ ? kNever : earliest().at; }
    void run(NodeContext& c, Instant t);  ///< runs the one earliest thing that is due
    void on_chain_commit(const Chain& chain, Instant t);

    void begin(RequestId id, RequestKind kind, Instant t);
    void abandon(RequestId id);

    PortState admin_port(Instant t) const;
    PortState probe_port(Instant t) const;
    PortState web3_port(Instant t) const;
    Probe readiness(Instant t) const;
    const Gauges& gauges() const { return gauges_; }
    std::uint64_t messages() const { return messages_; }
    const Tip& tip() const { return tip_; }
    NodeView view() const;

    void stop(NodeContext& c, Instant t, bool host_lost);
    void terminate(NodeContext& c, Instant t);
    void start(NodeContext& c, Instant t, std::optional<bool> active);
    void freeze();
    void thaw(Instant t);
    void set_fault(SetFault kind, Duration delay) { set_fault_ = kind, set_delay_ = delay; }
    void hang_status(bool on) { hang_status_ = on; }
    void refuse_admin(bool on, Instant t);
    void refuse_web3(bool on) { web3_refused_ = on; }
    void force_unready(bool on) { forced_unready_ = on; }
    void hold_height(bool on, Instant t);
    void isolate(bool on, Instant t);
    void unsync(NodeContext& c, std::uint64_t blocks, Instant t);
    void set_wall_skew(Duration skew) { params_.wall_skew = skew; }
    void set_scheme(Scheme s) { params_.scheme = s; }
    void heal(Instant t);
    void release_parked(Instant t);

  private:
    enum class What : std::uint8_t {
        nothing,
        request,
        consensus_start,
        gauges,
        exit,
        tip,
        step_end,
        block,
        block_timeout,
        proposals,
        proposals_timeout,
        locks,
        locks_timeout,
        commits_timeout,
        prepare_event,
    };
    struct Due {
        Instant at = kNever;
        What what = What::nothing;
        std::size_t index = 0;
    };
    enum class Process : std::uint8_t { down, lost, up, stopping };
    /// What a prepare transition is doing; the machine's lock is held in all but `idle`.
    enum class Step : std::uint8_t {
        idle,
        minting,     ///< holds the read lock
        sleeping,    ///< holds the read lock
        clock_wait,  ///< own wall clock behind the tip: sleeps with the write lock
    };
    struct PrepareEvent {
        std::uint64_t height;
        std::uint32_t round;
        Instant created;
        Instant due;
    };
    struct Round {
        std::uint64_t height = 0;
        std::uint32_t number = 0;
        Instant start_wall{};  ///< by this node's clock
    };
    enum class Stage : std::uint8_t {
        arriving,
        delayed,
        lock_wait,
        machine_wait,
        answering,
        parked
    };
    struct Request {
        RequestId id;
        RequestKind kind;
        Stage stage;
        Instant due;
        bool answered;  ///< false: the client never hears of it
        bool ignored;   ///< 200 without effect
        Outcome outcome;
        bool active;
    };
    /// When the running round's stages end: by a message (even) or by its timeout (odd).
    using Plan = std::array<Instant, 7>;

    Due earliest() const;
    Due earliest_request(Due best) const;
    bool admin_listens(Instant t) const;
    PortState port(bool listens) const;
    void reset_process();
    void drop_requests(Outcome outcome, Instant t);

    // requests (node_requests.cpp)
    void run_request(NodeContext& c, std::size_t i, Instant t);
    void arrive(NodeContext& c, std::size_t i, Instant t);
    void enter_lock(NodeContext& c, std::size_t i, Instant t);
    void read_status(Request& r, Instant t);
    void answer(Request& r, Instant t, Outcome outcome, bool active);
    bool run_one_waiting_set(NodeContext& c, Instant t);
    void run_waiting_statuses(Instant t);
    void run_waiting(NodeContext& c, Instant t);
    void apply_set(NodeContext& c, Request& r, Instant t);
    bool set_waits() const;

    // consensus (node_consensus.cpp)
    void start_consensus(NodeContext& c, Instant t);
    void on_tip(NodeContext& c, Instant t);
    void on_gauges(Instant t);
    void push_prepare(Instant due, Instant t);
    void back_to_prepare(Instant t);
    void handle_prepare(NodeContext& c, std::size_t i, Instant t);
    void prepare(NodeContext& c, Instant t);
    Round compute_round(const Chain& chain, Instant wall) const;
    void end_step(NodeContext& c, Instant t);
    void sleep_or_finish(NodeContext& c, Instant t);
    void finish_prepare(NodeContext& c, Instant t);
    void join_round(NodeContext& c, Instant t);
    void plan_round(NodeContext& c, Instant t);
    void run_stage(NodeContext& c, What what, Instant t);
    void endorse_proposal(NodeContext& c, bool received, Instant t);
    void emit(NodeContext& c, EntryKind kind, Instant t);
    bool height_held() const { return held_ || isolated_ || unsynced_; }

    NodeParams params_;
    NodeIndex index_;
    Prng rng_;

    Process process_ = Process::down;
    Instant process_start_{};
    std::uint32_t starts_ = 0;
    Instant probe_at_ = kNever;
    Instant consensus_at_ = kNever;  // kNever again once it ran
    bool consensus_runs_ = false;
    Instant admin_at_ = kNever;
    Instant exit_at_ = kNever;
    bool frozen_ = false;

    bool flag_ = false;
    MachineState machine_ = MachineState::initial;
    Step step_ = Step::idle;
    Instant step_until_ = kNever;
    Instant prepare_began_{};
    bool proposing_ = false;
    bool has_block_ = false;
    Round round_;
    std::uint64_t minted_height_ = 0;
    std::vector<PrepareEvent> events_;
    Plan plan_{};

    Tip tip_;
    Instant tip_due_ = kNever;
    std::uint64_t target_height_ = 0;
    bool ready_ = true;
    Gauges gauges_;
    Instant gauges_at_ = kNever;
    std::uint64_t messages_ = 0;

    std::vector<Request> requests_;
    SetFault set_fault_ = SetFault::none;
    Duration set_delay_{};
    bool hang_status_ = false;
    bool admin_refused_ = false;
    bool web3_refused_ = false;
    bool forced_unready_ = false;
    bool held_ = false;
    bool isolated_ = false;
    bool unsynced_ = false;
};

}  // namespace elector::simnode
