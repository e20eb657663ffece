#include "model_support.hpp"

using namespace elector::simnode;
using namespace elector::simnode::test;

namespace {

World one_node(NodeParams p = {}, ChainParams c = {}) {
    const std::array nodes{p};
    return World(c, nodes);
}

World two_nodes(ChainParams c = {}) {
    const std::array nodes{NodeParams{}, NodeParams{}};
    return World(c, nodes);
}

/// Into the middle of a sleep to the next round start.
void into_sleep(World& w, NodeIndex n) {
    REQUIRE(pass_until(w, 10s, [&] { return w.view(n, w.now()).preparing; }));
    pass(w, 20ms);
}

void into_round(World& w, NodeIndex n) {
    REQUIRE(pass_until(w, 10s, [&] {
        return w.view(n, w.now()).machine == MachineState::accept_proposal_endorsements;
    }));
}

}  // namespace

TEST_CASE("a standby node answers false, signs nothing and follows the chain") {
    World w = one_node();
    CHECK_FALSE(status(w, 0));
    pass(w, 60s);
    CHECK(signatures(w, 0).empty());
    CHECK(w.tip(0, w.now()).height >= 1022);
    CHECK(w.readiness(0, w.now()) == Probe::ok);
}

TEST_CASE("an active node signs in every round and proposes in its turn") {
    World w = one_node();
    CHECK(set(w, 0, true).outcome == Outcome::ok);
    CHECK(status(w, 0));
    pass(w, 5 * 60s);
    int proposals = 0;
    int commits = 0;
    for (const LogEntry& e : signatures(w, 0)) {
        proposals += e.kind == EntryKind::proposal;
        commits += e.kind == EntryKind::commit_endorsement;
    }
    CHECK(proposals == 5);
    CHECK(commits >= 118);
    CHECK(commits <= 121);
    CHECK(w.message_counter(0, w.now()) == signatures(w, 0).size());
}

TEST_CASE("a set request waits for the end of the node's sleep; so does a status behind it") {
    World w = one_node();
    set(w, 0, true);
    into_sleep(w, 0);
    const Instant asked = w.now();
    const auto early = await(w, w.begin_status(0, w.now()));
    CHECK(early->at - asked < 2ms);  // a reader beside a reader
    const RequestId off = w.begin_set(0, false, w.now());
    pass(w, 1ms);
    const RequestId behind = w.begin_status(0, w.now());
    const auto off_done = await(w, off);
    CHECK(off_done->at - asked > 500ms);
    const auto status_done = await(w, behind);
    CHECK(status_done->at - off_done->at < 2ms);
    CHECK_FALSE(status_done->active);
}

TEST_CASE("a deactivated node finishes its round before its status is false") {
    World w = one_node();
    set(w, 0, true);
    into_round(w, 0);
    const Completion off = set(w, 0, false);
    CHECK(status(w, 0));
    w.clear_log();
    const Instant silent = await_inactive(w, 0);
    CHECK(silent - off.at > 50ms);
    CHECK(signatures(w, 0).size() == 2);  // lock and commit endorsement of that round
    w.clear_log();
    pass(w, 60s);
    CHECK(signatures(w, 0).empty());
}

TEST_CASE("a status query blocks while a prepare without the flag runs") {
    // Deactivated between mint and round start: only a proposer lets a set in there.
    NodeParams p;
    p.mint = {300ms, 300ms};
    World w = one_node(p, always_ours());
    set(w, 0, true);
    into_round(w, 0);
    REQUIRE(pass_until(w, 5s, [&] { return w.view(0, w.now()).preparing; }));
    const auto off = await(w, w.begin_set(0, false, w.now()));
    CHECK(w.view(0, w.now()).preparing);
    const auto s = await(w, w.begin_status(0, w.now()));
    CHECK(s->at - off->at > 300ms);
    CHECK_FALSE(s->active);
    CHECK(signatures(w, 0).back().kind == EntryKind::proposal);
}

TEST_CASE("after a heartbeat one proposal, never an endorsement, goes out after the false") {
    World w = one_node({}, always_ours());
    set(w, 0, true);
    into_round(w, 0);
    set(w, 0, true);  // the heartbeat
    set(w, 0, false);
    const Instant silent = await_inactive(w, 0);
    const std::uint64_t tip = w.tip(0, w.now()).height;
    w.clear_log();
    pass(w, 20s);
    const auto leaked = signatures(w, 0);
    REQUIRE(leaked.size() == 1);
    CHECK(leaked[0].kind == EntryKind::proposal);
    CHECK(leaked[0].height == tip + 1);
    CHECK(leaked[0].time - silent > 0ms);
    CHECK(leaked[0].time - silent <= 4s);
}

