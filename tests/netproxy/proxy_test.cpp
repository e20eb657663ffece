// What a client and a server see of each other through the proxy in each mode.
#include <doctest/doctest.h>

#include "netproxy/world.hpp"

using namespace elector::netproxy;
using namespace std::chrono_literals;
using elector::test::End;
using elector::test::World;

TEST_CASE("bytes pass both ways, whole and in order, also more than any buffer holds") {
    World w;
    auto& client = w.connect();
    std::string much(4 * 1024 * 1024, '\0');
    for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i % 251);
    // In pieces, so that neither a test's write nor an echo blocks on full buffers.
    for (std::size_t at = 0; at < much.size(); at += 65536)
        w.exchange(client, much.substr(at, 65536));
    CHECK(client.got() == much);
}

TEST_CASE("the end of one direction is passed on while the other still carries bytes") {
    World w;
    auto& client = w.connect();
    client.send("last words");
    client.finish();
    w.until([&] { return client.state() != End::State::kOpen; });
    CHECK(client.state() == End::State::kEof);
    CHECK(client.got() == "last words");
    w.until([&] { return w.proxy.connections() == 0; });
}

TEST_CASE("a reset on one side becomes a reset on the other") {
    World w;
    auto& client = w.connect();
    w.exchange(client, "x");
    client.close_hard();
    w.until([&] { return w.served.front().state() != End::State::kOpen; });
    CHECK(w.served.front().state() == End::State::kBroken);
    CHECK(w.proxy.connections() == 0);
}

TEST_CASE("a target that refuses shows as a reset") {
    World w;
    w.acceptor.close();
    auto& client = w.connect();
    w.until([&] { return client.state() != End::State::kOpen; });
    CHECK(client.state() == End::State::kBroken);
}

TEST_CASE("in a black hole connections stay and new ones are accepted, but nothing goes through") {
    World w;
    auto& old = w.connect();
    w.exchange(old, "before ");
    w.proxy.set({Mode::kBlackhole, {}});
    auto& fresh = w.connect();
    old.send("held");
    fresh.send("new");
    w.settle();
    CHECK(old.got() == "before ");
    CHECK(old.state() == End::State::kOpen);
    CHECK(fresh.state() == End::State::kOpen);
    CHECK(w.served.size() == 1);
    CHECK(w.served.front().got() == "before ");

    SUBCASE("and when it ends, what was held arrives, as after a cable is put back") {
        w.proxy.set({});
        w.until([&] { return old.got() == "before held" && fresh.got() == "new"; });
        CHECK(w.served.size() == 2);
    }
    SUBCASE("and a connection that the client has closed in it reaches the server afterwards") {
        old.finish();
        w.settle();
        CHECK(w.served.front().state() == End::State::kOpen);
        w.proxy.set({});
        w.until([&] { return w.served.front().state() == End::State::kEof; });
        CHECK(w.served.front().got() == "before held");
    }
}

TEST_CASE("one way up, requests do not arrive while replies still do") {
    World w;
    auto& client = w.connect();
    w.exchange(client, "a");
    w.proxy.set({Mode::kOneWayUp, {}});
    client.send("lost");
    w.served.front().send("!");
    w.until([&] { return client.got() == "a!"; });
    w.settle();
    CHECK(w.served.front().got() == "a");
    w.proxy.set({});
    w.until([&] { return client.got() == "a!lost"; });
}

TEST_CASE("one way down, requests arrive while replies do not") {
    World w;
    auto& client = w.connect();
    w.exchange(client, "a");
    w.proxy.set({Mode::kOneWayDown, {}});
    client.send("b");
    w.until([&] { return w.served.front().got() == "ab"; });
    w.settle();
    CHECK(client.got() == "a");
    w.proxy.set({});
    w.until([&] { return client.got() == "ab"; });
}

TEST_CASE("while it refuses, connections are reset and new ones refused, on the same port later") {
    World w;
    const auto port = w.proxy.port();
    auto& client = w.connect();
    w.exchange(client, "x");
    w.proxy.set({Mode::kRefuse, {}});
    w.until([&] { return client.state() != End::State::kOpen; });
    CHECK(client.state() == End::State::kBroken);
    CHECK(w.refuses());
    CHECK(w.proxy.connections() == 0);
    w.proxy.set({});
    CHECK(w.proxy.port() == port);
    w.exchange(w.connect(), "again");
}

TEST_CASE("a reset leaves the mode alone") {
    World w;
    auto& client = w.connect();
    w.exchange(client, "x");
    w.proxy.reset();
    w.until([&] { return client.state() != End::State::kOpen; });
    CHECK(client.state() == End::State::kBroken);
    CHECK(w.proxy.order() == Order{});
    w.exchange(w.connect(), "again");
}

TEST_CASE("a delay holds each direction for its span, and loses and reorders nothing") {
    World w;
    auto& client = w.connect();
    w.exchange(client, "x");
    w.proxy.set({Mode::kDelay, 20ms});
    const auto began = std::chrono::steady_clock::now();
    for (const auto* piece : {"a", "b", "c", "d", "e"}) {
        client.send(piece);
        w.settle();
    }
    w.until([&] { return client.got() == "xabcde"; });
    CHECK(std::chrono::steady_clock::now() - began >= 40ms);
    w.proxy.set({});
    w.exchange(client, "!");
}

TEST_CASE("a flapping way is open and held in turns") {
    World w;
    auto& client = w.connect();
    w.exchange(client, "x");
    w.proxy.set({Mode::kFlap, 15ms});
    w.exchange(client, "open");
    // A request sent at any moment comes back, and over some periods one has had to wait.
    auto longest = 0ns;
    for (int i = 0; i < 100 && longest < 5ms; ++i) {
        const auto sent = std::chrono::steady_clock::now();
        w.exchange(client, "?");
        longest =
            std::max<std::chrono::nanoseconds>(longest, std::chrono::steady_clock::now() - sent);
        w.settle();
    }
    CHECK(longest >= 5ms);
}

TEST_CASE("a stopped proxy resets its connections, refuses, and lets the port go") {
    World w;
    auto& client = w.connect();
    w.exchange(client, "x");
    const auto port = w.proxy.port();
    w.proxy.stop();
    w.until([&] { return client.state() != End::State::kOpen; });
    CHECK(w.refuses());
    w.proxy.set({});
    CHECK(w.refuses());
    const Proxy next(w.io, w.acceptor.local_endpoint(), port);
    CHECK(next.port() == port);
}

TEST_CASE("a port that is taken is an exception that says so") {
    World w;
    CHECK_THROWS_AS(Proxy(w.io, w.door(), w.acceptor.local_endpoint().port()),
                    boost::system::system_error);
}
