// Owns everything the core can ask for: imperative, plain values. The runner does exactly what an
// effect says and posts exactly one completion for each that carries an OpId.
// Thread rule: values only.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "model/notice.hpp"
#include "model/record.hpp"
#include "model/transition_table.hpp"

namespace elector::model {

// --- store (transactions: etcd/transactions; names as in the protocol)
struct GrantLease {
    OpId op;
    LeaseId lease;
    Duration ttl{};
};
struct KeepLeaseAlive {
    OpId op;
    LeaseId lease;
};
struct RevokeLease {
    OpId op;
    LeaseId lease;
};
struct ReadElection {
    OpId op;
    /// 0: everything. Else, of a group of more members than this, only its front.
    std::size_t front = 0;
    /// Of the queue only these keys, which were its first when it was read last; empty: its first.
    std::vector<std::string> queue{};
    std::vector<std::string> keys{};     ///< other candidate keys
    std::vector<std::string> members{};  ///< names; of a crowd no others are read
    Revision before{};  ///< and the key `front` places before the one of this create revision
};
struct Register {
    OpId op;
    LeaseId lease;
    MemberRecord record;
    Revision
        expected_mod;  ///< 0: the name must be free; else the record of my instance at this mod
    std::string stale_key{};  ///< an earlier candidacy of ours, to be deleted; empty: none
};
struct PublishMember {
    OpId op;
    LeaseId lease;
    MemberRecord record;
    Revision expected_mod;
    /// Of the holder record, which must be the one we know: said of an active node, so that it is
    /// never said later than it was true.
    std::optional<Revision> holder_mod{};
};
struct Queue {
    OpId op;
    LeaseId lease;
    MemberRecord record;  ///< names the candidate key
    Revision expected_mod;
};
struct Release {  ///< only for a key that never claimed
    OpId op;
    LeaseId lease;
    std::string key;
    Revision create;
    MemberRecord record;
};
struct Depose {
    OpId op;
    std::string key;
    Revision create;
    StoredRecord holder;
};
struct Claim {
    OpId op;
    std::string key;
    Revision create;
    StoredRecord found;  ///< guards: mod and bytes
    HolderRecord record;
};
struct Confirm {
    OpId op;
    std::string key;
    Revision create;
    Revision holder_mod;
};
struct Drain {
    OpId op;
    StoredRecord found;
    HolderRecord record;
    std::string key;  ///< candidate key to delete; empty: none
    HistoryEntry history;
};
struct MarkUnfenced {
    OpId op;
    StoredRecord found;
    HolderRecord record;
};
struct RecordForeign {
    OpId op;
    StoredRecord found;
    ForeignKey foreign;
    HolderRecord record;
};
struct ClearForeign {
    OpId op;
    StoredRecord found;
    ForeignKey gone;
    HolderRecord record;
};
/// Written once for each term and pair of members.
struct RecordDoubleActive {
    OpId op;
    HistoryEntry entry;
};

// --- node
struct QueryStatus {
    OpId op;
    bool fresh_connection = false;
};
struct Deactivate {
    OpId op;
};
struct Activate {
    OpId op;
    ConnectionId connection;  ///< the very one that answered `false`
    Instant not_after;        ///< judged again right before the bytes leave
};
struct ReadReadiness {
    OpId op;
};
struct ReadTip {
    OpId op;
};
struct ReadMetrics {
    OpId op;
};

// --- guardian
struct ArmGuardian {
    OpId op;
    Instant valid_until;
    Term term;
    Nonce nonce;
    LeaseId lease;
    std::string key;
    StoredRecord holder;
    Instant gate_open_at{};  ///< of the gate that was passed by height: when time alone opens it
};
/// It lets go by itself until then; once standby is confirmed it may take any time.
struct TellGuardianDraining {
    Instant deadline;
    bool standby = false;
};
struct DisarmGuardian {};

/// The operator's command that makes sure that the node cannot sign.
struct RunFence {
    OpId op;
    Term term;
    std::string reason;  ///< why the member lets go, as in the record
};

/// First contact: this host agrees to this cluster until an operator says otherwise.
struct PinCluster {
    std::uint64_t cluster = 0;
};

// --- telling and ending
struct RoleChanged {
    const Transition* row = nullptr;
};
struct Announce {
    Notice notice{};
    std::string detail;
};
/// 0 clean, 1 refused, 3 drain overran (docs: exit codes).
struct Exit {
    int code = 0;
};

/// Ends the watch and begins another, after `from`. The first one tells of everything.
struct WatchElection {
    OpId op;
    bool far = false;  ///< of record and orders alone
    Revision from;
};

using Effect =
    std::variant<GrantLease, KeepLeaseAlive, RevokeLease, ReadElection, Register, PublishMember,
                 Queue, Release, Depose, Claim, Confirm, Drain, MarkUnfenced, RecordForeign,
                 ClearForeign, RecordDoubleActive, QueryStatus, Deactivate, Activate, ReadReadiness,
                 ReadTip, ReadMetrics, ArmGuardian, TellGuardianDraining, DisarmGuardian, RunFence,
                 PinCluster, RoleChanged, Announce, Exit, WatchElection>;
using Effects = std::vector<Effect>;

}  // namespace elector::model
