#include "model_support.hpp"

using namespace elector::simnode;
using namespace elector::simnode::test;

namespace {

World one_node(ChainParams c = {}) {
    const std::array nodes{NodeParams{}};
    return World(c, nodes);
}

}  // namespace

TEST_CASE("a slow set is answered late; a late set takes effect with nobody told") {
    World w = one_node();
    w.set_fault(0, SetFault::slow, 3s, w.now());
    const Instant asked = w.now();
    CHECK(set(w, 0, true).at - asked >= 3s);
    CHECK(status(w, 0));
    w.set_fault(0, SetFault::late, 5s, w.now());
    CHECK_FALSE(await(w, w.begin_set(0, false, w.now()), 4s));
    CHECK(w.view(0, w.now()).flag);
    pass(w, 4s);
    CHECK_FALSE(w.view(0, w.now()).flag);
}

TEST_CASE("two sets in flight can land out of order") {
    World w = one_node();
    w.set_fault(0, SetFault::late, 4s, w.now());
    const RequestId on = w.begin_set(0, true, w.now());
    pass(w, 1ms);
    w.set_fault(0, SetFault::none, 0s, w.now());
    w.abandon(0, on);
    set(w, 0, false);
    CHECK_FALSE(status(w, 0));
    pass(w, 4s);
    CHECK(status(w, 0));
}

TEST_CASE("a hung set takes effect when the node recovers; a hung status answers then") {
    World w = one_node();
    w.set_fault(0, SetFault::hang, 0s, w.now());
    w.hang_status(0, true, w.now());
    const RequestId on = w.begin_set(0, true, w.now());
    const RequestId asked = w.begin_status(0, w.now());
    CHECK_FALSE(await(w, asked, 30s));
    CHECK_FALSE(w.view(0, w.now()).flag);
    w.heal(0, w.now());
    CHECK(await(w, on));
    CHECK(status(w, 0));
}

TEST_CASE("a set can be answered 200 without effect") {
    World w = one_node();
    w.set_fault(0, SetFault::ignore, 0s, w.now());
    CHECK(set(w, 0, true).outcome == Outcome::ok);
    CHECK_FALSE(status(w, 0));
}

TEST_CASE("an abandoned set still takes effect") {
    World w = one_node();
    const RequestId on = w.begin_set(0, true, w.now());
    w.abandon(0, on);
    CHECK_FALSE(await(w, on, 5s));
    CHECK(w.view(0, w.now()).flag);
}

TEST_CASE("the admin port can refuse while the node signs") {
    World w = one_node();
    set(w, 0, true);
    w.hang_status(0, true, w.now());
    const RequestId pending = w.begin_status(0, w.now());
    pass(w, 10ms);
    w.refuse_admin(0, true, w.now());
    CHECK(await(w, pending)->outcome == Outcome::reset);
    CHECK(await(w, w.begin_status(0, w.now()))->outcome == Outcome::refused);
    CHECK(w.probe_port(0, w.now()) == PortState::open);
    w.clear_log();
    pass(w, 10s);
    CHECK_FALSE(signatures(w, 0).empty());
}

TEST_CASE("a crash resets what is pending and ends all signing at once") {
    World w = one_node();
    set(w, 0, true);
    w.hang_status(0, true, w.now());
    const RequestId pending = w.begin_status(0, w.now());
    pass(w, 1s);
    w.crash(0, w.now());
    CHECK(await(w, pending)->outcome == Outcome::reset);
    CHECK(await(w, w.begin_status(0, w.now()))->outcome == Outcome::refused);
    CHECK(w.log().back().kind == EntryKind::stop);
    w.clear_log();
    pass(w, 60s);
    CHECK(w.log().empty());
}

TEST_CASE("a lost host answers nothing, not even a refusal") {
    World w = one_node();
    const RequestId pending = w.begin_set(0, true, w.now());
    w.lose_host(0, w.now());
    CHECK_FALSE(await(w, pending, 10s));
    CHECK_FALSE(await(w, w.begin_status(0, w.now()), 10s));
    CHECK(w.admin_port(0, w.now()) == PortState::silent);
    CHECK(w.readiness(0, w.now()) == Probe::silent);
    w.restart(0, w.now());
    pass(w, 13s);
    CHECK_FALSE(status(w, 0));
}

