// Owns everything one member knows and is doing, as one value. Only step() changes it.
// Thread rule: values only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fencing/ladder.hpp"
#include "health/health.hpp"
#include "health/process.hpp"
#include "knowledge/knowledge.hpp"
#include "model/election_view.hpp"
#include "model/ids.hpp"
#include "model/means.hpp"
#include "model/transition_table.hpp"
#include "sentinel/sentinel.hpp"
#include "session/session.hpp"

namespace elector::core {

// The vocabulary is this folder's own language: `core::Policy` is `model::Policy`.
using namespace model;

/// What the operation in the record slot is.
enum class RecordOp : std::uint8_t { kClaim, kDrain, kUnfenced, kForeign, kDepose };

struct Candidacy {
    Cause release_cause = Cause::kNotEligible;
    Instant last_requeue;
    bool requeued_ever = false;
    bool checking = false;  ///< the reads before a claim are under way
    Instant check_started;
    Slot record_slot;  ///< claim, drain, unfenced, foreign, depose: all write or guard the record
    RecordOp record_op = RecordOp::kClaim;
    Revision deposing;
    HolderRecord claim;  ///< what was last claimed with; nonce 0: nothing
    Instant claim_sent;  ///< first time this nonce left
    bool foreign_announced = false;
    std::optional<Instant> foreign_gone_since;  ///< the recorded foreign key that names us
};

enum class Activation : std::uint8_t { kNone, kSent, kAnswered, kVerified };

struct Holding {
    Term term;  ///< 0: not held
    StoredRecord record;
    std::string key;
    Duration hold{};
    Duration renew{};
    Instant claimed_at;
    Instant valid_until;
    Slot confirm;
    Instant next_confirm;
    Slot arm;
    Instant armed_until;  ///< acknowledged by the guardian
    Instant arm_asked;    ///< the deadline in the arm message that is in flight
    Activation activation = Activation::kNone;
    Instant activation_sent;
    bool ever_sent = false;          ///< an activation left during this holding
    std::uint32_t node_life = 0;     ///< of the node when claimed
    std::optional<Height> gate_tip;  ///< of the marker that was taken over
    Instant gate_open_at;            ///< when that gate opens by time alone
    bool held() const { return term.value != 0; }
};

/// The drive to a verified standby node: for draining, for start, and for a node found active.
struct Standby {
    bool wanted = true;
    Instant since;                       ///< when this drive began; only later queries count
    bool send_false = false;             ///< a deactivation is due
    std::optional<Instant> first_false;  ///< the first deactivation of this drive
    std::optional<Instant> last_false;
    bool false_answered = false;          ///< since last_false
    std::optional<Instant> confirmed;     ///< when the answer came
    std::optional<Instant> hazard_until;  ///< a late activation may land until then
    bool dead = false;                    ///< confirmed by the death of the process
    bool explained = false;   ///< an active node is no surprise: it is why this drive runs
    bool seen_false = false;  ///< standby was answered during this drive
    int ignored = 0;          ///< answered deactivations without effect
};

struct Draining {
    Cause cause = Cause::kShutdown;
    Instant since;
    bool own_record = false;  ///< cleaning up after an earlier run: the gate is time only
    bool exact = true;        ///< the gate may carry a tip
    bool unfenced_written = false;
    bool unfenced_told = false;
    fencing::Ladder fence;
    std::optional<bool> guardian_told;  ///< as what: standby confirmed, or not
    bool tip_asked = false;
    bool tip_done = false;
    std::optional<Height> tip;
    bool owed_told = false;
};

struct Node {
    Slot query;
    Slot set;         ///< deactivations
    Slot activation;  ///< its own, because a deactivation never waits for it
    Slot readiness;
    Slot tip_slot;
    Slot metrics;
    Instant next_poll;
    Instant next_metrics;
    // last verified status
    NodeActivity activity = NodeActivity::kUnknown;
    Instant status_sent;
    Instant status_at;
    ConnectionId connection;
    int status_failures = 0;
    health::Process process;
    bool seen_active_alone = false;       ///< sticky: gates are time only from then on
    std::optional<Instant> barred_until;  ///< A5
    std::optional<Instant>
        unanswered_until;  ///< a set of ours without an answer may land until then
    // the last exact tip
    Instant tip_sent;
    std::uint32_t tip_life = 0;  ///< the life of the process that told it
    std::string operator_address;
    bool address_told = false;
};

struct State {
    std::uint64_t random = 0;  ///< splitmix64, seeded from outside
    std::uint64_t last_op = 0;
    Instant started;
    bool first_step = true;
    Instant now;   ///< of the last step
    Instant wake;  ///< when the next step is due without an event
    Role role = Role::kFollower;
    Instant role_since;
    session::Session session;
    knowledge::Knowledge known;
    Candidacy candidacy;
    Holding holding;
    Standby standby;
    Draining draining;
    Node node;
    health::Health health;
    sentinel::Sentinel sentinel;
    bool shutting_down = false;
    Instant shutdown_at;
    bool exited = false;
    bool guardian_lost = false;
    std::uint64_t told_blockers = 0;  ///< what a waiting head was last told, and when
    Instant told_at;
    Revision refused_order;  ///< the switchover that was last told to be impossible
    bool staying_told = false;
    bool stalled_told = false;
};

}  // namespace elector::core
