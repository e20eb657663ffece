// Owns everything the core can be told: past tense, plain values.
// Every completion carries the OpId of the effect that asked for it and comes exactly once.
// Thread rule: values only.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/election_view.hpp"
#include "model/ids.hpp"

namespace elector::model {

/// How an operation on the store ended.
enum class StoreOutcome : std::uint8_t {
    kDone,         ///< committed
    kGuardFailed,  ///< a definite no: the transaction's conditions did not hold
    kLeaseGone,    ///< a definite no: the lease does not exist
    kRefused,      ///< a definite no for another reason (rights, quota); says nothing of the keys
    kUnknown       ///< may have been done, or may still be done
};

enum class NodeFailure : std::uint8_t { kNone, kRefused, kTimedOut, kBroken, kMalformed };

/// Time went by, or the adapter wants the state looked at again.
struct Woke {};
struct ShutdownRequested {};

// --- store
struct LeaseAnswered {  ///< to GrantLease and KeepLeaseAlive
    OpId op;
    StoreOutcome outcome{};
    Duration ttl{};  ///< as granted; 0 or less from a keep-alive: the lease is gone
};
struct LeaseRevoked {
    OpId op;
    StoreOutcome outcome{};
};
struct ElectionRead {
    OpId op;
    StoreOutcome outcome{};
    ElectionView view;   ///< when kDone
    std::string bell{};  ///< of a crowd: the key that was asked for with `before`; empty: none
};
struct StoreChanged {  ///< one whole watch batch
    Revision revision;
    std::vector<Change> changes;
    OpId watch{};  ///< which; 0: the first
};
/// The watch goes on. With a gap it has missed something for good; look again in any case.
struct WatchResumed {
    bool gap = true;
};
struct TxnAnswered {  ///< to Register, Queue, Release, Depose, PublishMember, RecordDoubleActive
    OpId op;
    StoreOutcome outcome{};
    Revision revision;
    std::optional<MemberEntry> member;  ///< Register: who has the name, when the guard failed
};
struct RecordAnswered {  ///< to Claim, Confirm, Drain, MarkUnfenced, RecordForeign, ClearForeign
    OpId op;
    StoreOutcome outcome{};
    StoredRecord holder;  ///< kDone: as it stands now; kGuardFailed: what was found
};

// --- node
struct StatusRead {
    OpId op;
    NodeFailure failure{};
    bool active = false;
    ConnectionId connection;
};
struct SetAnswered {  ///< to Deactivate and Activate; a 200 proves only that it was handled
    OpId op;
    NodeFailure failure{};
    bool not_sent = false;  ///< definitely nothing left this host
};
struct ReadinessRead {
    OpId op;
    NodeFailure failure{};
    bool ready = false;
};
struct TipRead {
    OpId op;
    NodeFailure failure{};
    Height height;
    Duration age{};  ///< now minus the block's time stamp, wall clock of this host
};
struct MetricsRead {
    OpId op;
    NodeFailure failure{};
    std::optional<Height> height;  ///< up to 10 s old
    std::optional<Height> target;  ///< highest block seen from peers
    std::string operator_address;
};
enum class NodePort : std::uint8_t { kAdmin, kProbe };
enum class PortState : std::uint8_t { kConnected, kLost, kRefused, kUnreachable };
struct PortChanged {
    NodePort port{};
    PortState state{};
};

// --- guardian
struct GuardianArmed {
    OpId op;
};
struct GuardianLost {};

// --- fence command
struct FenceAnswered {  ///< to RunFence
    OpId op;
    bool success = false;  ///< exit code 0, which proves nothing of the node
};

using Event =
    std::variant<Woke, ShutdownRequested, LeaseAnswered, LeaseRevoked, ElectionRead, StoreChanged,
                 WatchResumed, TxnAnswered, RecordAnswered, StatusRead, SetAnswered, ReadinessRead,
                 TipRead, MetricsRead, PortChanged, GuardianArmed, GuardianLost, FenceAnswered>;

}  // namespace elector::model
