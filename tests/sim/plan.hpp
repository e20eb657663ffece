// Owns everything that is decided before a run begins: group, clocks, chain, faults; all from one
// seed. Must never look at a running simulation. Thread rule: values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/policy.hpp"
#include "sim/time.hpp"
#include "simnode/model/types.hpp"

namespace elector::sim {

enum class FaultKind : std::uint8_t {
    // between member and etcd
    kPartition,
    kRequestsLost,
    kRepliesLost,
    kLossy,
    kSlowStore,
    kLateStore,
    kWatchCut,
    kWatchLag,
    // etcd itself
    kEtcdOutage,
    kEtcdElection,
    kLeaseEarly,
    kLeaseLate,
    kStaleKeepAlive,
    kStoreRefuses,
    kDuplicates,
    // operators
    kDeleteCandidate,
    kDeletePrefix,
    kRestore,
    kPause,
    kSwitchover,
    kReload,
    // processes and hosts
    kKillElector,
    kFreezeElector,
    kKillGuardian,
    kFreezeGuardian,
    kSlowGuardian,
    kHostLoss,
    kHostFreeze,
    kShutdown,
    // nodes
    kNodeCrash,
    kNodeRestart,
    kNodeFreeze,
    kSlowSet,
    kLateSet,
    kHungSet,
    kIgnoreSet,
    kHangStatus,
    kRefuseAdmin,
    kRefuseWeb3,
    kUnready,
    kFreezeHeight,
    kIsolate,
    // the chain
    kChainStall,
    // clocks
    kWallStep,
    // only when asked for: rare, or outside what the protocol can promise
    kNodeActive,
    kOperatorSet,
    kOtherOperator,
    kForeign,
    kReplaceStore,
    kSameName,
    kPortClash,
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kPortClash) + 1;
std::string_view name(FaultKind kind);

/// What a fault waits for once its time has come.
enum class Trigger : std::uint8_t {
    kNothing,
    kClaimed,       ///< the store has executed a claim
    kActivating,    ///< an activation leaves a host
    kDeactivating,  ///< a deactivation leaves a host
    kDeciding,      ///< the core asks for an activation; nothing has left yet
    kMarked,        ///< the store has executed a drained marker
};
inline constexpr std::uint64_t kTriggers = 5;  ///< beside kNothing

struct Fault {
    Time at{};
    Trigger trigger = Trigger::kNothing;
    Duration offset{};  ///< after the trigger
    Duration lasts{};
    FaultKind kind{};
    std::uint8_t member = 0;
    bool at_cause = false;     ///< hits whoever leads, or caused the trigger, else `member`
    Duration delay{};          ///< where the kind has one
    std::uint64_t number = 0;  ///< where the kind has one
};

/// What the operators' fence command is worth.
enum class FencePlan : std::uint8_t {
    kNone,   ///< there is no command
    kKills,  ///< it ends the node's process
    kFails,
    kLies  ///< it says success and does nothing
};

struct HostPlan {
    HostClock clock;
    Duration wall_skew{};
    int priority = 0;
};

/// Where the faults of a run are drawn from.
enum class Theme : std::uint8_t {
    kSwarm,     ///< all kinds, half of them off by the seed
    kCutOff,    ///< the schedules that the waits are made for: a leader that cannot know it is over
    kHandOver,  ///< many clean hand-overs and node deaths in a row
    kStuck,     ///< a node that cannot be brought to standby, and then its host is cut off
    kOdd,       ///< swarm, with older electors, nodes that start active, an operator's curl
    kCalm,      ///< no faults
    kSetBack,   ///< backups restored and prefixes deleted right after hand-overs
};
std::string_view name(Theme theme);
std::optional<Theme> find_theme(std::string_view name);

/// What a run is drawn from besides the seed.
struct Options {
    std::uint64_t seed = 1;
    Theme theme = Theme::kSwarm;
    int members = 0;        ///< 0: by seed
    std::size_t front = 0;  ///< of a crowd; 0: as in production
    /// Only these faults of those drawn, by their place in time; none: all.
    std::optional<std::vector<std::size_t>> keep;
};

struct Plan {
    std::uint64_t seed = 0;
    std::uint8_t members = 3;
    bool fast = false;
    bool guardian = true;
    bool web3 = true;
    bool bootstrap = true;
    bool calm = false;  ///< no faults at all
    std::size_t front = 0;
    FencePlan fence = FencePlan::kNone;
    Duration fence_takes{};
    simnode::ChainParams chain;
    simnode::NodeParams node;
    std::vector<HostPlan> hosts;
    std::vector<Fault> faults;
    Time start{};
    Time heal_at{};
    Duration bound{};   ///< from healing to exactly one active node
    Duration stable{};  ///< and so long it has to stay
};

Plan make_plan(const Options& options);
model::Policy make_policy(const Plan& plan, std::uint8_t member);
std::string member_name(std::uint8_t member);

}  // namespace elector::sim
