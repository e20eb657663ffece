#include "core/eligibility.hpp"

#include <doctest/doctest.h>

#include "core/step.hpp"

using namespace elector::core;

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
        auto& n = state.node;
        n.activity = NodeActivity::kStandby;
        n.ready.good = n.fresh.good = n.near.good = n.moving.good = true;
        n.tip = Height{200};
        state.known.tips = {TipTrack{"a", Height{200}, at(99s)}};
    }
    std::string unfit(Instant now = kNow) const { return codes(unfit_because(policy, state, now)); }
    void rival(const std::string& name, Instant moved) {
        auto& view = state.known.view;
        view.members.push_back(member(name, 3));
        view.queue.push_back(Candidate{"K/" + name, Revision{3}, name});
        state.known.tips.push_back(TipTrack{name, Height{200}, moved});
    }
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
        {"standby_unconfirmed", [](Fit& f) { f.state.standby.confirmed.reset(); }},
        {"standby_unconfirmed", [](Fit& f) { f.state.node.activity = NodeActivity::kActive; }},
        {"standby_unconfirmed", [](Fit& f) { f.state.node.activity = NodeActivity::kUnknown; }},
        {"seen_active", [](Fit& f) { f.state.node.barred_until = kNow + 1ns; }},
        {"operator_address", [](Fit& f) { f.state.node.address_told = true; }},
        {"cooling_down", [](Fit& f) { f.state.cooling.until = kNow + 1ns; }},
        {"unready", [](Fit& f) { f.state.node.ready.good = false; }},
        {"lagging", [](Fit& f) { f.state.node.near.good = false; }},
        {"stale_tip", [](Fit& f) { f.state.node.fresh.good = false; }},
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
    fit.state.node.dead = true;
    CHECK(fit.unfit() == "node_dead,standby_unconfirmed");
}

TEST_CASE("a bar and a cool-down end at their instants") {
    Fit fit;
    fit.state.node.barred_until = kNow;
    fit.state.cooling.until = kNow;
    CHECK(fit.unfit() == "");
    CHECK(fit.unfit(kNow - 1ns) == "seen_active,cooling_down");
    CHECK(unfit_changes_at(fit.policy, fit.state, kNow - 1ns) == kNow);
}

TEST_CASE("when stranded, cooling down, readiness and lag are dropped in this order, and no more") {
    Fit fit;
    fit.state.cooling.until = kNow + 1s;
    fit.state.node.ready.good = fit.state.node.near.good = fit.state.node.fresh.good = false;
    fit.state.node.address_told = true;
    fit.state.node.barred_until = kNow + 1s;
    const auto at_step = [&](int relaxed) {
        fit.state.relaxed = relaxed;
        return fit.unfit();
    };
    CHECK(at_step(0) == "seen_active,operator_address,cooling_down,unready,stale_tip,lagging");
    CHECK(at_step(1) == "seen_active,operator_address,unready,stale_tip,lagging");
    CHECK(at_step(2) == "seen_active,operator_address,stale_tip,lagging");
    CHECK(at_step(3) == "seen_active,operator_address");
}

TEST_CASE("a stale tip is forgiven when no known tip moves") {
    Fit fit;
    fit.state.node.fresh.good = false;
    fit.rival("b", at(50s));
    fit.state.known.tips[0].moved = at(50s);
    CHECK(chain_stalled(fit.policy, fit.state, kNow));
    CHECK(fit.unfit() == "");
    fit.state.known.tips[1].moved = at(95s);
    CHECK_FALSE(chain_stalled(fit.policy, fit.state, kNow));
    CHECK(fit.unfit() == "stale_tip");
}

TEST_CASE("a chain of which no tip is known does not count as stalled") {
    Fit fit;
    fit.state.known.tips.clear();
    CHECK_FALSE(chain_stalled(fit.policy, fit.state, kNow));
}

TEST_CASE("heights from the metrics widen the windows by 10 s") {
    Fit fit;
    fit.state.known.tips[0].moved = kNow - 15s;
    fit.state.node.tip_exact = true;
    CHECK(tip_stands(fit.policy, fit.state, kNow));
    fit.state.node.tip_exact = false;
    CHECK_FALSE(tip_stands(fit.policy, fit.state, kNow));
    fit.state.known.tips[0].moved = kNow - 20s - 1ns;
    CHECK(tip_stands(fit.policy, fit.state, kNow));
}

TEST_CASE("a rival is another member that is queued, eligible, and whose tip moves") {
    struct Row {
        const char* name;
        void (*change)(Fit&);
        bool rival;
    };
    const Row rows[] = {
        {"as it is", [](Fit&) {}, true},
        {"not eligible", [](Fit& f) { f.state.known.view.members[0].record.eligible = false; },
         false},
        {"not queued", [](Fit& f) { f.state.known.view.queue.clear(); }, false},
        {"its tip stands", [](Fit& f) { f.state.known.tips[1].moved = at(80s); }, false},
        {"no tip known", [](Fit& f) { f.state.known.tips.pop_back(); }, false},
        {"it is ourselves", [](Fit& f) { f.policy.member = "b"; }, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        Fit fit;
        fit.state.node.tip_exact = true;
        fit.rival("b", at(95s));
        row.change(fit);
        CHECK((moving_rival(fit.policy, fit.state, kNow) != nullptr) == row.rival);
    }
}

TEST_CASE("the best known tip is the highest of ours, the members' and the peers'") {
    Fit fit;
    fit.state.known.tips.push_back(TipTrack{"b", Height{205}, at(1s)});
    CHECK(best_known_tip(fit.state) == Height{205});
    fit.state.node.target = Height{207};
    CHECK(best_known_tip(fit.state) == Height{207});
    fit.state.node.tip = Height{209};
    CHECK(best_known_tip(fit.state) == Height{209});
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
