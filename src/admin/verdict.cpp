#include "admin/verdict.hpp"

#include "core/eligibility.hpp"

namespace elector::admin {
namespace {

/// A query may wait for a block that the node is making.
model::Duration recent(const model::Policy& p) { return 2 * p.poll_interval + p.block_interval; }

void judge_node(const Host& host, Reasons& reasons) {
    if (host.state().node.process.dead) {
        reasons.emplace_back("the node is dead: its ports refuse");
    } else if (!status_is_recent(host)) {
        reasons.emplace_back("the node has not told its status lately");
    }
}

}  // namespace

bool status_is_recent(const Host& host) {
    const auto& node = host.state().node;
    if (node.activity == model::NodeActivity::kUnknown) return false;
    return host.now() - node.status_at <= recent(host.policy());
}

Reasons unready(const Host& host) {
    Reasons reasons;
    if (!host.state().known.read) {
        reasons.emplace_back("etcd has not answered yet");
    } else if (!host.etcd_answers()) {
        reasons.emplace_back("etcd does not answer");
    }
    judge_node(host, reasons);
    const bool wanted = host.config().guardian.enabled && !host.policy().observe;
    if (wanted && !host.guardian_answers()) reasons.emplace_back("the guardian does not answer");
    return reasons;
}

Reasons not_leader(const Host& host) {
    const auto& s = host.state();
    Reasons reasons;
    if (s.role != model::Role::kLeader)
        reasons.push_back("this member is " + std::string(model::name(s.role)));
    if (s.role == model::Role::kLeader && host.now() >= s.holding.valid_until)
        reasons.emplace_back("the holding has ended");
    judge_node(host, reasons);
    const bool verified = s.holding.activation == core::Activation::kVerified &&
                          s.node.activity == model::NodeActivity::kActive;
    if (reasons.empty() && !verified) reasons.emplace_back("the node is not verified active");
    return reasons;
}

Reasons not_standby(const Host& host) {
    const auto& s = host.state();
    Reasons reasons;
    if (s.role == model::Role::kLeader || s.role == model::Role::kDraining)
        reasons.push_back("this member is " + std::string(model::name(s.role)));
    judge_node(host, reasons);
    if (reasons.empty() && !core::standby_certain(s))
        reasons.emplace_back("the node is not confirmed standby");
    return reasons;
}

}  // namespace elector::admin
