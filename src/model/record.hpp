// Owns the values that members write to etcd, as plain structs: holder record, member record,
// orders. Their JSON form is in etcd/records. Must never hold judgement (see takeover.hpp). Thread
// rule: values only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/clock.hpp"
#include "model/ids.hpp"

namespace elector::model {

/// Where a member's node stands, as far as it was *verified* by a status query.
enum class NodeActivity : std::uint8_t { kUnknown, kStandby, kActive };

/// What the successor has to pass after a drained marker.
struct Gate {
    std::optional<Height> tip;  ///< the drained node's exact tip; none: time only
    Duration wait{};
    bool operator==(const Gate&) const = default;
};

/// An election key of an older elector or of etcdctl that has been at the head of the queue.
struct ForeignKey {
    std::string key;
    Revision create;
    std::string value;
    bool operator==(const ForeignKey&) const = default;
};

/// `K.d/holder`: who may be signing, and since when not.
struct HolderRecord {
    enum class State : std::uint8_t {
        kActive,   ///< also every state this version does not know
        kDrained,  ///< confirmed standby; the gate says when the next may go
        kUnfenced  ///< could not be brought to standby; nobody may go
    };
    State state = State::kActive;
    Term term;
    std::string member;
    std::string instance;
    Nonce nonce;
    Duration hold{};
    Duration quiesce{};
    Gate gate;
    std::string reason;
    std::vector<ForeignKey>
        foreign;  ///< not empty: nobody may go until cleared, whatever `state` says
    bool operator==(const HolderRecord&) const = default;
};

/// The holder record as it stands in the store.
struct StoredRecord {
    Revision mod;                        ///< 0: there is none
    std::string bytes;                   ///< exactly as stored; guards compare these
    std::optional<HolderRecord> record;  ///< none: absent or unparsable
    bool operator==(const StoredRecord&) const = default;
};

/// `K.d/members/<name>`.
struct MemberRecord {
    std::string name;
    std::string instance;
    std::string candidate_key;  ///< full key, empty when not queued
    NodeActivity activity = NodeActivity::kUnknown;
    Duration activity_age{};  ///< at the time of writing
    std::optional<Height> tip;
    std::uint64_t lag_blocks = 0;
    int lag_bucket = 0;
    int priority = 0;
    bool eligible = false;
    std::string blocked_by;  ///< reason codes, comma separated, when not eligible
    std::string operator_address;
    std::string version;
    std::string api_url;
    std::string roll_call;  ///< of the bootstrap that this status answers; empty: none
    /// When it was written, by the writer's wall clock; 0: not known. For people: nothing is
    /// decided by it.
    std::int64_t unix_ms = 0;
    bool operator==(const MemberRecord&) const = default;
};

/// `K.d/control/pause`: no claims while it is there.
struct PauseOrder {
    std::string who;
    std::string why;
    std::int64_t until_unix_ms = 0;  ///< for people; its lease ends it. 0: it lasts until resume
    bool operator==(const PauseOrder&) const = default;
};

/// `K.d/control/switchover`: the holder of `term` is asked to hand over.
struct SwitchoverOrder {
    Revision mod;
    Term term;
    std::string to;  ///< empty: whoever is next
    std::string who;
    std::string why;
    bool operator==(const SwitchoverOrder&) const = default;
};

/// `K.d/history/<term>`: one ended holding.
struct HistoryEntry {
    Term term;
    std::string member;
    std::string reason;
    Duration held{};           ///< claim to start of draining
    Duration standby{};        ///< start of draining to confirmed standby
    Duration marker{};         ///< confirmed standby to the marker being sent
    std::string actor{};       ///< the operator who ended it; empty: the member itself
    std::string other{};       ///< of "double_active": who was active beside `member`
    std::int64_t unix_ms = 0;  ///< when it was written, by the writer's wall clock; 0: not known
    bool operator==(const HistoryEntry&) const = default;
};

}  // namespace elector::model