TEST_CASE("a frozen node keeps its requests and, thawed, finishes its old round") {
    World w = one_node();
    set(w, 0, true);
    REQUIRE(pass_until(w, 10s, [&] { return w.view(0, w.now()).preparing; }));
    const std::uint64_t height = w.view(0, w.now()).round_height;
    w.freeze(0, w.now());
    w.clear_log();
    const RequestId off = w.begin_set(0, false, w.now());
    const RequestId asked = w.begin_status(0, w.now());
    CHECK_FALSE(await(w, asked, 30s));
    CHECK(w.log().empty());
    CHECK(w.admin_port(0, w.now()) == PortState::silent);
    w.thaw(0, w.now());
    const Instant thawed = w.now();
    CHECK(await(w, off)->at - thawed < 2ms);
    pass(w, 20s);
    for (const LogEntry& e : signatures(w, 0)) CHECK(e.height == height);
    CHECK_FALSE(status(w, 0));
}

TEST_CASE("a node frozen in mid-round signs the old round when it is thawed") {
    World w = one_node();
    set(w, 0, true);
    REQUIRE(pass_until(w, 10s, [&] {
        return w.view(0, w.now()).machine == MachineState::accept_proposal_endorsements;
    }));
    const std::uint64_t height = w.view(0, w.now()).round_height;
    w.freeze(0, w.now());
    pass(w, 60s);
    w.clear_log();
    w.thaw(0, w.now());
    pass(w, 10ms);
    const auto s = signatures(w, 0);
    REQUIRE_FALSE(s.empty());
    CHECK(s[0].height == height);
    CHECK(s[0].time >= 60s);
}

TEST_CASE("rounds follow the node's own wall clock") {
    for (const Duration skew : {Duration{-400ms}, Duration{400ms}}) {
        NodeParams p;
        p.wall_skew = skew;
        const std::array nodes{p};
        World w(always_ours(), nodes);
        set(w, 0, true);
        pass(w, 5s);
        w.clear_log();
        pass(w, 10s);
        for (const LogEntry& e : signatures(w, 0))
            if (e.kind == EntryKind::proposal) CHECK((e.time + skew) % 2500ms == 0ms);
        CHECK(signatures(w, 0).size() >= 8);
    }
}

TEST_CASE("a delegate outside the producers signs nothing while active") {
    World w = one_node();
    w.set_delegate(false, w.now());
    set(w, 0, true);
    pass(w, 5 * 60s);
    CHECK(status(w, 0));
    CHECK(signatures(w, 0).empty());
    w.set_delegate(true, w.now());
    pass(w, 10s);
    CHECK_FALSE(signatures(w, 0).empty());
}

TEST_CASE("an isolated active node goes on signing, at heights the chain leaves behind") {
    World w = one_node();
    set(w, 0, true);
    pass(w, 10s);
    w.isolate(0, true, w.now());
    pass(w, 60s);
    w.clear_log();
    pass(w, 10s);
    REQUIRE_FALSE(signatures(w, 0).empty());
    CHECK(signatures(w, 0).back().height == w.tip(0, w.now()).height + 1);
    CHECK(w.chain_tip(w.now()).height > w.tip(0, w.now()).height + 15);
}

TEST_CASE(
    "an unsync in mid-round begins consensus anew at the old tip and keeps no request waiting") {
    World w = one_node();
    set(w, 0, true);
    REQUIRE(pass_until(w, 10s, [&] { return w.view(0, w.now()).preparing; }));
    const RequestId on = w.begin_set(0, true, w.now());
    pass(w, 2ms);
    w.unsync(0, 1, w.now());
    const std::uint64_t old = w.tip(0, w.now()).height;
    const Instant asked = w.now();
    CHECK(await(w, on)->at - asked < 2ms);
    w.clear_log();
    pass(w, 10s);
    REQUIRE_FALSE(signatures(w, 0).empty());
    for (const LogEntry& e : signatures(w, 0)) CHECK(e.height == old + 1);
}

TEST_CASE("freezing a dead process changes nothing") {
    World w = one_node();
    w.crash(0, w.now());
    w.freeze(0, w.now());
    CHECK(await(w, w.begin_status(0, w.now()))->outcome == Outcome::refused);
}

TEST_CASE("a clock behind the tip blocks everything until it has caught up") {
    World w = one_node();
    pass(w, 30s);
    w.set_wall_skew(0, -6s, w.now());
    set(w, 0, true);
    pass(w, 10ms);
    const Instant asked = w.now();
    const auto s = await(w, w.begin_status(0, w.now()));
    CHECK(s->at - asked > 1s);
    CHECK(signatures(w, 0).empty());
}
