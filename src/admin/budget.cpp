#include "admin/budget.hpp"

#include "config/budget.hpp"
#include "config/values.hpp"

namespace elector::admin {

report::Budget reported_budget(const config::Config& config) {
    const auto b = config::budget_of(config);
    const bool blind = config.node.web3_mode == config::Web3Mode::kOff;
    report::Budget out;
    out.profile = config::kProfiles.at(static_cast<std::size_t>(config.election.profile));
    out.block_interval = config.node.block_interval;
    out.hold = b.hold;
    out.renew = b.renew;
    out.outage_survived = b.tolerance;
    out.handover = b.drain_typical + (blind ? b.gate_without_tip : b.gate_with_tip);
    out.handover_at_most = b.clean_handover_blind;
    out.node_gone = b.node_crash;
    out.host_lost = b.host_loss;
    return out;
}

}  // namespace elector::admin
