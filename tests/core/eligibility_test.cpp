#include "core/eligibility.hpp"

#include <doctest/doctest.h>

#include "core/step.hpp"

using namespace elector::core;
namespace health = elector::health;

namespace {

constexpr Instant at(Duration d) { return Instant{} + d; }
constexpr Instant kNow = at(100s);

MemberEntry member(const std::string& name, std::int64_t create, bool eligible = true) {
    MemberEntry entry{Revision{create}, Revision{create + 100}, {}};
    entry.record.name = name;
    entry.record.eligible = eligible;
    entry.record.candidate_key = "K/" + name;
    return entry;
}

/// A member that is fit in every respect.
struct Fit {
    Policy policy;
    State state = initial_state(Instant{}, 1);

    Fit() {
        policy.member = "a";
        state.standby.confirmed = at(2s);
        state.node.activity = NodeActivity::kStandby;
        auto& h = state.health;
        h.ready.good = h.fresh.good = h.near.good = h.moving.good = true;
        h.tip = Height{200};
        h.tips = {health::TipTrack{"a", Height{200}, at(99s)}};
    }
    std::string unfit(Instant now = kNow) const { return codes(unfit_because(policy, state, now)); }
};

}  // namespace

TEST_CASE("a member that is fit in every respect is eligible") { CHECK(Fit{}.unfit() == ""); }

TEST_CASE("each shortcoming alone makes a member unfit, and says so") {
    struct Row {
        const char* code;
        void (*spoil)(Fit&);
    };
    const Row rows[] = {
        {"shutting_down", [](Fit& f) { f.state.shutting_down = true; }},
        {"observing", [](Fit& f) { f.policy.observe = true; }},
        {"nofailover", [](Fit& f) { f.policy.nofailover = true; }},
        {"other_cluster",
         [](Fit& f) {
             f.state.known.read = true;
             f.state.known.view.cluster_id = 1;
             f.policy.cluster = 2;
         }},
        {"guardian_down", [](Fit& f) { f.state.guardian_lost = true; }},
        {"fence_runs", [](Fit& f) { f.state.draining.fence.slot.op = {7}; }},
        {"fence_missing", [](Fit& f) { f.policy.fence_missing = true; }},
        {"standby_unconfirmed", [](Fit& f) { f.state.standby.confirmed.reset(); }},
        {"standby_unconfirmed", [](Fit& f) { f.state.node.activity = NodeActivity::kActive; }},
        {"standby_unconfirmed", [](Fit& f) { f.state.node.activity = NodeActivity::kUnknown; }},
        {"seen_active", [](Fit& f) { f.state.node.barred_until = kNow + 1ns; }},
        {"operator_address", [](Fit& f) { f.state.node.address_told = true; }},
        {"cooling_down", [](Fit& f) { f.state.health.cooling.until = kNow + 1ns; }},
        {"unready", [](Fit& f) { f.state.health.ready.good = false; }},
        {"lagging", [](Fit& f) { f.state.health.near.good = false; }},
        {"stale_tip", [](Fit& f) { f.state.health.fresh.good = false; }},
    };
    for (const auto& row : rows) {
        CAPTURE(row.code);
        Fit fit;
        row.spoil(fit);
        CHECK(fit.unfit() == row.code);
    }
}

TEST_CASE("a dead node is unfit and its standby is not certain") {
    Fit fit;
    fit.state.node.process.dead = true;
    CHECK(fit.unfit() == "node_dead,standby_unconfirmed");
}

TEST_CASE("a bar and a cool-down end at their instants") {
    Fit fit;
    fit.state.node.barred_until = kNow;
    fit.state.health.cooling.until = kNow;
    CHECK(fit.unfit() == "");
    CHECK(fit.unfit(kNow - 1ns) == "seen_active,cooling_down");
    CHECK(unfit_changes_at(fit.policy, fit.state, kNow - 1ns) == kNow);
}

TEST_CASE("when stranded, cooling down, readiness and lag are dropped in this order, and no more") {
    Fit fit;
    fit.state.health.cooling.until = kNow + 1s;
    fit.state.health.ready.good = fit.state.health.near.good = fit.state.health.fresh.good = false;
    fit.state.node.address_told = true;
    fit.state.node.barred_until = kNow + 1s;
    const auto at_step = [&](int relaxed) {
        fit.state.health.relaxing.dropped = relaxed;
        return fit.unfit();
    };
    CHECK(at_step(0) == "seen_active,operator_address,cooling_down,unready,stale_tip,lagging");
    CHECK(at_step(1) == "seen_active,operator_address,unready,stale_tip,lagging");
    CHECK(at_step(2) == "seen_active,operator_address,stale_tip,lagging");
    CHECK(at_step(3) == "seen_active,operator_address");
}

TEST_CASE(
    "the group's operator address is that of the longest registered other member that has one") {
    Fit fit;
    CHECK(group_address(fit.policy, fit.state) == "");
    auto& members = fit.state.known.view.members;
    members = {member("c", 9), member("b", 4), member("d", 2)};
    members[0].record.operator_address = "io1c";
    members[1].record.operator_address = "io1b";
    CHECK(group_address(fit.policy, fit.state) == "io1b");
}
