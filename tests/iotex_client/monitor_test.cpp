#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "iotex/port.hpp"
#include "iotex_client/world.hpp"

using namespace elector;
using namespace elector::test;

namespace {

using Events = std::vector<iotex::PortEvent>;

constexpr iotex::PortEvent kAdminConnected{PortName::kAdmin, Kind::kConnected};
constexpr iotex::PortEvent kAdminLost{PortName::kAdmin, Kind::kLost};
constexpr iotex::PortEvent kAdminRefused{PortName::kAdmin, Kind::kRefused};

/// A node that answers all polls of both ports.
void healthy(World& world) {
    world.admin.script = [](const Seen&) { return answer(kStandby); };
    world.probe.script = [](const Seen&) { return answer("OK"); };
}

/// Polls both ports once, so that a connection is held on each.
Task poll(World& world) {
    const auto state = co_await world.client->status(false, kAmple);
    CHECK(outcome(state) == "ok");
    const auto ready = co_await world.client->readiness(kAmple);
    CHECK(outcome(ready) == "ok");
}

Events events_of_admin(const World& world) {
    Events out;
    for (const auto& event : world.events) {
        if (event.port == PortName::kAdmin) out.push_back(event);
    }
    return out;
}

void crash(World& world) {
    for (auto* server : {&world.admin, &world.probe}) {
        server->stop_listening();
        server->reset(server->accepted);
    }
}

}  // namespace

TEST_CASE("an idle held connection that ends is reported at once and replaced") {
    for (const std::string how : {"eof", "rst", "unasked bytes"}) {
        CAPTURE(how);
        World world;
        healthy(world);
        world.run([&](World& w) -> Task {
            co_await w.client->status(false, kAmple);
            if (how == "eof") w.admin.close(1);
            if (how == "rst") w.admin.reset(1);
            if (how == "unasked bytes") w.admin.send(1, "HTTP/1.1 408 Request Timeout\r\n\r\n");
            co_await w.events_of(PortName::kAdmin, Kind::kConnected, 2);
            const auto state = co_await w.client->status(false, kAmple);
            CHECK(*state == iotex::StatusReply{false, 2});
        });
        CHECK(events_of_admin(world) == Events{kAdminConnected, kAdminLost, kAdminConnected});
        CHECK(world.count(PortName::kProbe, Kind::kLost) == 0);
    }
}

TEST_CASE("a crash is lost and then refused again and again on both ports until the node is back") {
    World world;
    healthy(world);
    world.run([](World& w) -> Task {
        co_await poll(w);
        crash(w);
        co_await w.events_of(PortName::kAdmin, Kind::kRefused, 15);
        co_await w.events_of(PortName::kProbe, Kind::kRefused, 15);
        CHECK(w.count(PortName::kAdmin, Kind::kLost) == 1);
        CHECK(w.count(PortName::kProbe, Kind::kLost) == 1);
        CHECK(w.count(PortName::kAdmin, Kind::kConnected) == 1);
        w.probe.listen_again();
        co_await w.events_of(PortName::kProbe, Kind::kConnected, 2);
        const auto refused = w.count(PortName::kAdmin, Kind::kRefused);
        co_await w.events_of(PortName::kAdmin, Kind::kRefused, refused + 2);
        w.admin.listen_again();
        co_await w.events_of(PortName::kAdmin, Kind::kConnected, 2);
        co_await poll(w);
    });
    CHECK(world.count(PortName::kAdmin, Kind::kLost) == 1);
    CHECK(world.admin.seen.size() == 2);
}

TEST_CASE("a crash during a query is reported like one in between") {
    World world;
    healthy(world);
    std::string status;
    world.run([&](World& w) -> Task {
        co_await poll(w);
        w.admin.script = [](const Seen&) { return hang(); };
        start(w, w.client->status(false, kAmple), status);
        const std::function<bool()> asked = [&] { return w.admin.seen.size() == 2; };
        co_await w.until(asked);
        crash(w);
        co_await w.events_of(PortName::kAdmin, Kind::kRefused, 3);
    });
    CHECK(status == "refused");
    auto admin = events_of_admin(world);
    REQUIRE(admin.size() > 4);
    admin.resize(5);
    CHECK(admin ==
          Events{kAdminConnected, kAdminLost, kAdminRefused, kAdminRefused, kAdminRefused});
    CHECK(world.count(PortName::kAdmin, Kind::kLost) == 1);
}

TEST_CASE("a refused poll starts the monitor of its port and of the other one") {
    World world;
    healthy(world);
    world.admin.stop_listening();
    world.run([](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        CHECK(outcome(state) == "refused");
        CHECK(w.events.at(0) == kAdminRefused);
        co_await w.events_of(PortName::kAdmin, Kind::kRefused, 5);
        co_await w.events_of(PortName::kProbe, Kind::kConnected, 1);
        w.admin.listen_again();
        co_await w.events_of(PortName::kAdmin, Kind::kConnected, 1);
    });
    CHECK(world.count(PortName::kAdmin, Kind::kLost) == 0);
    CHECK(world.count(PortName::kProbe, Kind::kRefused) == 0);
}

