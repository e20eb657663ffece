#include "sim/story.hpp"

#include <cstdio>

#include "core/notice.hpp"
#include "core/overloaded.hpp"
#include "sim/plan.hpp"

namespace elector::sim {
namespace {

using core::NodeFailure;
using core::Overloaded;
using core::StoreOutcome;

const char* word(StoreOutcome o) {
    static constexpr const char* kWords[] = {"done", "guard failed", "lease gone", "refused",
                                             "unknown"};
    return kWords[static_cast<std::size_t>(o)];
}
const char* word(NodeFailure f) {
    static constexpr const char* kWords[] = {"ok", "refused", "timed out", "broken", "malformed"};
    return kWords[static_cast<std::size_t>(f)];
}
const char* word(core::PortState s) {
    static constexpr const char* kWords[] = {"connected", "lost", "refused", "unreachable"};
    return kWords[static_cast<std::size_t>(s)];
}

std::string op(core::OpId id) { return " #" + std::to_string(id.value); }

std::string record(const core::StoredRecord& r) {
    if (r.mod == core::Revision{}) return "no record";
    if (!r.record) return "unreadable record @" + std::to_string(r.mod.value);
    static constexpr const char* kStates[] = {"active", "drained", "unfenced"};
    std::string text = kStates[static_cast<std::size_t>(r.record->state)];
    text += " term " + std::to_string(r.record->term.value) + " of " + r.record->member + " @" +
            std::to_string(r.mod.value);
    if (r.record->gate.tip) text += " gate tip " + std::to_string(r.record->gate.tip->value);
    return text;
}

std::string view(const core::ElectionView& v) {
    std::string text = "rev " + std::to_string(v.revision.value) + ", queue";
    for (const auto& c : v.queue) text += " " + c.value + "@" + std::to_string(c.create.value);
    return text + ", " + record(v.holder);
}

double seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }

}  // namespace

std::string in_words(const core::Event& event) {
    return std::visit(
        Overloaded{
            [](const core::Woke&) { return std::string("woke"); },
            [](const core::ShutdownRequested&) { return std::string("shutdown requested"); },
            [](const core::LeaseAnswered& e) {
                return "lease answered" + op(e.op) + " " + word(e.outcome);
            },
            [](const core::LeaseRevoked& e) {
                return "lease revoked" + op(e.op) + " " + word(e.outcome);
            },
            [](const core::ElectionRead& e) {
                return "election read" + op(e.op) + " " + word(e.outcome) + ": " + view(e.view);
            },
            [](const core::StoreChanged& e) {
                return "store changed to rev " + std::to_string(e.revision.value) + ", " +
                       std::to_string(e.changes.size()) + " changes";
            },
            [](const core::WatchResumed&) { return std::string("watch resumed"); },
            [](const core::TxnAnswered& e) {
                return "txn answered" + op(e.op) + " " + word(e.outcome);
            },
            [](const core::RecordAnswered& e) {
                return "record answered" + op(e.op) + " " + word(e.outcome) + ": " +
                       record(e.holder);
            },
            [](const core::StatusRead& e) {
                return "status read" + op(e.op) + " " + word(e.failure) +
                       (e.active ? " active" : " standby");
            },
            [](const core::SetAnswered& e) {
                return "set answered" + op(e.op) + " " + word(e.failure) +
                       (e.not_sent ? " not sent" : "");
            },
            [](const core::ReadinessRead& e) {
                return "readiness read" + op(e.op) + " " + word(e.failure) +
                       (e.ready ? " ready" : " not ready");
            },
            [](const core::TipRead& e) {
                return "tip read" + op(e.op) + " " + word(e.failure) + " " +
                       std::to_string(e.height.value);
            },
            [](const core::MetricsRead& e) {
                return "metrics read" + op(e.op) + " " + word(e.failure);
            },
            [](const core::PortChanged& e) {
                return std::string(e.port == core::NodePort::kAdmin ? "admin" : "probe") +
                       " port " + word(e.state);
            },
            [](const core::GuardianArmed& e) { return "guardian armed" + op(e.op); },
            [](const core::GuardianLost&) { return std::string("guardian lost"); },
        },
        event);
}

