// Owns the group status document: what can honestly be said of an election from what the store
// holds, who signs first of all, and the exit code of it. Its JSON form is in report/json.
// Must never do I/O or read a clock. Thread rule: pure functions over values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/blocker.hpp"
#include "model/election_view.hpp"
#include "model/policy.hpp"
#include "model/transition_table.hpp"
#include "report/conditions.hpp"

namespace elector::report {

/// What only a running elector knows of itself.
struct Local {
    std::string member;
    model::Role role = model::Role::kFollower;
    model::Term term;  ///< of its holding; 0: it holds nothing
    std::optional<model::Duration> holding_remaining;
    model::Blockers blockers;  ///< why it does not lead, but for having resigned
    model::NodeActivity activity = model::NodeActivity::kUnknown;
    model::Duration activity_age{};   ///< since the status was verified
    std::vector<std::string> alarms;  ///< events that stand
    /// Since when it leaves the lead to others, by order, until rejoin.
    std::optional<std::int64_t> resigned_unix_ms;
    /// What it would do in mode "control", for one that observes.
    std::optional<std::string> would;
};

/// What the timing of a configuration promises. Upper bounds, unless it says otherwise.
struct Budget {
    std::string profile;
    model::Duration block_interval{};
    model::Duration hold{};
    model::Duration renew{};
    model::Duration outage_survived{};  ///< of etcd; a lower bound
    model::Duration handover{};         ///< a planned one; typical
    model::Duration handover_at_most{};
    model::Duration node_gone{};  ///< its process ends, until the successor may activate
    model::Duration host_lost{};
};

/// What the document is made of.
struct GroupInput {
    std::string key;                          ///< K
    std::optional<model::ElectionView> view;  ///< none: the store could not be read
    model::Duration since_read{};             ///< since the view was known to be current
    std::int64_t now_unix_ms = 0;             ///< wall clock of this host, for ages; 0: not known
    std::optional<model::HistoryEntry> last;  ///< the newest entry of the history
    std::optional<Local> local;
    std::optional<Budget> budget;
};

/// A member's role, as far as the store shows it.
enum class Place : std::uint8_t { kHolder, kCandidate, kRegistered, kNotRegistered };

struct NodeStatus {
    model::NodeActivity activity = model::NodeActivity::kUnknown;
    /// Since it was verified. Between hosts by their wall clocks; none: nobody can tell.
    std::optional<model::Duration> age;
    std::string stale;        ///< not empty: why the value does not count as verified
    bool superseded = false;  ///< from before the present holder record: says nothing of now
    bool operator==(const NodeStatus&) const = default;
};

struct MemberStatus {
    std::string name;
    Place place = Place::kNotRegistered;
    int queue_place = 0;  ///< 1 is the head; 0: not queued
    NodeStatus node;
    std::optional<model::Height> tip;
    std::uint64_t lag_blocks = 0;
    int priority = 0;
    bool eligible = false;
    std::vector<Condition> blocked_by;  ///< when not eligible
    std::string operator_address;
    std::string version;
    std::string api_url;
};

struct QueueEntry {
    std::string key;
    std::string name;      ///< as the key's value says
    bool foreign = false;  ///< no member of ours owns it
};

struct HolderStatus {
    bool there = false;     ///< there is a record
    bool readable = false;  ///< and it can be read; else the rest says nothing
    model::HolderRecord::State state = model::HolderRecord::State::kActive;
    model::Term term;
    std::string member;
    std::string reason;
    std::vector<model::ForeignKey> foreign;
    bool key_there = false;                     ///< the candidate key of its term is in the queue
    std::optional<std::int64_t> since_unix_ms;  ///< about when this state began, by the history
};

struct PauseStatus {
    std::string who;
    std::string why;
    std::optional<model::Duration> expires_in;  ///< none: it lasts until resume
};

struct OrderStatus {
    std::string to;  ///< empty: whoever is next
    std::string who;
    std::string why;
    bool current = false;  ///< it speaks to the present holder
};

struct GroupStatus {
    std::string key;
    bool read = false;
    model::Duration since_read{};
    model::Revision revision;
    std::vector<MemberStatus> members;  ///< holder, then the queue, then the others by name
    std::vector<QueueEntry> queue;
    HolderStatus holder;
    std::optional<PauseStatus> pause;
    std::optional<OrderStatus> switchover;
    std::vector<std::string> verified_active;  ///< members whose node is verified active
    std::vector<std::string> maybe_active;     ///< last seen active, and the value is stale
    std::string verdict;                       ///< one sentence
    int exit_code = 1;  ///< 0 exactly one verified active, 1 none, 4 more than one
    std::optional<Local> local;
    std::optional<Budget> budget;
};

GroupStatus group_status(const model::Policy& policy, const GroupInput& input);

/// A status older than this at the time of writing or reading does not count as verified.
model::Duration stale_after(const model::Policy& policy);

/// Why `member` leads or does not, from the same input.
struct Explanation {
    std::string member;
    bool leads = false;
    std::string summary;             ///< one sentence
    std::vector<Condition> because;  ///< every condition, those about the node first
};

Explanation explain(const model::Policy& policy, const GroupInput& input,
                    const std::string& member);

}  // namespace elector::report
