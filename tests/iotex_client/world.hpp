// Owns the set-up of a client test: a fake node with three ports, a client, and the loop they
// share. Every test ends with the client closed and the loop run dry. Thread rule: one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include "iotex/node_client.hpp"
#include "iotex_client/fake_server.hpp"

namespace elector::test {

using namespace std::chrono_literals;
using Task = boost::asio::awaitable<void>;
using Kind = iotex::PortEvent::Kind;
using PortName = iotex::PortEvent::Port;
using iotex::ErrorKind;

inline constexpr auto kAmple = std::chrono::milliseconds(5000);  ///< never reached by a good run
inline constexpr auto kBrief = std::chrono::milliseconds(15);    ///< for time-outs under test

inline const std::string kActive = "{\"active\":true}\n";
inline const std::string kStandby = "{\"active\":false}\n";

/// The pace of the monitor, scaled down.
inline iotex::Limits quick_limits() {
    iotex::Limits limits;
    limits.retry_fast = 2ms;
    limits.fast_for = 20ms;
    limits.retry_slow = 10ms;
    return limits;
}

struct World {
    explicit World(const iotex::Limits& limits = quick_limits())
        : client(std::in_place, io, iotex::NodeEndpoints{admin.url(), probe.url(), web3.url()},
                 limits, [this](iotex::PortEvent event) {
                     events.push_back(event);
                     changed.cancel();
                 }) {
        for (auto* server : {&admin, &probe, &web3}) {
            server->on_change = [this] { changed.cancel(); };
        }
    }

    std::size_t count(PortName port, Kind kind) const {
        const iotex::PortEvent event{port, kind};
        return static_cast<std::size_t>(std::count(events.begin(), events.end(), event));
    }

    /// Suspends until `happened`, looking again whenever a fake or the client reports something.
    Task until(const std::function<bool()>& happened) {
        const auto limit = std::chrono::steady_clock::now() + kAmple;
        for (;;) {
            if (happened()) co_return;
            REQUIRE(std::chrono::steady_clock::now() < limit);
            changed.expires_at(limit);
            co_await changed.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        }
    }

    Task events_of(PortName port, Kind kind, std::size_t at_least) {
        const std::function<bool()> happened = [=, this] { return count(port, kind) >= at_least; };
        co_await until(happened);
    }

    /// Runs `body`, then closes everything and checks that nothing is left to run.
    void run(const std::function<Task(World&)>& body) {
        std::exception_ptr escaped;
        bool done = false;
        boost::asio::co_spawn(io, body(*this), [&](std::exception_ptr e) {
            escaped = e;
            done = true;
            finish();
        });
        io.run_for(2 * kAmple);
        CHECK(done);
        CHECK(io.stopped());
        if (escaped) std::rethrow_exception(escaped);
    }

    void finish() {
        if (client) client->close();
        for (auto* server : {&admin, &probe, &web3}) server->stop();
    }

    boost::asio::io_context io;
    FakeServer admin{io};
    FakeServer probe{io};
    FakeServer web3{io};
    std::vector<iotex::PortEvent> events;
    boost::asio::steady_timer changed{io};
    std::optional<iotex::NodeClient> client;
};

/// "ok" or the kind of the error, for whole-value comparison.
template <class T>
std::string outcome(const iotex::Result<T>& result) {
    return result ? "ok" : std::string(to_string(result.error().kind));
}

/// The request lines that a fake received, each with its connection: "1 GET /ha".
inline std::vector<std::string> lines(const FakeServer& server) {
    std::vector<std::string> out;
    for (const auto& request : server.seen) {
        const auto line = request.text.substr(0, request.text.find(" HTTP/1.1\r\n"));
        out.push_back(std::to_string(request.connection) + " " + line);
    }
    return out;
}

using Lines = std::vector<std::string>;

/// Runs `operation` beside the test; `out` becomes its outcome ("" while it is pending).
template <class T>
void start(World& world, boost::asio::awaitable<iotex::Result<T>> operation, std::string& out) {
    boost::asio::co_spawn(world.io, std::move(operation),
                          [&](std::exception_ptr escaped, iotex::Result<T> result) {
                              out = escaped ? "exception" : outcome(result);
                              world.changed.cancel();
                          });
}

inline constexpr auto kAlways = [] { return true; };

}  // namespace elector::test
