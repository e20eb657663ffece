#include "admin/tally.hpp"

#include <algorithm>
#include <chrono>

#include "model/transition_table.hpp"

namespace elector::admin {
namespace {

using model::Instant;
using model::Role;

double seconds(model::Duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

void Spread::observe(std::span<const double> bounds, double value) {
    if (counts.empty()) counts.resize(bounds.size() + 1);
    const auto end = std::lower_bound(bounds.begin(), bounds.end(), value);
    ++counts[static_cast<std::size_t>(end - bounds.begin())];
    sum += value;
}

void Tally::on_role(const model::Transition& row, Instant now) {
    const auto known = std::find_if(role_changes.begin(), role_changes.end(), [&](const auto& one) {
        return one.row->from == row.from && one.row->to == row.to && one.row->code == row.code;
    });
    if (known == role_changes.end()) {
        role_changes.push_back({&row, 1});
    } else {
        ++known->count;
    }
    claimed_.reset();
    if (row.to == Role::kLeader) claimed_ = now;
    if (row.from == Role::kDraining && standby_)
        marker_phase.observe(kPhaseBounds, seconds(now - *standby_));
    began_.reset();
    standby_.reset();
    if (row.to == Role::kDraining) began_ = now;
}

void Tally::on_notice(model::Notice notice, Instant now) {
    if (notice == model::Notice::kStandbyConfirmed && began_ && !standby_) {
        standby_ = now;
        standby_phase.observe(kPhaseBounds, seconds(now - *began_));
    }
    if (notice == model::Notice::kActive && claimed_) {
        activation_phase.observe(kPhaseBounds, seconds(now - *claimed_));
        claimed_.reset();
    }
}

void Tally::on_effect(const model::Effect& effect, Instant now) {
    if (const auto* sent = std::get_if<model::Confirm>(&effect)) {
        confirming_ = sent->op;
        confirm_sent_ = now;
    } else if (const auto* change = std::get_if<model::RoleChanged>(&effect)) {
        on_role(*change->row, now);
    } else if (const auto* told = std::get_if<model::Announce>(&effect)) {
        on_notice(told->notice, now);
    } else if (std::holds_alternative<model::ArmGuardian>(effect)) {
        ++arm;
    } else if (std::holds_alternative<model::TellGuardianDraining>(effect)) {
        ++draining;
    } else if (std::holds_alternative<model::DisarmGuardian>(effect)) {
        ++disarm;
    } else if (std::holds_alternative<model::RunFence>(effect)) {
        ++fence;
    }
}

void Tally::on_event(const model::Event& event, Instant now) {
    const auto* answer = std::get_if<model::RecordAnswered>(&event);
    if (!answer || answer->op != confirming_ || answer->op == model::OpId{}) return;
    confirming_ = {};
    confirm.observe(kConfirmBounds, seconds(now - confirm_sent_));
    const bool done = answer->outcome == model::StoreOutcome::kDone;
    const bool known = done || answer->outcome == model::StoreOutcome::kGuardFailed;
    ++(done ? confirmed : known ? refused : unknown);
}

}  // namespace elector::admin
