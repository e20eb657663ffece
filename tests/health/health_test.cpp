#include "health/health.hpp"

#include <doctest/doctest.h>

using namespace elector::health;

namespace {

constexpr Instant at(Duration d) { return Instant{} + d; }
constexpr Instant kNow = at(100s);

/// A node that is fit in every respect.
struct Fit {
    Policy policy;
    ElectionView view;
    Health health;

    Fit() {
        policy.member = "a";
        health.ready.good = health.fresh.good = health.near.good = health.moving.good = true;
        health.tip = Height{200};
        health.tip_exact = true;
        health.tips = {TipTrack{"a", Height{200}, at(99s)}};
    }
    std::string unfit(Instant now = kNow) const {
        return codes(elector::health::unfit(health, policy, now));
    }
    /// Another member that is queued and eligible.
    void rival(const std::string& name, Instant moved, Height tip = Height{200}) {
        MemberEntry entry{Revision{3}, Revision{103}, {}};
        entry.record.name = name;
        entry.record.eligible = true;
        entry.record.candidate_key = "K/" + name;
        entry.record.tip = tip;
        view.members.push_back(entry);
        view.queue.push_back(Candidate{"K/" + name, Revision{3}, name});
        health.tips.push_back(TipTrack{name, tip, moved});
    }
    bool has_rival() const { return moving_rival(health, policy, view, kNow) != nullptr; }
    void tip(Instant now, std::uint64_t height, Duration age = 1s) {
        learn_tip(health, policy, view, now, Height{height}, age);
    }
};

}  // namespace

TEST_CASE("a node that is fit in every respect is fit to lead") { CHECK(Fit{}.unfit() == ""); }

TEST_CASE("a check falls after three bad answers running and recovers after two good ones") {
    Fit fit;
    const auto ready = [&](bool good) {
        learn_ready(fit.health, fit.policy, good);
        return fit.unfit();
    };
    CHECK(ready(false) == "");
    CHECK(ready(false) == "");
    CHECK(ready(true) == "");  // the streak begins anew
    CHECK(ready(false) == "");
    CHECK(ready(false) == "");
    CHECK(ready(false) == "unready");
    CHECK(ready(true) == "unready");
    CHECK(ready(true) == "");
}

TEST_CASE("a cool-down ends at its instant, and each is twice as long as the one before") {
    Fit fit;
    CHECK(cool_down(fit.health, fit.policy, kNow) == 10s);
    CHECK(fit.unfit(at(110s) - 1ns) == "cooling_down");
    CHECK(unfit_changes_at(fit.health, fit.policy, at(110s) - 1ns) == at(110s));
    CHECK(fit.health.cooling.until == at(110s));
    CHECK(cool_down(fit.health, fit.policy, at(200s)) == 20s);
    CHECK(cool_down(fit.health, fit.policy, at(220s) + 1h + 1ns) == 10s);
}

TEST_CASE("a cool-down never exceeds its maximum") {
    Fit fit;
    fit.health.cooling.next = fit.policy.cool_max;
    CHECK(cool_down(fit.health, fit.policy, kNow) == fit.policy.cool_max);
    CHECK(cool_down(fit.health, fit.policy, kNow) == fit.policy.cool_max);
}

TEST_CASE("the last one standing drops cooling down, readiness and lag in this order, one a wait") {
    Fit fit;
    fit.health.cooling.until = at(24h);
    fit.health.ready.good = fit.health.near.good = fit.health.fresh.good = false;
    fit.health.tips[0].moved = at(24h);
    const auto relaxed = [&](Instant now) {
        return std::string(relax(fit.health, fit.policy, now).value_or("nothing"));
    };
    CHECK(relaxed(kNow) == "nothing");
    CHECK(relaxes_at(fit.health, fit.policy) == at(130s));
    CHECK(relaxed(at(130s) - 1ns) == "nothing");
    CHECK(fit.unfit(at(130s)) == "cooling_down,unready,stale_tip,lagging");
    CHECK(relaxed(at(130s)) == "cooling down");
    CHECK(fit.unfit(at(130s)) == "unready,stale_tip,lagging");
    CHECK(relaxed(at(160s)) == "readiness");
    CHECK(fit.unfit(at(160s)) == "stale_tip,lagging");
    CHECK(relaxed(at(190s)) == "lag and tip age");
    CHECK(fit.unfit(at(190s)) == "");
    CHECK(relaxes_at(fit.health, fit.policy) == kNever);
    CHECK(relaxed(at(24h)) == "nothing");
    stop_relaxing(fit.health);
    CHECK(fit.unfit(at(190s)) == "cooling_down,unready,stale_tip,lagging");
    CHECK(relaxes_at(fit.health, fit.policy) == kNever);
}

TEST_CASE("a stale tip is forgiven when no known tip moves") {
    Fit fit;
    fit.health.fresh.good = false;
    fit.rival("b", at(50s));
    fit.health.tips[0].moved = at(50s);
    CHECK(chain_stalled(fit.health, fit.policy, kNow));
    CHECK(fit.unfit() == "");
    fit.health.tips[1].moved = at(95s);
    CHECK_FALSE(chain_stalled(fit.health, fit.policy, kNow));
    CHECK(fit.unfit() == "stale_tip");
}

TEST_CASE("a chain of which no tip is known does not count as stalled") {
    Fit fit;
    fit.health.tips.clear();
    CHECK_FALSE(chain_stalled(fit.health, fit.policy, kNow));
}

