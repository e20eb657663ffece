#include "sim/story.hpp"

#include <cstdio>

#include "model/notice.hpp"
#include "model/overloaded.hpp"
#include "sim/plan.hpp"

namespace elector::sim {
namespace {

using model::NodeFailure;
using model::Overloaded;
using model::StoreOutcome;

const char* word(StoreOutcome o) {
    static constexpr const char* kWords[] = {"done", "guard failed", "lease gone", "refused",
                                             "unknown"};
    return kWords[static_cast<std::size_t>(o)];
}
const char* word(NodeFailure f) {
    static constexpr const char* kWords[] = {"ok", "refused", "timed out", "broken", "malformed"};
    return kWords[static_cast<std::size_t>(f)];
}
const char* word(model::PortState s) {
    static constexpr const char* kWords[] = {"connected", "lost", "refused", "unreachable"};
    return kWords[static_cast<std::size_t>(s)];
}

std::string op(model::OpId id) { return " #" + std::to_string(id.value); }

std::string record(const model::StoredRecord& r) {
    if (r.mod == model::Revision{}) return "no record";
    if (!r.record) return "unreadable record @" + std::to_string(r.mod.value);
    static constexpr const char* kStates[] = {"active", "drained", "unfenced"};
    std::string text = kStates[static_cast<std::size_t>(r.record->state)];
    text += " term " + std::to_string(r.record->term.value) + " of " + r.record->member + " @" +
            std::to_string(r.mod.value);
    if (r.record->gate.tip) text += " gate tip " + std::to_string(r.record->gate.tip->value);
    return text;
}

std::string view(const model::ElectionView& v) {
    std::string text = "rev " + std::to_string(v.revision.value) + ", queue";
    for (const auto& c : v.queue) text += " " + c.value + "@" + std::to_string(c.create.value);
    return text + ", " + record(v.holder);
}

double seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }

}  // namespace

std::string in_words(const model::Event& event) {
    return std::visit(
        Overloaded{
            [](const model::Woke&) { return std::string("woke"); },
            [](const model::ShutdownRequested&) { return std::string("shutdown requested"); },
            [](const model::LeaseAnswered& e) {
                return "lease answered" + op(e.op) + " " + word(e.outcome);
            },
            [](const model::LeaseRevoked& e) {
                return "lease revoked" + op(e.op) + " " + word(e.outcome);
            },
            [](const model::ElectionRead& e) {
                return "election read" + op(e.op) + " " + word(e.outcome) + ": " + view(e.view);
            },
            [](const model::StoreChanged& e) {
                return "store changed to rev " + std::to_string(e.revision.value) + ", " +
                       std::to_string(e.changes.size()) + " changes";
            },
            [](const model::WatchResumed&) { return std::string("watch resumed"); },
            [](const model::TxnAnswered& e) {
                return "txn answered" + op(e.op) + " " + word(e.outcome);
            },
            [](const model::RecordAnswered& e) {
                return "record answered" + op(e.op) + " " + word(e.outcome) + ": " +
                       record(e.holder);
            },
            [](const model::StatusRead& e) {
                return "status read" + op(e.op) + " " + word(e.failure) +
                       (e.active ? " active" : " standby");
            },
            [](const model::SetAnswered& e) {
                return "set answered" + op(e.op) + " " + word(e.failure) +
                       (e.not_sent ? " not sent" : "");
            },
            [](const model::ReadinessRead& e) {
                return "readiness read" + op(e.op) + " " + word(e.failure) +
                       (e.ready ? " ready" : " not ready");
            },
            [](const model::TipRead& e) {
                return "tip read" + op(e.op) + " " + word(e.failure) + " " +
                       std::to_string(e.height.value);
            },
            [](const model::MetricsRead& e) {
                return "metrics read" + op(e.op) + " " + word(e.failure);
            },
            [](const model::PortChanged& e) {
                return std::string(e.port == model::NodePort::kAdmin ? "admin" : "probe") +
                       " port " + word(e.state);
            },
            [](const model::FenceAnswered& e) {
                return std::string(e.success ? "fence success" : "fence failed") + op(e.op);
            },
            [](const model::GuardianArmed& e) { return "guardian armed" + op(e.op); },
            [](const model::GuardianLost&) { return std::string("guardian lost"); },
        },
        event);
}

