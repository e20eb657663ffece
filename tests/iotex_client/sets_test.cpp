#include <string>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "iotex_client/world.hpp"

using namespace elector;
using namespace elector::test;

namespace {

const std::string kActivation = "GET /ha?activate=true";
const std::string kDeactivation = "GET /ha?activate=false";

bool is(const Seen& request, const std::string& line) {
    return request.text.starts_with(line + " HTTP/1.1\r\n");
}

/// A node that answers every status and leaves the sets to `sets`.
std::function<Reply(const Seen&)> node(std::function<Reply()> sets) {
    return [sets = std::move(sets)](const Seen& request) {
        return is(request, "GET /ha") ? answer(kStandby) : sets();
    };
}

/// Until the fake has `count` requests.
Task requests(World& world, std::size_t count) {
    const std::function<bool()> there = [&world, count] {
        return world.admin.seen.size() >= count;
    };
    co_await world.until(there);
}

Task settled(World& world, const std::string& out) {
    const std::function<bool()> there = [&out] { return !out.empty(); };
    co_await world.until(there);
}

}  // namespace

TEST_CASE("a deactivation goes on a connection of its own and believes nothing") {
    World world;
    world.admin.script = [](const Seen& s) {
        return is(s, kDeactivation) ? answer("") : answer(kActive);  // scheme NOOP: true for ever
    };
    world.run([](World& w) -> Task {
        const auto before = co_await w.client->status(false, kAmple);
        const auto set = co_await w.client->deactivate(kAmple);
        const auto after = co_await w.client->status(false, kAmple);
        CHECK(outcome(set) == "ok");
        CHECK(*before == *after);
    });
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "2 " + kDeactivation, "1 GET /ha"});
}

TEST_CASE("a deactivation that is answered otherwise than 200 has failed") {
    World world;
    world.admin.script = node([] { return answer("404 page not found\n", 404); });
    world.run([](World& w) -> Task {
        const auto set = co_await w.client->deactivate(kAmple);
        CHECK(outcome(set) == "http_status");
        CHECK(set.error().text ==
              "cannot set the node standby at http://" + authority(w.admin.url()) +
                  ": expected status 200 [http:404]; it may still be active, or "
                  "obey later; deactivate again and confirm by status");
    });
}

TEST_CASE("a deactivation does not wait for a hanging status, activation or deactivation") {
    World world;
    std::string status, activation, slow;
    world.admin.script = [&](const Seen& s) {
        const bool last = is(s, kDeactivation) && world.admin.seen.size() == 5;
        return last || world.admin.seen.size() == 1 ? answer(kStandby) : hang();
    };
    world.run([&](World& w) -> Task {
        const auto first = co_await w.client->status(false, kAmple);
        start(w, w.client->activate(first->connection, kAlways, kAmple), activation);
        start(w, w.client->status(true, kAmple), status);
        start(w, w.client->deactivate(kAmple), slow);
        co_await requests(w, 4);
        const auto set = co_await w.client->deactivate(kAmple);
        CHECK(outcome(set) == "ok");
        CHECK((activation + status + slow).empty());
    });
    CHECK(activation == "cancelled");
    CHECK(status == "cancelled");
    CHECK(slow == "cancelled");
}

TEST_CASE("a slow deactivation lets a fresh status through and is answered late") {
    World world;
    std::string set;
    world.admin.script = node(hang);
    world.run([&](World& w) -> Task {
        start(w, w.client->deactivate(kAmple), set);
        co_await requests(w, 1);
        const auto state = co_await w.client->status(true, kAmple);
        CHECK(outcome(state) == "ok");
        CHECK(set.empty());
        w.admin.send(1, answer("").pieces.at(0));
        co_await settled(w, set);
    });
    CHECK(set == "ok");
}