TEST_CASE("a reconnect that nobody uses is dropped silently and the next poll makes another") {
    auto limits = quick_limits();
    limits.drop_unused = 10ms;
    World world(limits);
    healthy(world);
    world.run([](World& w) -> Task {
        co_await w.client->status(false, kAmple);
        w.admin.close(1);
        const std::function<bool()> dropped = [&] { return !w.admin.ended_by_eof.empty(); };
        co_await w.until(dropped);
        const auto state = co_await w.client->status(false, kAmple);
        CHECK(*state == iotex::StatusReply{false, 3});
    });
    CHECK(world.admin.ended_by_eof == std::vector<int>{2});
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "3 GET /ha"});
    CHECK(world.count(PortName::kAdmin, Kind::kLost) == 1);
    CHECK(world.count(PortName::kAdmin, Kind::kConnected) == 2);
}

TEST_CASE("a reconnect that a poll uses is kept") {
    auto limits = quick_limits();
    limits.drop_unused = 20ms;
    World world(limits);
    healthy(world);
    world.run([](World& w) -> Task {
        auto state = co_await w.client->status(false, kAmple);
        for (;;) {  // again, should a slow machine let 20 ms go by before the poll
            const auto connected = w.count(PortName::kAdmin, Kind::kConnected);
            w.admin.close(w.admin.accepted);
            co_await w.events_of(PortName::kAdmin, Kind::kConnected, connected + 1);
            const auto dropped = w.admin.ended_by_eof.size();
            state = co_await w.client->status(false, kAmple);
            if (w.admin.ended_by_eof.size() == dropped) break;
        }
        // More than drop_unused goes by with no request: a hanging one on the probe port.
        w.probe.script = [](const Seen&) { return hang(); };
        const auto hung = co_await w.client->readiness(40ms);
        CHECK(outcome(hung) == "timeout");
        const auto again = co_await w.client->status(false, kAmple);
        CHECK(*state == *again);
    });
}

TEST_CASE("a port that accepts and closes cannot spin the monitor") {
    auto limits = quick_limits();
    limits.retry_fast = 10ms;
    World world(limits);
    healthy(world);
    world.run([](World& w) -> Task {
        co_await w.client->status(false, kAmple);
        w.admin.on_change = [&] {
            if (w.admin.accepted > 1 && w.admin.accepted < 6) w.admin.close(w.admin.accepted);
            w.changed.cancel();
        };
        const auto begin = std::chrono::steady_clock::now();
        w.admin.close(1);
        co_await w.events_of(PortName::kAdmin, Kind::kConnected, 6);
        CHECK(std::chrono::steady_clock::now() - begin >= 4 * 10ms - 1ms);
    });
    CHECK(world.count(PortName::kAdmin, Kind::kLost) == 5);
}

TEST_CASE("a connection that ends after an answer is replaced at once every time") {
    auto limits = quick_limits();
    limits.retry_fast = limits.retry_slow = 2 * kAmple;  // a second attempt would come far too late
    World world(limits);
    healthy(world);
    world.run([](World& w) -> Task {
        for (std::size_t round = 1; round < 4; ++round) {
            co_await poll(w);
            w.admin.close(w.admin.accepted);
            co_await w.events_of(PortName::kAdmin, Kind::kConnected, round + 1);
        }
    });
}

TEST_CASE("a monitor tries at once, then quickly, then slowly, and at once again after an answer") {
    iotex::Limits limits;
    iotex::RetryPace pace(limits);
    const iotex::IoClock::time_point start{1000s};
    CHECK(pace.next(start) == start);
    pace.tried(start);
    CHECK(pace.next(start + 1ms) == start + 20ms);
    CHECK(pace.next(start + 30ms) == start + 30ms);
    pace.tried(start + 20ms);
    CHECK(pace.next(start + 21ms) == start + 40ms);
    pace.tried(start + 990ms);
    CHECK(pace.next(start + 991ms) == start + 1010ms);
    pace.tried(start + 1010ms);
    CHECK(pace.next(start + 1011ms) == start + 1210ms);
    pace.answered();
    CHECK(pace.next(start + 1012ms) == start + 1012ms);
}

TEST_CASE("a port whose connections hang unaccepted is unreachable, not refused") {
    boost::asio::io_context other;
    using boost::asio::ip::tcp;
    tcp::acceptor deaf(other, tcp::endpoint(tcp::v4(), 0));
    deaf.listen(0);
    const iotex::Url url{"127.0.0.1", deaf.local_endpoint().port()};
    // Fill the backlog; what comes after gets no answer from the kernel.
    std::vector<tcp::socket> fillers;
    for (int i = 0; i < 4; ++i) {
        fillers.emplace_back(other);
        const tcp::endpoint target(boost::asio::ip::address_v4::loopback(), url.port);
        fillers.back().async_connect(target, [](boost::system::error_code) {});
    }
    auto limits = quick_limits();
    limits.reconnect = 10ms;
    World world;
    healthy(world);
    world.client.emplace(world.io, iotex::NodeEndpoints{url, world.probe.url(), std::nullopt},
                         limits, [&](iotex::PortEvent event) {
                             world.events.push_back(event);
                             world.changed.cancel();
                         });
    world.run([](World& w) -> Task {
        const auto state = co_await w.client->status(false, kBrief);
        CHECK(outcome(state) == "timeout");
        co_await w.events_of(PortName::kAdmin, Kind::kUnreachable, 2);
    });
    CHECK(world.count(PortName::kAdmin, Kind::kRefused) == 0);
}
