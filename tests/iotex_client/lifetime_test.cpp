#include <memory>
#include <string>
#include <vector>

#include "iotex_client/world.hpp"

using namespace elector;
using namespace elector::test;

namespace {

struct Outcomes {
    std::string status, set, ready, tip;
    std::vector<std::string> all() const { return {status, set, ready, tip}; }
};

/// Starts one operation on every port, none of which will be answered.
Task start_everything(World& w, Outcomes& out) {
    start(w, w.client->status(false, kAmple), out.status);
    start(w, w.client->deactivate(kAmple), out.set);
    start(w, w.client->readiness(kAmple), out.ready);
    start(w, w.client->tip(kAmple), out.tip);
    const std::function<bool()> asked = [&] {
        return w.admin.seen.size() == 2 && w.probe.seen.size() == 1 && w.web3.seen.size() == 1;
    };
    co_await w.until(asked);
}

const std::vector<std::string> kAllCancelled(4, "cancelled");

}  // namespace

TEST_CASE("closing ends all that is pending and leaves nothing to run") {
    World world;
    Outcomes out;
    world.run([&](World& w) -> Task {
        co_await start_everything(w, out);
        w.client->close();
        w.client->close();
    });
    CHECK(out.all() == kAllCancelled);
    CHECK(world.events == std::vector<iotex::PortEvent>{{PortName::kAdmin, Kind::kConnected},
                                                        {PortName::kProbe, Kind::kConnected}});
}

TEST_CASE("destroying the client ends all that is pending") {
    World world;
    Outcomes out;
    world.run([&](World& w) -> Task {
        co_await start_everything(w, out);
        w.client.reset();
    });
    CHECK(out.all() == kAllCancelled);
}

TEST_CASE("a loop that is destroyed with everything pending takes it along") {
    auto world = std::make_unique<World>();
    Outcomes out;
    bool asked = false;
    auto begin = [&]() -> Task {
        co_await start_everything(*world, out);
        asked = true;
        world->io.stop();
    };
    boost::asio::co_spawn(world->io, begin(), [](std::exception_ptr) {});
    world->io.run_for(kAmple);
    CHECK(asked);
    world.reset();
    CHECK(out.all() == std::vector<std::string>(4, ""));
}

TEST_CASE("a closed client sends nothing") {
    World world;
    Outcomes out;
    world.run([&](World& w) -> Task {
        w.client->close();
        start(w, w.client->status(false, kAmple), out.status);
        start(w, w.client->deactivate(kAmple), out.set);
        start(w, w.client->readiness(kAmple), out.ready);
        start(w, w.client->tip(kAmple), out.tip);
        const std::function<bool()> all = [&] { return !out.tip.empty(); };
        co_await w.until(all);
    });
    CHECK(out.all() == std::vector<std::string>(4, "not_sent"));
    CHECK(world.admin.accepted + world.probe.accepted + world.web3.accepted == 0);
}

TEST_CASE("an operation that is awaited after the client is gone is not sent") {
    World world;
    std::string out;
    world.run([&](World& w) -> Task {
        auto late = w.client->status(false, kAmple);
        w.client.reset();
        start(w, std::move(late), out);
        const std::function<bool()> over = [&] { return !out.empty(); };
        co_await w.until(over);
    });
    CHECK(out == "not_sent");
}

TEST_CASE("closing while connections are being made ends them") {
    World world;
    Outcomes out;
    world.run([&](World& w) -> Task {
        start(w, w.client->status(false, kAmple), out.status);
        start(w, w.client->deactivate(kAmple), out.set);
        w.client->close();
        const std::function<bool()> over = [&] { return !out.status.empty() && !out.set.empty(); };
        co_await w.until(over);
    });
    CHECK(world.events.empty());
    CHECK(world.admin.seen.empty());
}

TEST_CASE("the receiver of an event may close the client") {
    for (const auto kind : {Kind::kConnected, Kind::kLost, Kind::kRefused}) {
        World world;
        world.admin.script = [](const Seen&) { return answer(kStandby); };
        std::string out;
        const iotex::NodeEndpoints endpoints{world.admin.url(), world.probe.url(), std::nullopt};
        world.client.emplace(world.io, endpoints, quick_limits(), [&](iotex::PortEvent event) {
            world.events.push_back(event);
            if (event.kind == kind) world.client->close();
            world.changed.cancel();
        });
        world.run([&](World& w) -> Task {
            start(w, w.client->status(false, kAmple), out);
            const std::function<bool()> over = [&] { return !out.empty(); };
            co_await w.until(over);
            w.admin.stop_listening();
            if (kind != Kind::kConnected) w.admin.close(1);
            co_await w.events_of(PortName::kAdmin, kind, 1);
        });
        CHECK(world.events.back() == iotex::PortEvent{PortName::kAdmin, kind});
        CHECK(out == (kind == Kind::kConnected ? "cancelled" : "ok"));
    }
}

TEST_CASE("closing while the monitor is at work stops it") {
    World world;
    world.admin.stop_listening();
    world.probe.stop_listening();
    world.run([](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        CHECK(outcome(state) == "refused");
        co_await w.events_of(PortName::kProbe, Kind::kRefused, 2);
    });
    CHECK(world.count(PortName::kAdmin, Kind::kRefused) >= 1);
}
