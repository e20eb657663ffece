#include "model_support.hpp"

using namespace elector::simnode;
using namespace elector::simnode::test;

namespace {

std::uint64_t hash_of(const std::vector<LogEntry>& log) {
    std::uint64_t h = 0;
    for (const LogEntry& e : log) {
        h = mix(h, static_cast<std::uint64_t>(e.time.count()));
        h = mix(h, (std::uint64_t{e.node} << 40) | (static_cast<std::uint64_t>(e.kind) << 32) |
                       e.round);
        h = mix(h, e.height);
    }
    return h;
}

/// A busy quarter of an hour: hand-overs with heartbeats, faults, skew.
std::uint64_t eventful_run(std::uint64_t seed) {
    ChainParams chain;
    chain.seed = seed;
    std::array<NodeParams, 3> nodes;
    nodes[1].wall_skew = 200ms;
    nodes[2].wall_skew = -300ms;
    World w(chain, nodes);
    for (NodeIndex n = 0; n < 30; ++n) {
        const NodeIndex node = n % 3;
        if (w.view(node, w.now()).running) await(w, w.begin_set(node, true, w.now()));
        pass(w, 7s);
        await(w, w.begin_set(node, n % 5 == 0, w.now()));
        if (n == 7) w.crash(1, w.now());
        if (n == 9) w.restart(1, w.now(), true);
        if (n == 12) w.freeze(2, w.now());
        if (n == 13) w.thaw(2, w.now());
        if (n == 20) w.stall_chain(w.now(), w.now() + 20s);
        if (n == 25) w.isolate(0, true, w.now());
        pass(w, 20s);
    }
    return hash_of(w.log());
}

}  // namespace

TEST_CASE("the same seed gives the same log, on every compiler; another seed another") {
    CHECK(eventful_run(1) == eventful_run(1));
    CHECK(eventful_run(1) != eventful_run(2));
    CHECK(eventful_run(1) == 7462101198773649882ULL);  // changes whenever the model does
}

TEST_CASE("advancing in small or in large steps gives the same log") {
    const std::array nodes{NodeParams{}};
    World fine(ChainParams{}, nodes);
    World coarse(ChainParams{}, nodes);
    set(fine, 0, true);
    set(coarse, 0, true);
    while (fine.now() < 100s) fine.advance(fine.now() + 7ms);
    coarse.advance(fine.now());
    CHECK(fine.log() == coarse.log());
    CHECK(fine.now() == coarse.now());
}

TEST_CASE("a round of ours without a proposal repeats the height") {
    ChainParams chain = always_ours();
    const std::array nodes{NodeParams{}};
    World w(chain, nodes);
    pass(w, 60s);
    CHECK(w.chain_tip(w.now()).height == 1000);
    set(w, 0, true);
    pass(w, 5s);
    const auto s = signatures(w, 0);
    REQUIRE_FALSE(s.empty());
    CHECK(s[0].height == 1001);
    CHECK(s[0].round >= 23);
    CHECK(w.chain_tip(w.now()).height >= 1001);
}

TEST_CASE("when our slots do not matter the height is a function of time alone") {
    ChainParams chain;
    chain.own_slots_matter = false;
    const std::array nodes{NodeParams{}};
    World from_start(chain, nodes);
    World joined_later(chain, nodes, Instant{777s + 123ms});
    set(from_start, 0, true);
    from_start.advance(900s);
    joined_later.advance(900s);
    CHECK(from_start.chain_tip(900s) == joined_later.chain_tip(900s));
    from_start.advance(1000s);
    joined_later.advance(1000s);
    CHECK(from_start.chain_tip(1000s) == joined_later.chain_tip(1000s));
}

TEST_CASE("one slot in 24 is ours, whatever the epoch") {
    const Chain chain(ChainParams{}, Instant{0});
    int ours = 0;
    for (std::uint64_t h = 1440; h < 1440 * 11; ++h) ours += chain.is_ours(h, 0);
    CHECK(ours == 600);
}

TEST_CASE("a stalled chain stands still and goes on afterwards in a later round") {
    const std::array nodes{NodeParams{}};
    World w(ChainParams{}, nodes);
    pass(w, 9s);
    w.stall_chain(w.now(), w.now() + 30s);
    const Tip before = w.chain_tip(w.now() + 2s);
    pass(w, 28s);
    CHECK(w.chain_tip(w.now()) == before);
    pass(w, 8s);
    CHECK(w.chain_tip(w.now()).height > before.height);
}

TEST_CASE("another block interval scales every consensus span") {
    const ChainParams chain = ChainParams{}.scaled_to(250ms);
    CHECK(chain.block_interval == 250ms);
    CHECK(chain.commit.min == 57ms);
    const NodeParams node = NodeParams{}.scaled_to(250ms);
    CHECK(node.block_ttl == 80ms);
    CHECK(node.lock_ttl == 45ms);
    CHECK(node.tolerated_overtime == 200ms);
    CHECK(node.unmatched_ttl == 150ms);
    const std::array nodes{node};
    World w(chain, nodes);
    set(w, 0, true);
    pass(w, 10s);
    CHECK(signatures(w, 0).size() >= 39 * 3);
}
