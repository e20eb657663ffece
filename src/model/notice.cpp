#include "model/notice.hpp"

#include <array>

namespace elector::model {
namespace {

constexpr auto I = Severity::kInfo;
constexpr auto W = Severity::kWarning;
constexpr auto A = Severity::kAlarm;

// In the order of the enum; describe() relies on it and a test checks it.
constexpr std::array kTable = {
    NoticeRow{Notice::kSessionStarted, I, "session_started",
              "Lease granted and member registered."},
    NoticeRow{Notice::kSessionLost, W, "session_lost",
              "The lease is gone; registering again with a new one."},
    NoticeRow{Notice::kNameTaken, W, "name_taken",
              "Another instance is registered under this member's name; trying again until its "
              "lease must have ended."},
    NoticeRow{Notice::kNameRefused, A, "name_refused",
              "Another instance keeps this member's name; give each member its own member.name."},
    NoticeRow{Notice::kWaiting, I, "waiting",
              "At the head of the queue, but not allowed to take over yet."},
    NoticeRow{Notice::kStoreSetBack, A, "store_set_back",
              "etcd answered with an older state than seen before, as after a restore from backup; "
              "all waits start again."},
    NoticeRow{Notice::kOtherCluster, A, "other_cluster",
              "etcd is not the cluster that this host has pinned, or the pin cannot be read; this "
              "member does not lead. If it was replaced on purpose, say bootstrap --accept-cluster "
              "on every host and restart the electors."},
    NoticeRow{Notice::kForeignSeen, A, "migration_foreign_candidate",
              "An older elector or etcdctl is in the queue; it deactivates nothing when it dies. "
              "Move it to this elector soon."},
    NoticeRow{Notice::kForeignRecorded, A, "foreign_recorded",
              "An older elector or etcdctl leads; nobody takes over until its key is gone and its "
              "node is verified standby."},
    NoticeRow{Notice::kForeignCleared, I, "foreign_cleared",
              "The foreign leader is gone and this node, which it named, is verified standby; the "
              "full wait starts."},
    NoticeRow{Notice::kDeposed, W, "deposed",
              "The head of the queue could lead and did not; its key was deleted."},
    NoticeRow{Notice::kStandbyConfirmed, I, "standby_confirmed", "The node is verified standby."},
    NoticeRow{Notice::kNodeFoundActive, A, "node_found_active",
              "The node was active although this member does not lead; it is being deactivated. "
              "Set system.active: false in the node's configuration."},
    NoticeRow{Notice::kNodeIgnoresSets, A, "node_ignores_sets",
              "The node answers deactivations with success and stays active, as one with consensus "
              "scheme NOOP or STANDALONE does; such a node cannot be led."},
    NoticeRow{Notice::kNodeDead, W, "node_dead",
              "Both ports of the node refuse connections: the process is gone."},
    NoticeRow{Notice::kNodeLost, W, "node_lost",
              "Both connections to the node ended at once: its process ended, or was replaced."},
    NoticeRow{Notice::kActivationSent, I, "activation_sent",
              "The activation was handed to the node."},
    NoticeRow{Notice::kActive, I, "active", "The node is verified active."},
    NoticeRow{Notice::kActivationNotSent, I, "activation_not_sent",
              "The activation was given up before anything was sent; it is tried again."},
    NoticeRow{Notice::kUnfenced, A, "unfenced",
              "The node could not be confirmed standby; nobody takes over until it is. Stop the "
              "node process, or vouch for it with fence --confirmed-dead."},
    NoticeRow{Notice::kFenceWithoutEffect, A, "fence_without_effect",
              "The fence command said success, but the node's ports still answer: nobody may take "
              "over. Correct the command; stop the node process by hand."},
    NoticeRow{Notice::kMarkerOwed, W, "marker_owed",
              "Standby is confirmed but etcd did not take the drained marker yet; trying again."},
    NoticeRow{Notice::kMarkerWritten, I, "marker_written",
              "The drained marker is written; the next member may take over."},
    NoticeRow{Notice::kCoolingDown, I, "cooling_down",
              "This member stays out of the queue for a while."},
    NoticeRow{Notice::kStayingAlone, W, "staying_alone",
              "The node is not fit to lead, but no other member is either; it stays."},
    NoticeRow{Notice::kChainStalled, W, "chain_stalled",
              "No known node's tip moves; staleness is not counted against anybody."},
    NoticeRow{Notice::kSwitchoverRefused, W, "switchover_refused",
              "The ordered switchover is not possible."},
    NoticeRow{Notice::kOperatorAddressDiffers, A, "operator_address_differs",
              "This node signs with another operator address than the group's; it will not lead."},
    NoticeRow{Notice::kRelaxed, W, "relaxed",
              "Nobody holds and nobody is eligible; one health requirement is dropped."},
    NoticeRow{Notice::kDoubleActive, A, "double_active",
              "Two nodes of the group are active at a time. Whoever does not hold the lead is "
              "being deactivated by its own elector; if that one cannot, stop its node."},
};

}  // namespace

std::span<const NoticeRow> notice_table() { return kTable; }

const NoticeRow& describe(Notice notice) { return kTable[static_cast<std::size_t>(notice)]; }

}  // namespace elector::model
