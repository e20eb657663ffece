#include "sim/mutants.hpp"

#include <algorithm>
#include <array>

#include "core/eligibility.hpp"

namespace elector::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::array kRows = {
    MutantRow{Mutant::kQuiesceWait, "quiesce_wait", "the dirty wait contains quiesce",
              Theme::kCutOff, 50},
    MutantRow{Mutant::kPendingNotInQuiesce, "pending_not_in_quiesce",
              "quiesce covers an activation that was still unanswered", Theme::kCutOff, 100},
    MutantRow{Mutant::kOvertime, "overtime", "the waits contain overtime", Theme::kCutOff, 100},
    MutantRow{Mutant::kNodeSkew, "node_skew", "overtime and settle contain the nodes' clock skew",
              Theme::kCutOff, 300},
    MutantRow{Mutant::kSettle, "settle", "a marker's gate waits for settle", Theme::kSwarm, 50},
    MutantRow{Mutant::kGateReread, "gate_reread",
              "the tip is read again before the claim and before the activation", Theme::kSwarm, 0,
              "a tip never falls within one life of a node's process, and a new life is noticed"},
    MutantRow{Mutant::kTipAtOnce, "tip_at_once",
              "the gate's tip is read 200 ms after the confirmation", Theme::kHandOver, 5000},
    MutantRow{Mutant::kDeadGateTip, "dead_gate_tip", "a dead node's gate has no tip",
              Theme::kHandOver, 3000},
    MutantRow{Mutant::kSendTime, "send_time", "belief counts from the sending of the question",
              Theme::kCutOff, 500},
    MutantRow{Mutant::kKeepAliveConfirms, "keep_alive_confirms",
              "only CONFIRM prolongs a holding, a keep-alive never", Theme::kSwarm, 20},
    MutantRow{Mutant::kOneInFlight, "one_in_flight",
              "no activation beside an unanswered set of ours", Theme::kHandOver, 3000},
    MutantRow{Mutant::kConfirmedDrain, "confirmed_drain",
              "standby is confirmed by a status query of its own", Theme::kSwarm, 50},
    MutantRow{Mutant::kDrainGuard, "drain_guard", "DRAIN is guarded by the record's revision",
              Theme::kSwarm, 2000},
    MutantRow{Mutant::kAbsentIsFree, "absent_is_free", "an absent record is unknown, not free",
              Theme::kSwarm, 200},
    MutantRow{Mutant::kPendingIgnored, "pending_ignored",
              "standby counts only after an unanswered activation can have landed", Theme::kSwarm,
              2000},
    MutantRow{Mutant::kGuardianSpares, "guardian_spares",
              "the guardian kills the elector before it demotes", Theme::kCutOff, 50},
    MutantRow{Mutant::kArmUnacknowledged, "arm_unacknowledged",
              "no activation before the guardian has acknowledged the arm message", Theme::kSwarm,
              50},
    MutantRow{Mutant::kForeignIgnored, "foreign_ignored", "nobody claims over a foreign key",
              Theme::kOdd, 3000},
    MutantRow{Mutant::kForeignForgets, "foreign_forgets", "FOREIGN keeps what the record said",
              Theme::kStuck, 2000},
    MutantRow{Mutant::kStaleRead, "stale_read", "after a wait the store is read again",
              Theme::kSwarm, 0, "CLAIM's own guards refuse whatever a re-read would have found"},
    MutantRow{Mutant::kDeposeHolder, "depose_holder", "a holder is never deposed", Theme::kCalm,
              20},
    MutantRow{Mutant::kUnfencedLate, "unfenced_late",
              "UNFENCED is written while the key still guards the record", Theme::kStuck, 50},
    MutantRow{Mutant::kSetBackUnseen, "set_back_unseen",
              "a revision or Raft term below one seen makes everything unknown", Theme::kSetBack,
              2000},
    MutantRow{Mutant::kLostKeyUnseen, "lost_key_unseen",
              "a key of ours that is gone without a word of the watch makes everything unknown",
              Theme::kSetBack, 0, "revisions and terms tell of every step back that it tells of"},
    MutantRow{Mutant::kTermMayFall, "term_may_fall",
              "a record whose term falls makes everything unknown", Theme::kSetBack, 8500},
    MutantRow{Mutant::kMarkerAfterSetBack, "marker_after_set_back",
              "after a step back not even a marker that is seen to come counts", Theme::kSetBack,
              2000},
    MutantRow{Mutant::kAbsentSince, "absent_since",
              "the wait over an absent record counts from heading the queue", Theme::kSetBack,
              2000},
    MutantRow{Mutant::kFenceTrusted, "fence_trusted",
              "after a fence command both ports have to refuse", Theme::kStuck, 100},
    MutantRow{Mutant::kLookIsHead,
              "look_is_head",
              "whose key is the queue's first, only a read of its first keys tells",
              Theme::kHandOver,
              500,
              {},
              2},
};

