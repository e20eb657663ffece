// Owns the vocabulary of the node model: virtual time, parameters, requests, answers, log entries.
// Must never read a clock, allocate on a hot path or depend on anything but the standard library.
// Thread rule: values only.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace elector::simnode {

using namespace std::chrono_literals;

/// Spans and instants of virtual time. Unit: nanoseconds; instants count from the chain's epoch 0.
using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::nanoseconds;
inline constexpr Instant kNever = Instant::max();

using NodeIndex = std::uint32_t;
using RequestId = std::uint64_t;

/// Both ends included.
struct Range {
    Duration min{};
    Duration max{};
};

/// The chain all nodes of the group are on. Slots start every `block_interval` from epoch 0; a slot
/// decides one round of the next height. Other delegates always deliver unless a stall is ordered.
struct ChainParams {
    std::uint64_t seed = 1;
    Duration block_interval = 2500ms;
    std::uint32_t producers = 24;           ///< proposals rotate over this many delegates
    std::uint32_t blocks_per_epoch = 1440;  ///< the rotation is reshuffled every epoch
    std::uint64_t genesis_height = 1000;    ///< height of the (virtual) block of slot 0
    /// True: a slot of ours without a proposal in time repeats the height with the next round.
    /// False: the height is a pure function of time (and of ordered stalls), so that several
    /// processes compute the same chain.
    bool own_slots_matter = true;
    Range commit{570ms, 1380ms};       ///< commit of a block after its slot's start
    std::uint32_t slow_permille = 25;  ///< share of slots with a slow commit instead
    Range slow_commit{1380ms, 2360ms};
    Duration propose_deadline = 800ms;  ///< a later proposal of ours is ignored by the others

    /// The same chain with every span scaled to another block interval.
    ChainParams scaled_to(Duration interval) const;
};

enum class Scheme : std::uint8_t { rolldpos, noop };

struct NodeParams {
    std::string name;              ///< empty: "node<index>"
    std::string operator_address;  ///< empty: one common to the group
    std::string version = "v2.4.4";
    Duration wall_skew{};        ///< this node's wall clock minus true time
    bool starts_active = false;  ///< system.active
    bool already_up = true;      ///< at world start: booted, synced, all ports open
    Scheme scheme = Scheme::rolldpos;
    bool older_version = false;  ///< before v1.10.1: prepare looks at the flag first, no leftover
    std::uint32_t peers = 37;

    Duration probe_boot = 50ms;      ///< process start to open probe port
    Duration consensus_boot = 8s;    ///< process start to running consensus, sync and web3 port
    Duration admin_boot = 12s;       ///< process start to open admin port
    Duration start_delay = 5s;       ///< consensus.rollDPoS.delay: first prepare when active
    Duration shutdown = 500ms;       ///< SIGTERM to exit (admin port closes at once)
    Range sync{300ms, 1500ms};       ///< catching up with the chain after a start or a heal
    Range tip_latency{20ms, 120ms};  ///< commit on the chain to this node's own tip
    Range mint{30ms, 700ms};
    Duration block_ttl = 800ms;  ///< sub-timeouts of a round
    Duration proposal_ttl = 800ms;
    Duration lock_ttl = 450ms;
    Duration commit_ttl = 450ms;
    Duration tolerated_overtime = 2s;
    Duration unmatched_ttl = 1500ms;      ///< life of a leftover prepare event
    Duration unmatched_interval = 100ms;  ///< its retries
    Range queue_hop{2us, 20us};           ///< event queued to event handled
    Range http{100us, 500us};             ///< each way between client and handler
    Duration gauge_interval = 10s;
    Duration ready_max_age = 10s;

    /// Consensus spans (not boot, gauges, HTTP) scaled from 2.5 s to another block interval.
    NodeParams scaled_to(Duration interval) const;
};

enum class RequestKind : std::uint8_t { status, activate, deactivate, set_unknown };

enum class Outcome : std::uint8_t {
    ok,       ///< HTTP 200; `active` is meaningful for a status only
    refused,  ///< nothing listens on the admin port
    reset,    ///< accepted, then the process died or dropped its connections
};

/// The answer to one admin request. A hung request has none.
struct Completion {
    RequestId request = 0;
    NodeIndex node = 0;
    RequestKind kind = RequestKind::status;
    Outcome outcome = Outcome::ok;
    bool active = false;
    Instant at{};
    bool operator==(const Completion&) const = default;
};

enum class EntryKind : std::uint8_t {
    proposal,
    proposal_endorsement,
    lock_endorsement,
    commit_endorsement,
    active_on,   ///< the flag rose (by request or by configuration at process start)
    active_off,  ///< the flag fell by request
    start,       ///< the process started (its flag is false until an active_on follows)
    stop,        ///< the process ended; its flag is gone with it
};

constexpr bool is_signature(EntryKind k) { return k <= EntryKind::commit_endorsement; }

/// One line of the append-only log. Height and round are 0 unless it is a signature.
struct LogEntry {
    Instant time{};
    NodeIndex node = 0;
    EntryKind kind = EntryKind::proposal;
    std::uint64_t height = 0;
    std::uint32_t round = 0;
    bool operator==(const LogEntry&) const = default;
};

struct Tip {
    std::uint64_t height = 0;
    Instant timestamp{};  ///< start of the slot that decided it (true time)
    bool operator==(const Tip&) const = default;
};

/// What a client of one TCP port meets.
enum class PortState : std::uint8_t {
    open,
    refused,
    silent,  ///< frozen process or lost host: nothing is answered
};

enum class Probe : std::uint8_t { ok, fail, refused, silent };

/// As of the last gauge tick; absent before the first one.
struct Gauges {
    bool present = false;
    std::uint64_t height = 0;
    std::uint64_t target_height = 0;
    std::uint32_t peers = 0;
};

enum class MachineState : std::uint8_t {
    initial,
    accept_block,
    accept_proposal_endorsements,
    accept_lock_endorsements,
    accept_commit_endorsements,
};

/// The inside of a node, for tests, invariants and displays. Never to be shown to a controller.
struct NodeView {
    bool running = false;  ///< a process exists
    bool frozen = false;
    bool flag = false;  ///< the active flag
    MachineState machine = MachineState::initial;
    bool preparing = false;  ///< minting or sleeping to a round start
    bool may_sign = false;   ///< flag, round or leftover prepare: something could still go out
    std::uint64_t round_height = 0;
    std::uint32_t round_number = 0;
    Tip tip;
    Instant process_start{};
    std::uint32_t starts = 0;    ///< processes started so far
    std::uint64_t messages = 0;  ///< consensus messages sent by this process
};

/// What happens to set requests that arrive from now on.
enum class SetFault : std::uint8_t {
    none,
    slow,    ///< `delay` late, then answered
    late,    ///< `delay` late, never answered
    hang,    ///< parked until healed; then it takes effect
    ignore,  ///< answered 200 without effect
};

}  // namespace elector::simnode