std::string in_words(const model::Effect& effect) {
    return std::visit(
        Overloaded{
            [](const model::GrantLease& e) { return "grant lease" + op(e.op); },
            [](const model::KeepLeaseAlive& e) { return "keep lease alive" + op(e.op); },
            [](const model::RevokeLease& e) { return "revoke lease" + op(e.op); },
            [](const model::ReadElection& e) { return "read election" + op(e.op); },
            [](const model::WatchElection& e) {
                return std::string(e.far ? "watch from afar" : "watch") + op(e.op);
            },
            [](const model::Register& e) { return "register" + op(e.op); },
            [](const model::PublishMember& e) {
                return "publish" + op(e.op) +
                       (e.record.eligible ? " eligible" : " " + e.record.blocked_by);
            },
            [](const model::Queue& e) { return "queue" + op(e.op); },
            [](const model::Release& e) { return "release" + op(e.op); },
            [](const model::Depose& e) { return "depose " + e.key + op(e.op); },
            [](const model::Claim& e) {
                return "claim" + op(e.op) + " term " + std::to_string(e.create.value) + " over " +
                       record(e.found);
            },
            [](const model::Confirm& e) { return "confirm" + op(e.op); },
            [](const model::Drain& e) {
                return "write drained marker" + op(e.op) +
                       (e.record.gate.tip ? " tip " + std::to_string(e.record.gate.tip->value)
                                          : " time only") +
                       " over " + record(e.found);
            },
            [](const model::MarkUnfenced& e) { return "write unfenced" + op(e.op); },
            [](const model::RecordForeign& e) {
                return "record foreign " + e.foreign.key + op(e.op);
            },
            [](const model::ClearForeign& e) { return "clear foreign " + e.gone.key + op(e.op); },
            [](const model::RecordDoubleActive& e) {
                return "record double active " + e.entry.member + " " + e.entry.other + op(e.op);
            },
            [](const model::QueryStatus& e) {
                return "query status" + op(e.op) + (e.fresh_connection ? " afresh" : "");
            },
            [](const model::Deactivate& e) { return "deactivate" + op(e.op); },
            [](const model::Activate& e) { return "activate" + op(e.op); },
            [](const model::ReadReadiness& e) { return "read readiness" + op(e.op); },
            [](const model::ReadTip& e) { return "read tip" + op(e.op); },
            [](const model::ReadMetrics& e) { return "read metrics" + op(e.op); },
            [](const model::ArmGuardian& e) { return "arm guardian" + op(e.op); },
            [](const model::TellGuardianDraining& e) {
                return std::string(e.standby ? "tell guardian: standby"
                                             : "tell guardian: draining");
            },
            [](const model::RunFence& e) { return "run fence, " + e.reason + op(e.op); },
            [](const model::DisarmGuardian&) { return std::string("disarm guardian"); },
            [](const model::PinCluster&) { return std::string("pin the cluster"); },
            [](const model::RoleChanged& e) {
                return "ROLE " + std::string(model::name(e.row->from)) + " -> " +
                       std::string(model::name(e.row->to)) + " (" + std::string(e.row->code) +
                       "): " + std::string(e.row->sentence);
            },
            [](const model::Announce& e) {
                const auto& row = model::describe(e.notice);
                return "note " + std::string(row.name) + " " + e.detail;
            },
            [](const model::Exit& e) { return "exit " + std::to_string(e.code); },
        },
        effect);
}

void Story::line(Time at, std::string_view who, const std::string& text) {
    if (!told_) return;
    std::printf("%11.6f  %.*s  %s\n", seconds(at - start_), static_cast<int>(who.size()),
                who.data(), text.c_str());
}

void Story::event(Time at, std::uint8_t member, const model::Event& event) {
    mix(static_cast<std::uint64_t>(at.count()) * 31 + member);
    mix(event.index());
    if (told_) line(at, member_name(member), "< " + in_words(event));
}

void Story::effect(Time at, std::uint8_t member, const model::Effect& effect) {
    mix(effect.index() + 64);
    if (told_) line(at, member_name(member), "      > " + in_words(effect));
}

}  // namespace elector::sim
