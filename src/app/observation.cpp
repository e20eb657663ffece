#include "app/observation.hpp"

#include "core/takeover.hpp"

namespace elector::app {
using namespace core;

namespace {

std::string describe(NodeActivity activity) {
    switch (activity) {
        case NodeActivity::kActive:
            return "active";
        case NodeActivity::kStandby:
            return "standby";
        case NodeActivity::kUnknown:
            break;
    }
    return "unknown";
}

std::string describe(const StoredRecord& holder) {
    if (holder.mod == Revision{}) return "no record";
    if (!holder.record) return "an unreadable record";
    const auto& r = *holder.record;
    const auto* state = r.state == HolderRecord::State::kDrained    ? " drained"
                        : r.state == HolderRecord::State::kUnfenced ? " unfenced"
                                                                    : " active";
    return (r.member.empty() ? "nobody" : r.member) + state + " term " +
           std::to_string(r.term.value);
}

std::string would_do(Policy p, const State& s, Instant now) {
    if (!s.known.read) return "wait for etcd to answer";
    if (s.node.activity == NodeActivity::kActive)
        return "deactivate the node: this member does not hold the lead";
    p.observe = false;
    const auto unfit = unfit_because(p, s, now);
    if (!unfit.none()) return "stay out of the queue: " + codes(unfit);
    if (any_foreign(s.known.view)) return "queue, and not lead before the foreign key is gone";
    if (!s.known.view.queue.empty()) return "queue behind " + s.known.view.queue.back().value;
    const auto judgement = judge_record(p, s, now);
    if (judgement.open) return "queue and lead";
    return "queue, then wait: " + std::string(code(judgement.because));
}

}  // namespace

Observation observe(const Policy& p, const State& s, Instant now) {
    const auto& view = s.known.view;
    Observation seen;
    seen.node = describe(s.node.activity);
    seen.holder = s.known.read ? describe(view.holder) : "not read";
    for (const auto& c : view.queue) seen.queue += (seen.queue.empty() ? "" : " ") + c.value;
    if (seen.queue.empty()) seen.queue = "nobody";
    seen.would = would_do(p, s, now);
    seen.foreign = s.known.read && any_foreign(view);
    const auto& record = view.holder.record;
    const bool led = seen.foreign || (record && record->state != HolderRecord::State::kDrained);
    seen.unexplained = s.known.read && s.node.activity == NodeActivity::kActive && !led;
    return seen;
}

}  // namespace elector::app
