#include "report/conditions.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace elector::report {
namespace {

using model::Blocker;

struct Remedy {
    Blocker blocker;
    std::string_view text;
};

constexpr std::array kRemedies = {
    Remedy{Blocker::kShuttingDown, "Start the service again."},
    Remedy{Blocker::kObserving, "Set member.mode to control and restart the service."},
    Remedy{Blocker::kNoFailover,
           "Set member.nofailover to false and reload; if the member has resigned, run rejoin on "
           "its host."},
    Remedy{Blocker::kOtherCluster,
           "See that etcd.endpoints name the right etcd; if it was replaced on purpose, run "
           "bootstrap --accept-cluster on this host and restart the service."},
    Remedy{Blocker::kGuardianDown, "Nothing: the service manager restarts the service."},
    Remedy{Blocker::kFenceMissing,
           "Install the program that fence.command names, or change fence.policy."},
    Remedy{Blocker::kFenceRuns, "Nothing: it ends by itself, at fence.timeout at the latest."},
    Remedy{Blocker::kNodeDead, "Start the node, with system.active: false."},
    Remedy{Blocker::kStandbyUnconfirmed,
           "See that the node runs and answers at node.admin; its elector keeps asking."},
    Remedy{Blocker::kBarred,
           "Set system.active: false in the node's configuration; the wait ends by itself."},
    Remedy{Blocker::kOperatorAddress,
           "Give all nodes of the group the same operator key, or use another election.key."},
    Remedy{Blocker::kCoolingDown, "Nothing: it ends by itself; look for its cause with history."},
    Remedy{Blocker::kUnready, "See the node's own log; it says ready when a fresh block is in."},
    Remedy{Blocker::kStaleTip, "See that the node has peers and that the chain goes on."},
    Remedy{Blocker::kLagging, "Wait until the node has caught up, or raise health.max_lag."},
    Remedy{Blocker::kNotRegistered,
           "See that the service runs and reaches etcd, and that its name is no other's."},
    Remedy{Blocker::kNotQueued, "Nothing of its own: it queues once nothing above is left."},
    Remedy{Blocker::kNotHead,
           "Order a switchover to this member, or give it a higher member.priority."},
    Remedy{Blocker::kPaused, "Run resume, or wait until the pause expires."},
    Remedy{Blocker::kRecordUnread, "See that etcd answers."},
    Remedy{Blocker::kRecordUnknown,
           "Nothing: the wait ends by itself; on a first start, bootstrap skips it."},
    Remedy{Blocker::kHeld, "Order a switchover to this member."},
    Remedy{Blocker::kDirtyWait, "Nothing: the wait ends by itself."},
    Remedy{Blocker::kGateHeight, "Nothing: the next block opens the gate, or time does."},
    Remedy{Blocker::kGateTime, "Nothing: the wait ends by itself."},
    Remedy{Blocker::kUnfenced,
           "Start the last holder's elector again, or see that its node cannot sign and run fence "
           "--confirmed-dead with its name."},
    Remedy{Blocker::kForeign,
           "Stop the older elector and start this one's service on its host, or run fence "
           "--confirmed-dead key:HEX once its node cannot sign."},
    Remedy{Blocker::kOwnRecord, "Nothing: the node is brought to standby and that is recorded."},
};
static_assert(kRemedies.size() == model::kBlockerCount);

std::optional<Blocker> find(std::string_view code) {
    for (int i = 0; i < model::kBlockerCount; ++i) {
        const auto blocker = static_cast<Blocker>(i);
        if (model::code(blocker) == code) return blocker;
    }
    return std::nullopt;
}

}  // namespace

Condition describe(Blocker blocker) {
    const auto& remedy = kRemedies[static_cast<std::size_t>(blocker)];
    return {std::string(model::code(blocker)), std::string(model::sentence(blocker)),
            std::string(remedy.text)};
}

std::vector<Condition> describe(model::Blockers blockers) {
    return describe(model::codes(blockers));
}

std::vector<Condition> describe(std::string_view codes) {
    std::vector<Condition> all;
    while (!codes.empty()) {
        const auto cut = std::min(codes.find(','), codes.size());
        const auto code = codes.substr(0, cut);
        codes.remove_prefix(std::min(cut + 1, codes.size()));
        if (code.empty()) continue;
        if (const auto blocker = find(code)) {
            all.push_back(describe(*blocker));
        } else {
            all.push_back({std::string(code), "This version knows no such condition.",
                           "Ask a member of the version that published it."});
        }
    }
    return all;
}

}  // namespace elector::report