/// Belief counts from the receipt of an answer instead of from the sending of its question.
void count_from_receipt(core::State& s, model::Instant now, const model::Event& event) {
    const auto* e = std::get_if<model::RecordAnswered>(&event);
    if (!e) return;
    if (e->op == s.holding.confirm.op) s.holding.confirm.sent = now;
    if (e->op == s.candidacy.record_slot.op) s.candidacy.claim_sent = now;
}

/// The answer to a deactivation counts as confirmed standby.
void trust_the_set(core::State& s, model::Instant now, const model::Event& event) {
    const auto* e = std::get_if<model::SetAnswered>(&event);
    if (!e || e->op != s.node.set.op || e->failure != model::NodeFailure::kNone) return;
    if (s.standby.wanted && !s.standby.confirmed) s.standby.confirmed = now;
}

/// The word of a fence command counts as the death of the node.
void trust_the_fence(core::State& s, const model::Event& event) {
    const auto* e = std::get_if<model::FenceAnswered>(&event);
    if (e && e->success && s.role == model::Role::kDraining) s.node.process.dead = true;
}

/// An acknowledged keep-alive is taken for a confirmation.
void prolong(core::State& s, const model::Event& event) {
    const auto* e = std::get_if<model::LeaseAnswered>(&event);
    if (!e || e->outcome != model::StoreOutcome::kDone || e->ttl <= model::Duration{}) return;
    if (s.role != model::Role::kLeader || !s.session.lease_slot.answers(e->op)) return;
    auto& h = s.holding;
    h.valid_until = std::max(h.valid_until, s.session.lease_slot.sent + h.hold - h.hold / 100);
    h.next_confirm = h.valid_until;
}

/// What nobody has written is nobody's.
void take_the_absent(core::State& s) {
    auto& k = s.known;
    if (k.view.holder.record) return;
    k.observed_since = k.record_learned = k.headed_since = s.started - 1h;
}

/// Whatever the store answers is newer than what it has answered before.
void see_no_set_back(core::State& s, const model::Event& event) {
    auto& k = s.known;
    k.floor_revision = k.floor_holder_mod = {};
    k.floor_raft_term = 0;
    k.seen_term = {};
    k.missing.clear();
    const auto* e = std::get_if<model::ElectionRead>(&event);
    // An older view would be dropped as overtaken.
    if (e && e->outcome == model::StoreOutcome::kDone && k.read_slot.answers(e->op)) {
        k.view.revision = std::min(k.view.revision, e->view.revision);
        k.own_writes = std::min(k.own_writes, e->view.revision);
    }
}

void forget_pending(core::State& s) {
    s.standby.hazard_until.reset();
    s.node.unanswered_until.reset();
    // The drive takes it up from here when standby is answered.
    if (s.role == model::Role::kDraining && s.holding.activation == core::Activation::kSent)
        s.holding.activation = core::Activation::kAnswered;
}

void open_the_gate(core::State& s) {
    s.holding.gate_tip.reset();
    if (s.candidacy.checking)
        s.node.tip_sent = std::max(s.node.tip_sent, s.candidacy.check_started);
}

void forget_foreign(core::State& s) {
    auto& view = s.known.view;
    std::erase_if(view.queue, [&](const model::Candidate& c) { return is_foreign(view, c); });
    if (view.holder.record) view.holder.record->foreign.clear();
}

/// From afar, our own key is the only one that counts.
void take_own_key_for_the_head(core::State& s) {
    auto& view = s.known.view;
    const auto* mine = model::find_created(view, s.session.create);
    if (!view.crowd.far || !mine) return;
    view.queue = {model::Candidate{*mine}};
    view.crowd.far = false;
}

/// The tip is read as if 200 ms had passed since the confirmation.
void hurry_the_tip(core::State& s, model::Instant now) {
    auto& confirmed = s.standby.confirmed;
    const bool fresh = s.role == model::Role::kDraining && confirmed && now - *confirmed < 200ms;
    if (!fresh) return;
    confirmed = now - 200ms;
    s.wake = now + model::Duration{1};
}

