// Owns a chain and the nodes of one delegate group on it, in virtual time, deterministic per seed.
// Must never read a clock or any randomness but its seeds; no I/O.
// Thread rule: one thread; every call that takes `now` first runs all that is due up to it
// (a `now` in the past counts as the present).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "simnode/model/chain.hpp"
#include "simnode/model/node.hpp"
#include "simnode/model/types.hpp"

namespace elector::simnode {

class World {
  public:
    World(const ChainParams& chain, std::span<const NodeParams> nodes, Instant start = Instant{0});

    Instant now() const { return now_; }
    /// When `advance` has something to do; never earlier than now(); kNever is impossible.
    Instant next_event() const;
    void advance(Instant now);

    std::size_t size() const { return nodes_.size(); }
    const NodeParams& params(NodeIndex n) const { return nodes_[n].params(); }
    const ChainParams& chain_params() const { return chain_.params(); }

    // --- admin port ---
    RequestId begin_status(NodeIndex n, Instant now);
    RequestId begin_set(NodeIndex n, bool value, Instant now);
    RequestId begin_set_unknown(NodeIndex n, Instant now);
    /// The client went away: no completion, but a set still takes effect.
    void abandon(NodeIndex n, RequestId id);
    /// Answers in the order they reached the client.
    std::optional<Completion> next_completion();

    // --- the other ports ---
    PortState admin_port(NodeIndex n, Instant now);
    PortState probe_port(NodeIndex n, Instant now);
    PortState web3_port(NodeIndex n, Instant now);
    Probe readiness(NodeIndex n, Instant now);
    /// As /metrics shows them (10 s old at worst). Only meaningful while probe_port is open.
    Gauges gauges(NodeIndex n, Instant now);
    std::uint64_t message_counter(NodeIndex n, Instant now);
    /// The exact tip, as web3 gives it. Only meaningful while web3_port is open.
    Tip tip(NodeIndex n, Instant now);

    // --- the truth (tests, invariants, displays) ---
    NodeView view(NodeIndex n, Instant now);
    Tip chain_tip(Instant now);
    bool made_by_us(std::uint64_t height) const { return chain_.made_by_us(height); }
    /// Everything signed and every flag change since the last clear_log(), in order of time.
    const std::vector<LogEntry>& log() const { return log_; }
    void clear_log() { log_.clear(); }

    // --- faults ---
    // A restart ends what is inside the process: set and status faults, a forced 503, a frozen or
    // old tip. Network, port and clock faults stay until healed.
    /// The process ends at once: connections reset, ports refuse.
    void crash(NodeIndex n, Instant now);
    /// The host is gone: nothing is answered, not even a refusal. `restart` brings it back.
    void lose_host(NodeIndex n, Instant now);
    /// SIGTERM: admin port closes and signing ends at once, the process a little later.
    void terminate(NodeIndex n, Instant now);
    /// Starts the process (ending a running one first). Without `active` its configuration rules.
    void restart(NodeIndex n, Instant now, std::optional<bool> active = std::nullopt);
    /// SIGSTOP: connections stay, requests pile up, timers fire on thaw.
    void freeze(NodeIndex n, Instant now);
    void thaw(NodeIndex n, Instant now);
    void set_fault(NodeIndex n, SetFault kind, Duration delay, Instant now);
    void hang_status(NodeIndex n, bool on, Instant now);
    /// The admin port refuses (and drops what it has) while the node lives on.
    void refuse_admin(NodeIndex n, bool on, Instant now);
    void refuse_web3(NodeIndex n, bool on, Instant now);
    /// /readiness says 503 whatever the tip does.
    void force_unready(NodeIndex n, bool on, Instant now);
    /// Commits stop (as with /pause): the tip freezes, the node stays READY and goes on signing.
    void freeze_height(NodeIndex n, bool on, Instant now);
    /// No peers: the tip freezes and what it signs reaches nobody (it is logged all the same).
    void isolate(NodeIndex n, bool on, Instant now);
    /// The tip falls back by `blocks` and stays there until heal or a positive freeze_height
    /// change.
    void unsync(NodeIndex n, std::uint64_t blocks, Instant now);
    void set_wall_skew(NodeIndex n, Duration skew, Instant now);
    /// For requests at once; whether it signs is settled at the next start.
    void set_scheme(NodeIndex n, Scheme scheme, Instant now);
    /// Ends every fault of this node except crash, freeze, skew and scheme.
    void heal(NodeIndex n, Instant now);
    /// No slot that starts in [now, until) decides anything.
    void stall_chain(Instant now, Instant until);
    /// Whether the delegate is among the producers (from the next round on).
    void set_delegate(bool on, Instant now);

  private:
    void run_chain(Instant t);
    void refresh(NodeIndex n);
    RequestId begin(NodeIndex n, RequestKind kind, Instant now);
    Node& at(NodeIndex n, Instant now);
    template <class Change>
    void change(NodeIndex n, Instant now, Change&& apply);

    Chain chain_;
    std::vector<Node> nodes_;
    std::vector<Instant> due_;  // cached per node
    std::vector<LogEntry> log_;
    std::vector<Completion> completions_;
    std::size_t completions_read_ = 0;
    Instant now_{};
    RequestId last_request_ = 0;
};

}  // namespace elector::simnode