TEST_CASE("without a heartbeat, and on an older version, nothing goes out after the false") {
    for (const bool older : {false, true}) {
        NodeParams p;
        p.older_version = older;
        World w = one_node(p, always_ours());
        set(w, 0, true);
        into_round(w, 0);
        if (older) set(w, 0, true);
        set(w, 0, false);
        await_inactive(w, 0);
        w.clear_log();
        pass(w, 20s);
        CHECK(signatures(w, 0).empty());
    }
}

TEST_CASE("a deactivation between a committed block and the next prepare leaks a proposal") {
    NodeParams p;
    p.queue_hop = {200ms, 200ms};  // microseconds in the real node
    World w = one_node(p, always_ours());
    set(w, 0, true);
    into_round(w, 0);
    REQUIRE(pass_until(w, 5s, [&] { return w.view(0, w.now()).machine == MachineState::initial; }));
    CHECK_FALSE(w.view(0, w.now()).preparing);
    set(w, 0, false);
    CHECK_FALSE(status(w, 0));
    w.clear_log();
    pass(w, 10s);
    REQUIRE(signatures(w, 0).size() == 1);
    CHECK(signatures(w, 0)[0].kind == EntryKind::proposal);
}

TEST_CASE("started active and deactivated inside its start delay, a node still proposes once") {
    NodeParams p;
    p.start_delay = 10s;
    World w = one_node(p, always_ours());
    w.restart(0, w.now(), true);
    REQUIRE(pass_until(w, 60s, [&] { return w.admin_port(0, w.now()) == PortState::open; }));
    set(w, 0, false);
    CHECK_FALSE(status(w, 0));
    w.clear_log();
    pass(w, 30s);
    CHECK(signatures(w, 0).size() == 1);
}

TEST_CASE("a node that starts active may sign before its admin port opens") {
    NodeParams p;
    p.admin_boot = 30s;
    World w = one_node(p);
    w.clear_log();
    w.restart(0, w.now(), true);
    pass(w, 29s);
    CHECK(w.admin_port(0, w.now()) == PortState::refused);
    CHECK_FALSE(signatures(w, 0).empty());
}

TEST_CASE("an activation joins a round that began less than the tolerated overtime ago") {
    ChainParams chain;
    chain.commit = {2200ms, 2200ms};
    for (const auto& [after, joins] : {std::pair{1900ms, true}, std::pair{2100ms, false}}) {
        World w = one_node({}, chain);
        w.advance(25s + after);  // slot 10 runs, its block is not committed
        const std::uint64_t running = w.chain_tip(w.now()).height + 1;
        set(w, 0, true);
        pass(w, 50ms);
        const auto signed_now = signatures(w, 0);
        CHECK(signed_now.empty() != joins);
        if (joins) CHECK(signed_now[0].height == running);
    }
}

TEST_CASE("a successor activated in the same round signs that round again") {
    World w = two_nodes();
    set(w, 0, true);
    into_round(w, 0);
    const LogEntry first = signatures(w, 0).back();
    set(w, 1, true);
    pass(w, 1s);
    REQUIRE_FALSE(signatures(w, 1).empty());
    const LogEntry second = signatures(w, 1).front();
    CHECK(second.height == first.height);
    CHECK(second.round == first.round);
}

TEST_CASE("an unknown value is answered and changes nothing; so does a set under NOOP") {
    World w = one_node();
    CHECK(await(w, w.begin_set_unknown(0, w.now()))->outcome == Outcome::ok);
    CHECK_FALSE(status(w, 0));
    w.set_scheme(0, Scheme::noop, w.now());
    set(w, 0, false);
    CHECK(status(w, 0));
    CHECK_FALSE(w.view(0, w.now()).flag);
}