TEST_CASE("a standing chain makes unfit_changes_at() ask for the instant when it counts as such") {
    Fit fit;
    const auto stalls = unfit_changes_at(fit.health, fit.policy, kNow);
    CHECK_FALSE(chain_stalled(fit.health, fit.policy, stalls - 1ns));
    CHECK(chain_stalled(fit.health, fit.policy, stalls));
}

TEST_CASE("heights from the metrics widen the windows by 10 s") {
    for (const auto& [exact, window] : {std::pair{true, 10s}, std::pair{false, 20s}}) {
        CAPTURE(exact);
        Fit fit;
        fit.rival("b", kNow - window);
        fit.health.tip_exact = exact;
        CHECK(fit.has_rival());
        fit.health.tips[1].moved -= 1ns;
        CHECK_FALSE(fit.has_rival());
    }
}

TEST_CASE("a rival is another member that is queued, eligible, and whose tip moves") {
    struct Row {
        const char* name;
        void (*change)(Fit&);
        bool rival;
    };
    const Row rows[] = {
        {"as it is", [](Fit&) {}, true},
        {"not eligible", [](Fit& f) { f.view.members[0].record.eligible = false; }, false},
        {"not queued", [](Fit& f) { f.view.queue.clear(); }, false},
        {"its tip stands", [](Fit& f) { f.health.tips[1].moved = at(80s); }, false},
        {"no tip known", [](Fit& f) { f.health.tips.pop_back(); }, false},
        {"it is ourselves", [](Fit& f) { f.policy.member = "b"; }, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        Fit fit;
        fit.rival("b", at(95s));
        row.change(fit);
        CHECK(fit.has_rival() == row.rival);
    }
}

TEST_CASE("the best known tip is the highest of ours, the members' and the peers'") {
    Fit fit;
    fit.health.tips.push_back(TipTrack{"b", Height{205}, at(1s)});
    CHECK(best_known_tip(fit.health) == Height{205});
    fit.health.target = Height{207};
    CHECK(best_known_tip(fit.health) == Height{207});
    fit.health.tip = Height{209};
    CHECK(best_known_tip(fit.health) == Height{209});
}

TEST_CASE("a node is lagging when it is more than max_lag behind, three times running") {
    Fit fit;
    fit.rival("b", at(95s), Height{203});
    for (const char* unfit : {"", "", "lagging"}) {
        fit.tip(kNow, 200);
        CHECK(fit.health.lag == 3);
        CHECK(fit.unfit() == unfit);
    }
    CHECK(fit.health.lag_bucket == 1);
    fit.tip(kNow, 202);
    CHECK(fit.health.lag_bucket == 1);  // one behind is no reason to change the order
    fit.tip(kNow, 203);
    CHECK(fit.health.lag_bucket == 0);
    CHECK(fit.unfit() == "");
}

TEST_CASE("a tip is frozen when it stands three times running while a rival is ahead") {
    Fit fit;
    fit.tip(kNow, 200);
    fit.rival("b", at(95s), Height{201});
    for (const bool is_frozen : {false, false, true}) {
        fit.tip(kNow, 200);
        CHECK(frozen(fit.health) == is_frozen);
    }
    fit.tip(kNow, 201);
    CHECK_FALSE(frozen(fit.health));
}

TEST_CASE("a gauge counts only when there is no exact tip to be had") {
    Fit fit;
    learn_gauges(fit.health, fit.policy, fit.view, kNow, Height{190}, Height{205});
    CHECK(fit.health.tip == Height{200});
    CHECK(fit.health.target == Height{205});
    learn_no_tip(fit.health);
    learn_gauges(fit.health, fit.policy, fit.view, kNow, Height{201}, Height{205});
    CHECK(fit.health.tip == Height{201});
    CHECK_FALSE(fit.health.tip_exact);
    CHECK(fit.health.lag == 4);
    CHECK(fit.unfit() == "");
    learn_gauges(fit.health, fit.policy, fit.view, at(120s) + 1ns, Height{201}, std::nullopt);
    CHECK(fit.unfit() == "stale_tip");
}

TEST_CASE("without gauges a node that has no exact tip is stale at once") {
    Fit fit;
    learn_no_gauges(fit.health);
    CHECK(fit.unfit() == "");
    learn_no_tip(fit.health);
    learn_no_gauges(fit.health);
    CHECK(fit.unfit() == "stale_tip");
}

TEST_CASE("the tips of the members are followed, and those that left are forgotten") {
    Fit fit;
    fit.rival("b", at(50s), Height{200});
    fit.rival("c", at(50s), Height{200});
    fit.view.members.erase(fit.view.members.begin() + 1);
    fit.view.members[0].record.tip = Height{201};
    learn_members(fit.health, fit.policy, fit.view, kNow);
    REQUIRE(fit.health.tips.size() == 2);
    CHECK(fit.health.tips[0].moved == at(99s));  // ours stands
    CHECK(fit.health.tips[1].name == "b");
    CHECK(fit.health.tips[1].tip == Height{201});
    CHECK(fit.health.tips[1].moved == kNow);
}

TEST_CASE("a new process has to prove its health anew") {
    Fit fit;
    forget_node(fit.health);
    CHECK(fit.unfit() == "unready,stale_tip,lagging");
    CHECK(fit.health.tip == std::nullopt);
}