TEST_CASE("a deactivation that times out was sent once") {
    World world;
    world.admin.script = node(hang);
    world.run([](World& w) -> Task {
        // Longer and longer, should a slow machine take all the time for connecting.
        for (auto timeout = kBrief; w.admin.seen.empty(); timeout *= 2) {
            const auto set = co_await w.client->deactivate(timeout);
            CHECK(outcome(set) == "timeout");
        }
        const std::function<bool()> ended = [&] {
            return w.admin.ended_by_eof == std::vector<int>{w.admin.seen.at(0).connection};
        };
        co_await w.until(ended);
    });
    CHECK(world.admin.seen.size() == 1);
    CHECK(is(world.admin.seen.at(0), kDeactivation));
    CHECK(world.admin.ended_by_rst.empty());
}

TEST_CASE("a deactivation whose connection ends unanswered is not repeated") {
    World world;
    world.admin.script = node([] { return raw("", Reply::Then::kClose); });
    world.run([](World& w) -> Task {
        const auto set = co_await w.client->deactivate(kAmple);
        CHECK(outcome(set) == "closed");
    });
    CHECK(lines(world.admin) == Lines{"1 " + kDeactivation});
}

TEST_CASE("a refused deactivation says so") {
    World world;
    world.admin.stop_listening();
    world.run([](World& w) -> Task {
        const auto set = co_await w.client->deactivate(kAmple);
        CHECK(outcome(set) == "refused");
    });
    CHECK(world.count(PortName::kAdmin, Kind::kRefused) >= 1);
}

TEST_CASE("an activation goes on the very connection that answered the status") {
    World world;
    world.admin.script = node([] { return answer(""); });
    world.run([](World& w) -> Task {
        const auto state = co_await w.client->status(true, kAmple);
        int asked = 0;
        const std::function<bool()> allow = [&] {
            return ++asked == 1 && w.admin.seen.size() == 1;
        };
        const auto set = co_await w.client->activate(state->connection, allow, kAmple);
        const auto after = co_await w.client->status(false, kAmple);
        CHECK(outcome(set) == "ok");
        CHECK(asked == 1);
        CHECK(after->connection == state->connection);
    });
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 " + kActivation, "1 GET /ha"});
}

TEST_CASE("a connection that carried an activation is closed normally later on") {
    World world;
    world.admin.script = node([] { return answer(""); });
    world.run([](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        co_await w.client->activate(state->connection, kAlways, kAmple);
        w.client->close();
        const std::function<bool()> ended = [&] { return !w.admin.ended_by_eof.empty(); };
        co_await w.until(ended);
    });
    CHECK(world.admin.ended_by_rst.empty());
}

TEST_CASE("no child process can inherit a connection and keep it from being reset") {
    World world;
    world.admin.script = node([] { return answer(""); });
    int connected = 0;
    world.run([&](World& w) -> Task {
        co_await w.client->status(false, kAmple);
        for (int fd = 0; fd < 1024; ++fd) {
            sockaddr_in peer{};
            socklen_t size = sizeof peer;
            if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
            if (ntohs(peer.sin_port) != w.admin.url().port) continue;
            ++connected;
            CHECK(::fcntl(fd, F_GETFD) == FD_CLOEXEC);
        }
    });
    CHECK(connected == 1);
}

TEST_CASE("an activation on another than the held connection is not sent") {
    World world;
    int asked = 0;
    const std::function<bool()> allow = [&] { return ++asked != 0; };
    world.admin.script = node([] { return answer(""); });
    world.run([&](World& w) -> Task {
        const auto never = co_await w.client->activate(1, allow, kAmple);
        CHECK(outcome(never) == "not_sent");
        const auto old = co_await w.client->status(false, kAmple);
        const auto held = co_await w.client->status(true, kAmple);
        const auto stale = co_await w.client->activate(old->connection, allow, kAmple);
        CHECK(outcome(stale) == "not_sent");
        CHECK(stale.error().text ==
              "cannot set the node active at http://" + authority(w.admin.url()) +
                  ": the connection that answered the status is gone [client:stale]; nothing was "
                  "sent; query its status and decide anew");
        const auto future = co_await w.client->activate(held->connection + 1, allow, kAmple);
        CHECK(outcome(future) == "not_sent");
        w.client->close();
        const auto closed = co_await w.client->activate(held->connection, allow, kAmple);
        CHECK(outcome(closed) == "not_sent");
    });
    CHECK(asked == 0);
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "2 GET /ha"});
}

