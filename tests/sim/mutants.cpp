#include "sim/mutants.hpp"

#include <algorithm>
#include <array>

namespace elector::sim {
namespace {

struct Row {
    Mutant mutant;
    std::string_view name;
};
constexpr std::array kRows = {
    Row{Mutant::kNone, "none"},
    Row{Mutant::kQuiesceWait, "quiesce_wait"},
    Row{Mutant::kSendTime, "send_time"},
    Row{Mutant::kConfirmedDrain, "confirmed_drain"},
    Row{Mutant::kOneInFlight, "one_in_flight"},
};
constexpr std::array kAll = {Mutant::kQuiesceWait, Mutant::kSendTime, Mutant::kConfirmedDrain,
                             Mutant::kOneInFlight};

using namespace std::chrono_literals;

/// Belief counts from the receipt of an answer instead of from the sending of its question.
void count_from_receipt(core::State& s, core::Instant now, const core::Event& event) {
    const auto* e = std::get_if<core::RecordAnswered>(&event);
    if (!e) return;
    if (e->op == s.holding.confirm.op) s.holding.confirm.sent = now;
    if (e->op == s.candidacy.record_slot.op) s.candidacy.claim_sent = now;
}

/// The answer to a deactivation counts as confirmed standby.
void trust_the_set(core::State& s, core::Instant now, const core::Event& event) {
    const auto* e = std::get_if<core::SetAnswered>(&event);
    if (!e || e->op != s.node.set.op || e->failure != core::NodeFailure::kNone) return;
    if (s.standby.wanted && !s.standby.confirmed) s.standby.confirmed = now;
}

}  // namespace

std::string_view name(Mutant mutant) { return kRows[static_cast<std::size_t>(mutant)].name; }

std::optional<Mutant> find_mutant(std::string_view name) {
    for (const auto& row : kRows)
        if (row.name == name) return row.mutant;
    return std::nullopt;
}

std::span<const Mutant> all_mutants() { return kAll; }

void bend(Mutant mutant, core::Policy& policy) {
    if (mutant == Mutant::kQuiesceWait) policy.quiesce = 0s;
}

void bend(Mutant mutant, core::State& state, core::Instant now, const core::Event& event) {
    if (mutant == Mutant::kSendTime) count_from_receipt(state, now, event);
    if (mutant == Mutant::kConfirmedDrain) trust_the_set(state, now, event);
}

void bend(Mutant mutant, core::State& state, core::Instant) {
    if (mutant != Mutant::kOneInFlight) return;
    state.node.set.op = {};
    state.node.set.retry = core::Instant{};
    state.node.unanswered_until.reset();
}

}  // namespace elector::sim