TEST_CASE("an unsynced active node signs at its own old tip + 1, in a late round") {
    World w = one_node();
    w.unsync(0, 40, w.now() + 120s);
    const std::uint64_t old = w.tip(0, w.now()).height;
    set(w, 0, true);
    pass(w, 10s);
    const auto s = signatures(w, 0);
    REQUIRE_FALSE(s.empty());
    CHECK(s[0].height == old + 1);
    CHECK(s[0].round >= 39);
    CHECK(w.chain_tip(w.now()).height > old + 40);
    w.heal(0, w.now());
    pass(w, 2s);
    CHECK(w.tip(0, w.now()).height + 1 >= w.chain_tip(w.now()).height);
}

TEST_CASE("readiness is judged only when a block is committed") {
    World w = one_node();
    SUBCASE("isolated, the node stays ready; so does a paused one; gauges freeze late") {
        w.isolate(0, true, w.now() + 60s);
        const std::uint64_t tip = w.tip(0, w.now()).height;
        pass(w, 60s);
        CHECK(w.readiness(0, w.now()) == Probe::ok);
        CHECK(w.tip(0, w.now()).height == tip);
        CHECK(w.gauges(0, w.now()).peers == 0);
        CHECK(w.gauges(0, w.now()).target_height <= tip + 1);
    }
    SUBCASE("a paused node's target height moves on") {
        w.freeze_height(0, true, w.now() + 60s);
        pass(w, 60s);
        CHECK(w.readiness(0, w.now()) == Probe::ok);
        CHECK(w.gauges(0, w.now()).target_height > w.gauges(0, w.now()).height + 15);
    }
    SUBCASE("a clock far ahead makes every block look old") {
        w.set_wall_skew(0, 12s, w.now());
        CHECK(w.readiness(0, w.now()) == Probe::ok);
        pass(w, 5s);
        CHECK(w.readiness(0, w.now()) == Probe::fail);
    }
    SUBCASE("a stalled chain leaves everybody ready") {
        w.stall_chain(w.now(), w.now() + 100s);
        pass(w, 90s);
        CHECK(w.readiness(0, w.now()) == Probe::ok);
    }
    SUBCASE("a forced 503 lasts until it is healed") {
        w.force_unready(0, true, w.now());
        pass(w, 10s);
        CHECK(w.readiness(0, w.now()) == Probe::fail);
        w.heal(0, w.now());
        CHECK(w.readiness(0, w.now()) == Probe::ok);
    }
}

TEST_CASE("gauges are renewed every 10 s and absent for the first 10 s of a process") {
    World w = one_node();
    w.restart(0, w.now());
    pass(w, 9990ms);
    CHECK_FALSE(w.gauges(0, w.now()).present);
    pass(w, 20ms);
    const Gauges first = w.gauges(0, w.now());
    CHECK(first.present);
    pass(w, 9900ms);
    CHECK(w.gauges(0, w.now()).height == first.height);
    pass(w, 200ms);
    CHECK(w.gauges(0, w.now()).height > first.height);
}

TEST_CASE(
    "a restart opens the probe port first and the admin port last, with the configured flag") {
    World w = one_node();
    set(w, 0, true);
    w.crash(0, w.now());
    CHECK(w.admin_port(0, w.now()) == PortState::refused);
    CHECK(w.probe_port(0, w.now()) == PortState::refused);
    CHECK(w.readiness(0, w.now()) == Probe::refused);
    w.restart(0, w.now());
    CHECK(w.probe_port(0, w.now()) == PortState::refused);
    pass(w, 100ms);
    CHECK(w.probe_port(0, w.now()) == PortState::open);
    CHECK(w.readiness(0, w.now()) == Probe::ok);
    CHECK(w.web3_port(0, w.now()) == PortState::refused);
    pass(w, 8s);
    CHECK(w.web3_port(0, w.now()) == PortState::open);
    CHECK(w.admin_port(0, w.now()) == PortState::refused);
    pass(w, 4s);
    CHECK(w.admin_port(0, w.now()) == PortState::open);
    CHECK_FALSE(status(w, 0));
    CHECK(w.message_counter(0, w.now()) == 0);
}

TEST_CASE("a terminated node closes its admin port and falls silent at once, then the probe port") {
    World w = one_node();
    set(w, 0, true);
    into_round(w, 0);
    w.clear_log();
    w.terminate(0, w.now());
    CHECK(w.admin_port(0, w.now()) == PortState::refused);
    CHECK(w.probe_port(0, w.now()) == PortState::open);
    pass(w, 600ms);
    CHECK(w.probe_port(0, w.now()) == PortState::refused);
    CHECK(signatures(w, 0).empty());
}
