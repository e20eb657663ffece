#include "config/budget.hpp"

#include <doctest/doctest.h>

#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;
using namespace std::chrono_literals;

namespace {

Config loaded(std::string_view text) {
    const LoadResult result = load_text(text);
    REQUIRE(rendered(result.problems) == Lines{});
    return *result.config;
}

Config profile(const std::string& name) {
    return loaded("[election]\nprofile = \"" + name + "\"\n");
}

}  // namespace

TEST_CASE("each profile promises what the protocol's table says") {
    struct Row {
        std::string name;
        Duration hold, renew, tolerance, host_loss;
    };
    const Row rows[] = {
        {"fast", 3s, 600ms, 1620ms, 20665ms},
        {"standard", 5s, 1s, 3200ms, 24685ms},
        {"wan", 15s, 3s, 11100ms, 44785ms},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const Budget budget = budget_of(profile(row.name));
        CHECK(budget.hold == row.hold);
        CHECK(budget.renew == row.renew);
        CHECK(budget.tolerance == row.tolerance);
        CHECK(budget.host_loss == row.host_loss);
        CHECK(budget.host_loss_with_etcd == row.host_loss + 4s);
    }
}

TEST_CASE("the standard budget, every figure") {
    Budget expected{};
    expected.hold = 5s;
    expected.renew = 1s;
    expected.tolerance = 3200ms;
    expected.dirty_wait = 18685ms;
    expected.unknown_wait = 28785ms;
    expected.depose_after = 33785ms;
    expected.host_loss = 24685ms;
    expected.host_loss_with_etcd = 28685ms;
    expected.node_crash = 2725ms;
    expected.drain_typical = 700ms;
    expected.drain_healthy = 2500ms;
    expected.unfenced_after = 4s;
    expected.drain_deadline = 11s;
    expected.gate_with_tip = 2500ms;
    expected.gate_without_tip = 6565ms;
    expected.clean_handover = 5s;
    expected.clean_handover_blind = 9065ms;
    expected.stop_timeout = 17500ms;
    CHECK(budget_of(loaded("")) == expected);
}

TEST_CASE("the waits grow with the block interval and the node skew") {
    const Config slow =
        loaded("[node]\nblock_interval = \"10s\"\n[election]\nnode_skew = \"1s\"\n");
    CHECK(slow.election.quiesce == 41s);
    CHECK(slow.election.overtime == 3s);
    CHECK(slow.election.settle == 14500ms);
    CHECK(slow.node.request_timeout == 11500ms);
    CHECK(slow.health.max_tip_age == 40s);
    CHECK(budget_of(slow).dirty_wait == 49490ms);
}

TEST_CASE("time for a fence command is part of the stop timeout") {
    Config config = loaded("");
    config.fence.policy = FencePolicy::kTry;
    CHECK(budget_of(config).stop_timeout == 27500ms);
}

TEST_CASE("drift is rounded to the safe side") {
    CHECK(stretched(1ns, 1) == 2ns);
    CHECK(stretched(1s, 10'000) == 1010ms);
    CHECK(shrunk(1ns, 1) == 0ns);
    CHECK(shrunk(5s, 10'000) == 4950ms);
    CHECK(stretched(2h, 50'000) == 2h + 6min);
}

TEST_CASE("the printed budget of the standard profile") {
    CHECK(render_budget(loaded("")) ==
          R"(Time budget, profile standard, blocks every 2.5s
holding
  hold (lease time-to-live)                    5.0 s
  renew                                        1.0 s
  etcd outage survived                         3.2 s  )"
          R"(hold - 1% - renew 1s - 2 x margin 250ms - hedge 250ms
                                                      )"
          R"(the loss of an etcd leader (2.2 to 3.0 s) included
planned hand-over, elector crashed or frozen, node unhealthy
  drain, typical                               0.7 s  measured
  drain, healthy node, at most                 2.5 s  measured
  then the gate, without web3                  6.6 s  settle 6.5s + 1% drift
  then the gate, with web3                     2.5 s  one block; often at once
  hand-over, healthy node, next block in time  5.0 s  drain 2.5s + block 2.5s
  hand-over, healthy node, at most             9.1 s  drain 2.5s + gate 6.565s
failures: time until another member may activate
  node process gone                            2.8 s  )"
          R"(refused_grace 200ms + overtime 2.5s + 1% drift
  host lost                                   24.7 s  )"
          R"(hold 5s + lease scan 500ms + (hold 5s + quiesce 11s + overtime 2.5s) + 1% drift)"
          R"( + reaction 500ms
  host lost, the etcd leader with it          28.7 s  the same 24.685s + etcd election 4s
  group's first start, or record lost         28.8 s  )"
          R"((hold 15s + quiesce 11s + overtime 2.5s) + 1% drift: the longest hold there may be
  idle head of the queue deposed after        33.8 s  the same 28.785s + patience 5s
  deactivation unconfirmed: unfenced after     4.0 s  block 2.5s + its end 1.5s
  draining elector killed after               11.0 s  quiesce
service manager
  TimeoutStopSec must be more than            17.5 s  quiesce 11s + settle 6.5s
bounds
  silence that puts a delegate on probation  600.0 s  ten minutes
  the longest wait of those above             33.8 s  6% of it, at most
)");
}

TEST_CASE("without web3 the printed hand-over waits the settle time") {
    const std::string text = render_budget(loaded("[node]\nweb3 = \"\"\n"));
    CHECK(text.find("with web3") == std::string::npos);
    CHECK(text.find("block in time") == std::string::npos);
    CHECK(text.find("  hand-over, healthy node, at most             9.1 s  drain 2.5s") !=
          std::string::npos);
}

TEST_CASE("the fast profile's budget says that an etcd election may end the holding") {
    CHECK(render_budget(profile("fast"))
              .find("the loss of an etcd leader (2.2 to 3.0 s) may end the holding\n") !=
          std::string::npos);
}