std::string in_words(const core::Effect& effect) {
    return std::visit(
        Overloaded{
            [](const core::GrantLease& e) { return "grant lease" + op(e.op); },
            [](const core::KeepLeaseAlive& e) { return "keep lease alive" + op(e.op); },
            [](const core::RevokeLease& e) { return "revoke lease" + op(e.op); },
            [](const core::ReadElection& e) { return "read election" + op(e.op); },
            [](const core::Register& e) { return "register" + op(e.op); },
            [](const core::PublishMember& e) {
                return "publish" + op(e.op) +
                       (e.record.eligible ? " eligible" : " " + e.record.blocked_by);
            },
            [](const core::Queue& e) { return "queue" + op(e.op); },
            [](const core::Release& e) { return "release" + op(e.op); },
            [](const core::Depose& e) { return "depose " + e.key + op(e.op); },
            [](const core::Claim& e) {
                return "claim" + op(e.op) + " term " + std::to_string(e.create.value) + " over " +
                       record(e.found);
            },
            [](const core::Confirm& e) { return "confirm" + op(e.op); },
            [](const core::Drain& e) {
                return "write drained marker" + op(e.op) +
                       (e.record.gate.tip ? " tip " + std::to_string(e.record.gate.tip->value)
                                          : " time only") +
                       " over " + record(e.found);
            },
            [](const core::MarkUnfenced& e) { return "write unfenced" + op(e.op); },
            [](const core::RecordForeign& e) {
                return "record foreign " + e.foreign.key + op(e.op);
            },
            [](const core::ClearForeign& e) { return "clear foreign " + e.gone.key + op(e.op); },
            [](const core::QueryStatus& e) {
                return "query status" + op(e.op) + (e.fresh_connection ? " afresh" : "");
            },
            [](const core::Deactivate& e) { return "deactivate" + op(e.op); },
            [](const core::Activate& e) { return "activate" + op(e.op); },
            [](const core::ReadReadiness& e) { return "read readiness" + op(e.op); },
            [](const core::ReadTip& e) { return "read tip" + op(e.op); },
            [](const core::ReadMetrics& e) { return "read metrics" + op(e.op); },
            [](const core::ArmGuardian& e) { return "arm guardian" + op(e.op); },
            [](const core::TellGuardianDraining&) {
                return std::string("tell guardian: draining");
            },
            [](const core::DisarmGuardian&) { return std::string("disarm guardian"); },
            [](const core::PinCluster&) { return std::string("pin the cluster"); },
            [](const core::RoleChanged& e) {
                return "ROLE " + std::string(core::name(e.row->from)) + " -> " +
                       std::string(core::name(e.row->to)) + " (" + std::string(e.row->code) +
                       "): " + std::string(e.row->sentence);
            },
            [](const core::Announce& e) {
                const auto& row = core::describe(e.notice);
                return "note " + std::string(row.name) + " " + e.detail;
            },
            [](const core::Exit& e) { return "exit " + std::to_string(e.code); },
        },
        effect);
}

void Story::line(Time at, std::string_view who, const std::string& text) {
    if (!told_) return;
    std::printf("%11.6f  %.*s  %s\n", seconds(at - start_), static_cast<int>(who.size()),
                who.data(), text.c_str());
}

void Story::event(Time at, std::uint8_t member, const core::Event& event) {
    mix(static_cast<std::uint64_t>(at.count()) * 31 + member);
    mix(event.index());
    if (told_) line(at, member_name(member), "< " + in_words(event));
}

void Story::effect(Time at, std::uint8_t member, const core::Effect& effect) {
    mix(effect.index() + 64);
    if (told_) line(at, member_name(member), "      > " + in_words(effect));
}

}  // namespace elector::sim
