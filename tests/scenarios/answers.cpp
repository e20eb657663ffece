// The words for an answer, where it is worth a line.
#include "model/overloaded.hpp"
#include "scenarios/trace.hpp"

namespace elector::scenarios {
using namespace model;

namespace {

std::string words(StoreOutcome outcome) {
    switch (outcome) {
        case StoreOutcome::kDone:
            return "";
        case StoreOutcome::kGuardFailed:
            return "guard failed";
        case StoreOutcome::kLeaseGone:
            return "lease gone";
        case StoreOutcome::kRefused:
            return "refused";
        case StoreOutcome::kUnknown:
            return "outcome unknown";
    }
    return "?";
}

std::string words(NodeFailure failure) {
    switch (failure) {
        case NodeFailure::kNone:
            return "";
        case NodeFailure::kRefused:
            return "refused";
        case NodeFailure::kTimedOut:
            return "timed out";
        case NodeFailure::kBroken:
            return "broken";
        case NodeFailure::kMalformed:
            return "malformed";
    }
    return "?";
}

}  // namespace

bool is_routine(const std::string& name) {
    return name == "keepalive" || name == "read" || name == "publish" || name == "confirm";
}

bool is_store(const Effect& effect) {
    return effect.index() <= Effect(RecordDoubleActive{}).index();
}

std::string tell_answer(Names& names, const Event& event, std::optional<bool>& told_active) {
    return std::visit(
        Overloaded{
            [](const LeaseAnswered& e) {
                const bool gone = e.outcome == StoreOutcome::kDone && e.ttl <= Duration{};
                return gone ? std::string("lease gone") : words(e.outcome);
            },
            [](const LeaseRevoked& e) { return words(e.outcome); },
            [](const ElectionRead& e) { return words(e.outcome); },
            [](const TxnAnswered& e) { return words(e.outcome); },
            [&](const RecordAnswered& e) {
                auto text = words(e.outcome);
                if (e.outcome == StoreOutcome::kGuardFailed)
                    text += ", found " + describe(names, e.holder);
                return text;
            },
            [&](const StatusRead& e) {
                if (e.failure != NodeFailure::kNone) return words(e.failure);
                const bool news = told_active != e.active;
                told_active = e.active;
                return std::string(!news ? "" : e.active ? "active" : "standby");
            },
            [](const SetAnswered& e) {
                return words(e.failure) + (e.not_sent ? ", nothing was sent" : "");
            },
            [](const ReadinessRead& e) { return words(e.failure); },
            [](const TipRead& e) { return words(e.failure); },
            [](const MetricsRead& e) { return words(e.failure); },
            [](const FenceAnswered& e) { return std::string(e.success ? "success" : "failed"); },
            [](const auto&) { return std::string(); }},
        event);
}

}  // namespace elector::scenarios
