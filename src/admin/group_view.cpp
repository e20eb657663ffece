#include "admin/group_view.hpp"

#include <algorithm>
#include <string_view>

#include "admin/budget.hpp"
#include "core/takeover.hpp"
#include "model/notice.hpp"

namespace elector::admin {
namespace {

using model::Notice;

/// What asks an operator to act for as long as it lasts, by the names that the log has for it.
std::vector<std::string> standing_alarms(const Host& host) {
    const auto& s = host.state();
    const auto& p = host.policy();
    const auto& record = s.known.view.holder.record;
    std::vector<std::string> names;
    const auto add = [&](bool stands, std::string_view name) {
        if (stands) names.emplace_back(name);
    };
    const auto notice = [&](bool stands, Notice n) { add(stands, model::describe(n).name); };
    notice(record && record->state == model::HolderRecord::State::kUnfenced, Notice::kUnfenced);
    notice(s.sentinel.seen.has_value(), Notice::kDoubleActive);
    notice(core::other_cluster(p, s), Notice::kOtherCluster);
    notice(record && !record->foreign.empty(), Notice::kForeignRecorded);
    notice(s.node.address_told, Notice::kOperatorAddressDiffers);
    add(p.fence_missing, "fence_missing");
    add(p.cluster == model::kNoCluster, "cluster_pin");
    add(s.guardian_lost, "guardian_lost");
    return names;
}

}  // namespace

report::Local local_of(const Host& host) {
    const auto& s = host.state();
    // Having resigned is the same to the core; it is told apart here, as it is undone otherwise.
    auto policy = host.policy();
    policy.nofailover = host.config().member.nofailover;
    report::Local local;
    local.member = policy.member;
    local.role = s.role;
    local.term = s.holding.term;
    if (s.holding.held())
        local.holding_remaining = std::max(model::Duration{}, s.holding.valid_until - host.now());
    if (s.role != model::Role::kLeader)
        local.blockers = core::blocked_because(policy, s, host.now());
    local.activity = s.node.activity;
    if (s.node.activity != model::NodeActivity::kUnknown)
        local.activity_age = host.now() - s.node.status_at;
    local.alarms = standing_alarms(host);
    local.resigned_unix_ms = host.resigned_unix_ms();
    local.would = host.would();
    return local;
}

report::GroupInput group_input(const Host& host) {
    report::GroupInput in;
    in.key = host.config().election.key;
    if (host.state().known.read) in.view = host.state().known.view;
    in.since_read = host.now() - host.heard_etcd();
    in.now_unix_ms = host.wall_clock_ms();
    in.local = local_of(host);
    in.budget = reported_budget(host.config());
    return in;
}

void put_own_word(const Host& host, model::ElectionView& view) {
    const auto& s = host.state();
    const auto& record = view.holder.record;
    if (s.role != model::Role::kLeader || !record || record->term != s.holding.term) return;
    const auto own = std::find_if(view.members.begin(), view.members.end(), [&](const auto& m) {
        return m.record.instance == record->instance;
    });
    if (own == view.members.end() || s.node.activity == model::NodeActivity::kUnknown) return;
    own->record.activity = s.node.activity;
    own->record.activity_age = host.now() - s.node.status_at;
}

}  // namespace elector::admin