TEST_CASE("an activation on a connection that the node just ended is not sent") {
    for (const bool by_reset : {false, true}) {
        World world;
        world.admin.script = node([] { return answer(""); });
        world.run([&](World& w) -> Task {
            const auto state = co_await w.client->status(false, kAmple);
            by_reset ? w.admin.reset(1) : w.admin.close(1);
            // The loop has not turned: nobody has been told of the end yet.
            CHECK(w.count(PortName::kAdmin, Kind::kLost) == 0);
            const auto set = co_await w.client->activate(state->connection, kAlways, kAmple);
            CHECK(outcome(set) == "not_sent");
            CHECK(w.count(PortName::kAdmin, Kind::kLost) == 1);
        });
        CHECK(lines(world.admin) == Lines{"1 GET /ha"});
        CHECK(world.count(PortName::kAdmin, Kind::kLost) == 1);
    }
}

TEST_CASE("an activation withdrawn at the last moment is not sent and the connection stays") {
    World world;
    world.admin.script = node([] { return answer(""); });
    world.run([](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        const std::function<bool()> no = [] { return false; };
        const auto set = co_await w.client->activate(state->connection, no, kAmple);
        CHECK(outcome(set) == "not_sent");
        const auto after = co_await w.client->status(false, kAmple);
        CHECK(*after == *state);
        w.admin.close(1);
        co_await w.events_of(PortName::kAdmin, Kind::kLost, 1);
    });
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 GET /ha"});
}

TEST_CASE("an activation withdrawn by closing the client is not sent") {
    World world;
    world.admin.script = node([] { return answer(""); });
    world.run([](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        const std::function<bool()> close = [&] {
            w.client->close();
            return true;
        };
        const auto set = co_await w.client->activate(state->connection, close, kAmple);
        CHECK(outcome(set) == "not_sent");
    });
    CHECK(lines(world.admin) == Lines{"1 GET /ha"});
}

TEST_CASE("an activation that times out resets its connection and is never repeated") {
    World world;
    world.admin.script = node(hang);
    world.run([](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        const auto set = co_await w.client->activate(state->connection, kAlways, kBrief);
        CHECK(outcome(set) == "timeout");
        const std::function<bool()> ended = [&] { return !w.admin.ended_by_rst.empty(); };
        co_await w.until(ended);
        const auto again = co_await w.client->activate(state->connection, kAlways, kAmple);
        CHECK(outcome(again) == "not_sent");
        const auto after = co_await w.client->status(false, kAmple);
        CHECK(outcome(after) == "ok");
    });
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 " + kActivation, "2 GET /ha"});
    CHECK(world.admin.ended_by_rst == std::vector<int>{1});
}

TEST_CASE("an activation whose connection ends unanswered is not repeated") {
    for (const auto end : {Reply::Then::kClose, Reply::Then::kReset}) {
        World world;
        world.admin.script = node([&] { return raw("", end); });
        world.run([&](World& w) -> Task {
            const auto state = co_await w.client->status(false, kAmple);
            const auto set = co_await w.client->activate(state->connection, kAlways, kAmple);
            CHECK(outcome(set) == (end == Reply::Then::kClose ? "closed" : "reset"));
            co_await w.events_of(PortName::kAdmin, Kind::kConnected, 2);
        });
        CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 " + kActivation});
        CHECK(world.count(PortName::kAdmin, Kind::kLost) == 1);
    }
}

TEST_CASE("an activation answered otherwise than 200 has failed and may have worked") {
    World world;
    world.admin.script = node([] { return answer("busy", 500); });
    world.run([](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        const auto set = co_await w.client->activate(state->connection, kAlways, kAmple);
        CHECK(outcome(set) == "http_status");
    });
}