void give_dead_gates_a_tip(const core::State& s, model::Effects& effects) {
    for (auto& effect : effects) {
        auto* drain = std::get_if<model::Drain>(&effect);
        if (drain && s.standby.dead) drain->record.gate.tip = health::best_known_tip(s.health);
    }
}

void forget_in_foreign(model::Effects& effects) {
    for (auto& effect : effects) {
        auto* write = std::get_if<model::RecordForeign>(&effect);
        if (!write) continue;
        auto& r = write->record;
        r.state = model::HolderRecord::State::kDrained;
        r.gate = model::Gate{std::nullopt, 6500ms};
        r.foreign = {write->foreign};
    }
}

/// Every head that has been one for five seconds goes, whatever the record says.
void depose_any_head(core::State& s, model::Effects& effects) {
    const auto& k = s.known;
    if (!k.read || k.view.queue.empty() || k.view.queue.front().create == s.session.create) return;
    if (s.now < k.head_since + 5s || s.candidacy.record_slot.busy()) return;
    const auto& head = k.view.queue.front();
    s.candidacy.record_op = core::RecordOp::kDepose;
    s.candidacy.deposing = head.create;
    s.candidacy.record_slot.op = model::OpId{++s.last_op};
    s.candidacy.record_slot.sent = s.now;
    effects.emplace_back(
        model::Depose{s.candidacy.record_slot.op, head.key, head.create, k.view.holder});
}

}  // namespace

std::string_view name(Mutant mutant) {
    for (const auto& row : kRows)
        if (row.mutant == mutant) return row.name;
    return "none";
}

std::optional<Mutant> find_mutant(std::string_view name) {
    for (const auto& row : kRows)
        if (row.name == name) return row.mutant;
    return std::nullopt;
}

std::span<const MutantRow> all_mutants() { return kRows; }

void bend(Mutant mutant, model::Policy& p) {
    if (mutant == Mutant::kQuiesceWait) p.quiesce = 0s;
    if (mutant == Mutant::kPendingNotInQuiesce) p.quiesce = 3 * p.block_interval;
    if (mutant == Mutant::kOvertime) p.overtime = 0s;
    if (mutant == Mutant::kSettle) p.settle = 0s;
    if (mutant == Mutant::kNodeSkew) {
        p.overtime -= 500ms;
        p.settle -= 500ms;
    }
}

void bend(Mutant mutant, core::State& s, model::Instant now, const model::Event& event) {
    switch (mutant) {
        case Mutant::kSendTime:
            return count_from_receipt(s, now, event);
        case Mutant::kConfirmedDrain:
            return trust_the_set(s, now, event);
        case Mutant::kFenceTrusted:
            return trust_the_fence(s, event);
        case Mutant::kKeepAliveConfirms:
            return prolong(s, event);
        case Mutant::kAbsentIsFree:
            return take_the_absent(s);
        case Mutant::kPendingIgnored:
            return forget_pending(s);
        case Mutant::kGateReread:
            return open_the_gate(s);
        case Mutant::kForeignIgnored:
            return forget_foreign(s);
        case Mutant::kArmUnacknowledged:
            if (s.role == model::Role::kLeader) s.holding.armed_until = s.holding.valid_until;
            return;
        case Mutant::kSetBackUnseen:
            return see_no_set_back(s, event);
        case Mutant::kLookIsHead:
            return take_own_key_for_the_head(s);
        case Mutant::kLostKeyUnseen:
            return s.known.missing.clear();
        case Mutant::kTermMayFall:
            s.known.seen_term = {};
            return;
        case Mutant::kMarkerAfterSetBack:
            s.known.set_back = false;
            return;
        case Mutant::kAbsentSince:
            s.known.headed_since = s.started;
            return;
        case Mutant::kStaleRead:
            if (s.candidacy.checking) s.known.read_sent = s.candidacy.check_started;
            return;
        default:
            return;
    }
}

void bend(Mutant mutant, core::State& s, model::Instant now, model::Effects& effects) {
    switch (mutant) {
        case Mutant::kOneInFlight:
            if (s.role == model::Role::kLeader) s.node.set.op = {};
            if (s.role == model::Role::kLeader) s.node.unanswered_until.reset();
            return;
        case Mutant::kTipAtOnce:
            return hurry_the_tip(s, now);
        case Mutant::kDeadGateTip:
            return give_dead_gates_a_tip(s, effects);
        case Mutant::kForeignForgets:
            return forget_in_foreign(effects);
        case Mutant::kDeposeHolder:
            return depose_any_head(s, effects);
        default:
            return;
    }
}

}  // namespace elector::sim
