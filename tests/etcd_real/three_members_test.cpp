// Three etcd members: what their clients notice when one dies or freezes.
#include "etcd_real/fixture.hpp"

using namespace elector::test;

namespace {

struct Three : RealFixture {
    EtcdCluster cluster{[] {
        EtcdOptions options;
        options.members = 3;
        return options;
    }()};

    std::size_t leader() {
        Client client(io, options(cluster.endpoints(), milliseconds(5000)));
        const auto members = value_of(run(io, client.member_list())).members;
        for (std::size_t i = 0; i < cluster.size(); ++i) {
            const auto status = value_of(run(io, client.status(cluster.endpoint(i))));
            if (status.leader_id == status.header.member_id) return i;
        }
        FAIL("no leader");
        return 0;
    }

    /// Endpoints with `first` in front, then the others.
    std::vector<std::string> starting_with(std::size_t first) {
        std::vector<std::string> order;
        for (std::size_t i = 0; i < cluster.size(); ++i) {
            order.push_back(cluster.endpoint((first + i) % cluster.size()));
        }
        return order;
    }

    static CallOptions patient() {
        CallOptions options;
        options.timeout = std::chrono::seconds(10);
        options.idempotent = true;
        return options;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Three, "calls, keep-alives and watches survive the loss of members") {
    const std::size_t lead = leader();
    const std::size_t follower = (lead + 1) % 3;
    Client client(io, options(starting_with(follower)));
    const std::int64_t id = 0xabc;
    value_of(run(io, client.lease_grant(id, 10, patient())));
    value_of(run(io, client.keep_alive(id, milliseconds(5000))));
    Heard heard;
    WatchOptions watched = watch_prefix("three/", 0);
    watched.progress_interval = milliseconds(200);
    const Watch watch = client.watch(watched, heard.handler());
    run_until(io, [&] { return heard.connected == 1; });

    // A follower dies: the others go on, and every user of it moves at once.
    cluster.kill(follower);
    auto begin = Clock::now();
    value_of(run(io, client.put({"three/a", "1", 0}, patient())));
    const auto killed_put = since(begin);
    begin = Clock::now();
    CHECK(value_of(run(io, client.keep_alive(id, milliseconds(5000)))).ttl_seconds == 10);
    const auto killed_keep_alive = since(begin);
    begin = Clock::now();
    run_until(io, [&] { return heard.events.size() == 1; });
    const auto killed_watch = since(begin);
    CHECK(heard.events[0].kv.key == "three/a");
    cluster.restart(follower);

    // A follower freezes: connections stay, nothing answers.
    Client other(io, options(starting_with(follower)));
    value_of(run(io, other.put({"three/b", "1", 0}, patient())));
    cluster.freeze(follower);
    CallOptions hedged = patient();
    hedged.hedge_after = milliseconds(250);
    begin = Clock::now();
    value_of(run(io, other.range({"three/a", "", false, 0}, hedged)));
    const auto frozen_range = since(begin);
    cluster.thaw(follower);

    // The leader dies: one etcd election without service.
    cluster.kill(lead);
    begin = Clock::now();
    value_of(run(io, client.put({"three/c", "1", 0}, patient())));
    const auto election = since(begin);

    MESSAGE("follower killed: put after ", killed_put.count(), " ms, keep-alive ",
            killed_keep_alive.count(), " ms, watch ", killed_watch.count(),
            " ms; follower frozen: hedged range after ", frozen_range.count(),
            " ms; leader killed: put after ", election.count(), " ms");
    CHECK(killed_put < milliseconds(1000));
    CHECK(killed_keep_alive < milliseconds(1000));
    CHECK(killed_watch < milliseconds(1500));
    CHECK(frozen_range >= milliseconds(200));
    CHECK(frozen_range < milliseconds(1000));
    CHECK(election < milliseconds(8000));
    run_until(io, [&] { return heard.events.size() == 3; });
    CHECK(heard.resyncs.empty());
    run(io, other.close());
    run(io, client.close());
}

TEST_CASE_FIXTURE(
    Three, "a frozen member costs its users one request time-out, keep-alive and watch included") {
    const std::size_t frozen = (leader() + 1) % 3;
    Client client(io, options(starting_with(frozen)));
    const std::int64_t id = 0xdef;
    value_of(run(io, client.lease_grant(id, 10, patient())));
    value_of(run(io, client.keep_alive(id, milliseconds(5000))));
    Heard heard;
    WatchOptions watched = watch_prefix("frozen/", 0);
    watched.progress_interval = milliseconds(200);
    const Watch watch = client.watch(watched, heard.handler());
    run_until(io, [&] { return heard.connected == 1; });

    cluster.freeze(frozen);
    auto begin = Clock::now();
    CHECK(value_of(run(io, client.keep_alive(id, milliseconds(5000)))).ttl_seconds == 10);
    const auto keep_alive = since(begin);
    begin = Clock::now();
    value_of(run(io, client.put({"frozen/a", "1", 0}, patient())));
    run_until(io, [&] { return heard.events.size() == 1; });
    const auto watch_gap = since(begin);
    MESSAGE("follower frozen: keep-alive after ", keep_alive.count(), " ms, put and event after ",
            watch_gap.count(), " ms");
    CHECK(keep_alive >= milliseconds(450));
    CHECK(keep_alive < milliseconds(1500));
    CHECK(watch_gap < milliseconds(2000));
    CHECK(heard.interrupted >= 1);
    cluster.thaw(frozen);
    run(io, client.close());
}
