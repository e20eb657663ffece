#include "model/blocker.hpp"

#include <array>
#include <bit>
#include <utility>

namespace elector::model {
namespace {

struct BlockerRow {
    Blocker blocker;
    std::string_view code;
    std::string_view sentence;
};

constexpr std::array kRows = {
    BlockerRow{Blocker::kShuttingDown, "shutting_down", "This member is shutting down."},
    BlockerRow{Blocker::kObserving, "observing", "member.mode is observe: this member only looks."},
    BlockerRow{Blocker::kNoFailover, "nofailover",
               "member.nofailover is set, or this member has resigned: it does not lead."},
    BlockerRow{Blocker::kOtherCluster, "other_cluster",
               "etcd is not the cluster that this host has pinned, or the pin cannot be read."},
    BlockerRow{Blocker::kGuardianDown, "guardian_down", "The guardian does not answer."},
    BlockerRow{Blocker::kFenceMissing, "fence_missing",
               "fence.policy is require, and fence.command cannot be run."},
    BlockerRow{Blocker::kFenceRuns, "fence_runs",
               "The fence command that this member ordered has not ended yet."},
    BlockerRow{Blocker::kNodeDead, "node_dead", "The node process is gone."},
    BlockerRow{Blocker::kStandbyUnconfirmed, "standby_unconfirmed",
               "The node is not verified standby."},
    BlockerRow{Blocker::kBarred, "seen_active",
               "The node was seen active on its own; it has to stay standby for a while first."},
    BlockerRow{Blocker::kOperatorAddress, "operator_address",
               "The node signs with another operator address than the group's."},
    BlockerRow{Blocker::kCoolingDown, "cooling_down",
               "This member gave up the lead and is cooling down."},
    BlockerRow{Blocker::kUnready, "unready", "The node's readiness probe does not say ready."},
    BlockerRow{Blocker::kStaleTip, "stale_tip", "The node's newest block is too old."},
    BlockerRow{Blocker::kLagging, "lagging", "The node is behind the best known tip."},
    BlockerRow{Blocker::kNotRegistered, "not_registered", "This member has no lease in etcd yet."},
    BlockerRow{Blocker::kNotQueued, "not_queued", "This member is not in the queue."},
    BlockerRow{Blocker::kNotHead, "not_head", "Another candidate is ahead in the queue."},
    BlockerRow{Blocker::kPaused, "paused", "The election is paused: nobody may claim."},
    BlockerRow{Blocker::kRecordUnread, "record_unread", "The holder record could not be read yet."},
    BlockerRow{Blocker::kRecordUnknown, "record_unknown",
               "It is not known who signed last; the longest possible holding has to pass."},
    BlockerRow{Blocker::kHeld, "held", "Another member holds the lead."},
    BlockerRow{
        Blocker::kDirtyWait, "dirty_wait",
        "The last holder vanished without a word; its holding and its last round have to pass."},
    BlockerRow{Blocker::kGateHeight, "gate_height",
               "The last holder is standby; the next block has to arrive first."},
    BlockerRow{Blocker::kGateTime, "gate_time",
               "The last holder is standby; its last round has to pass first."},
    BlockerRow{Blocker::kUnfenced, "unfenced",
               "The last holder's node could not be confirmed standby; nobody may take over."},
    BlockerRow{Blocker::kForeign, "foreign",
               "An older elector or etcdctl has led; its node has to be verified standby first."},
    BlockerRow{Blocker::kOwnRecord, "own_record",
               "The holder record names this node from an earlier run; it is being drained."},
};
static_assert(kRows.size() == kBlockerCount);

}  // namespace

std::string_view code(Blocker blocker) { return kRows[static_cast<std::size_t>(blocker)].code; }
std::string_view sentence(Blocker blocker) {
    return kRows[static_cast<std::size_t>(blocker)].sentence;
}

std::string codes(Blockers blockers) {
    std::string text;
    for (auto bits = blockers.bits(); bits != 0; bits &= bits - 1) {
        if (!text.empty()) text += ',';
        text += kRows[static_cast<std::size_t>(std::countr_zero(bits))].code;
    }
    return text;
}

bool is_codes(std::string_view text, Blockers blockers) {
    bool first = true;
    for (auto bits = blockers.bits(); bits != 0; bits &= bits - 1) {
        if (!std::exchange(first, false)) {
            if (!text.starts_with(',')) return false;
            text.remove_prefix(1);
        }
        const auto code = kRows[static_cast<std::size_t>(std::countr_zero(bits))].code;
        if (!text.starts_with(code)) return false;
        text.remove_prefix(code.size());
    }
    return text.empty();
}

}  // namespace elector::model