TEST_CASE("while an activation is unanswered its connection carries nothing else") {
    World world;
    std::string set;
    world.admin.script = node(hang);
    world.run([&](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        start(w, w.client->activate(state->connection, kAlways, kAmple), set);
        co_await requests(w, 2);
        const auto second = co_await w.client->activate(state->connection, kAlways, kAmple);
        CHECK(outcome(second) == "not_sent");
        const auto plain = co_await w.client->status(false, kAmple);
        CHECK(outcome(plain) == "not_sent");
        const auto fresh = co_await w.client->status(true, kAmple);
        CHECK(outcome(fresh) == "ok");
        CHECK(set.empty());
        w.admin.send(1, answer("").pieces.at(0));
        co_await settled(w, set);
        const std::function<bool()> ended = [&] { return !w.admin.ended_by_eof.empty(); };
        co_await w.until(ended);
        const auto after = co_await w.client->status(false, kAmple);
        CHECK(*after == *fresh);
    });
    CHECK(set == "ok");
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 " + kActivation, "2 GET /ha", "2 GET /ha"});
    CHECK(world.admin.ended_by_eof == std::vector<int>{1});
}

TEST_CASE("an activation abandoned by its caller is reset") {
    World world;
    world.admin.script = node(hang);
    boost::asio::cancellation_signal signal;
    bool over = false;
    world.run([&](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        auto done = [&](std::exception_ptr, const iotex::Result<void>&) {
            over = true;
            w.changed.cancel();
        };
        boost::asio::co_spawn(w.io, w.client->activate(state->connection, kAlways, kAmple),
                              boost::asio::bind_cancellation_slot(signal.slot(), done));
        co_await requests(w, 2);
        signal.emit(boost::asio::cancellation_type::terminal);
        const std::function<bool()> ended = [&] { return over && !w.admin.ended_by_rst.empty(); };
        co_await w.until(ended);
        const auto after = co_await w.client->status(false, kAmple);
        CHECK(outcome(after) == "ok");
    });
    CHECK(world.admin.ended_by_rst == std::vector<int>{1});
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 " + kActivation, "2 GET /ha"});
}

TEST_CASE(
    "an activation abandoned by an exception is reset and leaves no answer to the next query") {
    World world;
    world.admin.script = node([] { return answer(kActive); });
    boost::asio::cancellation_signal signal;
    bool thrown = false;
    world.run([&](World& w) -> Task {
        // Cancelled at the last moment, with nothing pending: the next await throws.
        const std::function<bool()> allow = [&] {
            signal.emit(boost::asio::cancellation_type::terminal);
            return true;
        };
        auto done = [&](std::exception_ptr escaped, const iotex::Result<void>&) {
            thrown = escaped != nullptr;
            w.changed.cancel();
        };
        auto task = [&]() -> boost::asio::awaitable<iotex::Result<void>> {
            const auto state = co_await w.client->status(false, kAmple);
            const auto set = co_await w.client->activate(state->connection, allow, kAmple);
            co_return set;
        };
        boost::asio::co_spawn(w.io, task(),
                              boost::asio::bind_cancellation_slot(signal.slot(), done));
        const std::function<bool()> over = [&] { return thrown; };
        co_await w.until(over);
        const auto after = co_await w.client->status(false, kAmple);
        CHECK(*after == iotex::StatusReply{false, 2});
        const std::function<bool()> ended = [&] { return !w.admin.ended_by_rst.empty(); };
        co_await w.until(ended);
    });
    CHECK(world.admin.ended_by_rst == std::vector<int>{1});
}

TEST_CASE("closing the client resets an unanswered activation") {
    World world;
    std::string set;
    world.admin.script = node(hang);
    world.run([&](World& w) -> Task {
        const auto state = co_await w.client->status(false, kAmple);
        start(w, w.client->activate(state->connection, kAlways, kAmple), set);
        co_await requests(w, 2);
        w.client->close();
        const std::function<bool()> ended = [&] { return !w.admin.ended_by_rst.empty(); };
        co_await w.until(ended);
    });
    CHECK(set == "cancelled");
    CHECK(lines(world.admin) == Lines{"1 GET /ha", "1 " + kActivation});
}
