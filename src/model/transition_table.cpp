#include "model/transition_table.hpp"

#include <array>

namespace elector::model {
namespace {

constexpr auto F = Role::kFollower;
constexpr auto C = Role::kCandidate;
constexpr auto L = Role::kLeader;
constexpr auto D = Role::kDraining;

constexpr std::array kTable = {
    Transition{F, C, Cause::kQueued, "queued",
               "The node is standby and healthy; this member waits in the queue."},
    Transition{C, F, Cause::kNotEligible, "not_eligible",
               "The node is no longer fit to lead; this member left the queue."},
    Transition{C, F, Cause::kOutranked, "outranked",
               "A better member waits behind this one; it goes to the end of the queue."},
    Transition{C, F, Cause::kSwitchoverAhead, "switchover_ahead",
               "A switchover to another member was ordered; this one makes way for it."},
    Transition{C, F, Cause::kCandidacyLost, "candidacy_lost",
               "The candidate key is gone; this member queues again."},
    Transition{C, F, Cause::kForeignCandidacy, "foreign_candidacy",
               "This member's key was taken for a foreign one; it leaves the queue so that the "
               "record can be cleared."},
    Transition{C, F, Cause::kShutdown, "shutdown", "Shutting down; this member left the queue."},
    Transition{C, F, Cause::kLeaseLost, "lease_lost",
               "The lease has ended and the candidacy with it; this member starts afresh."},
    Transition{C, L, Cause::kClaimed, "claimed",
               "The holder record is claimed; the node may be activated."},
    Transition{L, D, Cause::kShutdown, "shutdown",
               "Shutting down; the node is brought to standby first."},
    Transition{
        L, D, Cause::kSwitchover, "switchover",
        "A switchover was ordered; the node is brought to standby and the lead is handed over."},
    Transition{L, D, Cause::kHoldingEnding, "holding_ending",
               "The holding could not be confirmed in time; the node is brought to standby before "
               "it ends."},
    Transition{L, D, Cause::kConfirmationRefused, "confirmation_refused",
               "The store says that the holding is over; the node is brought to standby."},
    Transition{L, D, Cause::kLeaseLost, "lease_lost",
               "The lease has ended; the node is brought to standby."},
    Transition{L, D, Cause::kStoreSetBack, "store_set_back",
               "The store went back in time; nothing it says proves the holding, the node is "
               "brought to standby."},
    Transition{L, D, Cause::kNodeDead, "node_dead",
               "The node process is gone: both its ports refuse connections."},
    Transition{L, D, Cause::kNodeLost, "node_lost",
               "Both connections to the node ended at once: its process ended, or was replaced."},
    Transition{L, D, Cause::kNodeLeftActive, "node_left_active",
               "The node is standby although this member had activated it; the lead is given up."},
    Transition{L, D, Cause::kStatusHung, "status_hung",
               "The node does not answer its status query; it is brought to standby."},
    Transition{
        L, D, Cause::kActivationFailed, "activation_failed",
        "The node did not become active; it is brought to standby and the lead is given up."},
    Transition{L, D, Cause::kUnready, "unready",
               "The node reports that it is not ready, and another member can lead."},
    Transition{L, D, Cause::kTipFrozen, "tip_frozen",
               "The node's tip stands still while another member's moves."},
    Transition{
        L, D, Cause::kFoundActive, "found_active",
        "The node was found active before this member activated it; it is brought to standby."},
    Transition{L, D, Cause::kOperatorChanged, "operator_changed",
               "The node signs with another operator address than before; the lead is given up."},
    Transition{L, D, Cause::kGuardianLost, "guardian_lost",
               "The guardian is gone or frozen; the node is brought to standby."},
    Transition{F, D, Cause::kOwnRecord, "own_record",
               "The holder record names this node from an earlier run; standby is confirmed and "
               "recorded."},
    Transition{C, D, Cause::kOwnRecord, "own_record",
               "The holder record names this node although the holding is over; standby is "
               "confirmed and recorded."},
    Transition{D, F, Cause::kDrained, "drained",
               "Standby is confirmed and recorded; the next member may take over."},
    Transition{D, F, Cause::kRecordTaken, "record_taken",
               "Standby is confirmed; the holder record is another's by now."},
};

}  // namespace

std::span<const Transition> transition_table() { return kTable; }

const Transition* find_transition(Role from, Role to, Cause cause) {
    for (const auto& row : kTable) {
        if (row.from == from && row.to == to && row.cause == cause) return &row;
    }
    return nullptr;
}

std::string_view name(Role role) {
    switch (role) {
        case Role::kFollower:
            return "follower";
        case Role::kCandidate:
            return "candidate";
        case Role::kLeader:
            return "leader";
        case Role::kDraining:
            return "draining";
    }
    return "?";
}

}  // namespace elector::model
