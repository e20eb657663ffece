#include "health/process.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace elector::health;

namespace {

/// The ports of one node, told at instants of a second.
struct Ports {
    Policy policy;
    Process process;

    std::string tell(NodePort port, PortState state, Duration when) {
        const auto fate = on_port(process, policy, PortChanged{port, state}, Instant{} + when);
        return fate == Fate::kLost ? "lost" : fate == Fate::kDied ? "died" : "nothing";
    }
    std::string admin(PortState state, Duration when) {
        return tell(NodePort::kAdmin, state, when);
    }
    std::string probe(PortState state, Duration when) {
        return tell(NodePort::kProbe, state, when);
    }
};

constexpr auto kConnected = PortState::kConnected;
constexpr auto kLost = PortState::kLost;
constexpr auto kRefused = PortState::kRefused;
constexpr auto kUnreachable = PortState::kUnreachable;

}  // namespace

TEST_CASE("a process is lost when both connections end within a second, in either order") {
    Ports ports;
    CHECK(ports.admin(kLost, 1s) == "nothing");
    CHECK(ports.probe(kLost, 2s) == "nothing");
    CHECK(ports.admin(kLost, 3s - 1ns) == "lost");
    CHECK(ports.process.life == 1);
    CHECK(ports.probe(kLost, 3s) == "nothing");  // of the next life
    CHECK(ports.process.life == 1);
}

TEST_CASE("a process is dead when both ports refuse, and refuse again after the grace") {
    Ports ports;
    CHECK(ports.admin(kRefused, 0ms) == "nothing");
    CHECK(ports.probe(kRefused, 10ms) == "nothing");
    CHECK(ports.admin(kRefused, 200ms) == "nothing");
    CHECK(ports.probe(kRefused, 210ms - 1ns) == "nothing");
    CHECK(ports.probe(kRefused, 210ms) == "died");
    CHECK(ports.process.dead);
    CHECK(ports.process.life == 1);
    CHECK(ports.probe(kRefused, 300ms) == "nothing");  // told once
}

TEST_CASE("one port that refuses, or that cannot be reached, says nothing of the process") {
    Ports ports;
    for (const auto when : {0ms, 500ms}) {
        CHECK(ports.admin(kRefused, when) == "nothing");
        CHECK(ports.probe(kUnreachable, when) == "nothing");
    }
    CHECK_FALSE(ports.process.dead);
}

TEST_CASE("a probe port that has never accepted does not say that a known process is dead") {
    Ports ports;
    ports.admin(kConnected, 0ms);
    for (const auto when : {100ms, 400ms}) {
        ports.admin(kRefused, when);
        CHECK(ports.probe(kRefused, when) == "nothing");
    }
    ports.probe(kConnected, 500ms);
    ports.admin(kRefused, 600ms);
    ports.probe(kRefused, 600ms);
    ports.admin(kRefused, 800ms);
    CHECK(ports.probe(kRefused, 800ms) == "died");
}

TEST_CASE("a connection in between makes refusals count anew") {
    Ports ports;
    ports.admin(kRefused, 0ms);
    ports.probe(kRefused, 0ms);
    ports.probe(kConnected, 100ms);
    ports.admin(kRefused, 250ms);
    CHECK(ports.probe(kRefused, 250ms) == "nothing");
    CHECK(ports.probe(kRefused, 450ms) == "died");
}

TEST_CASE("a process that answers lives") {
    Ports ports;
    for (const auto when : {0ms, 200ms}) {
        ports.admin(kRefused, when);
        ports.probe(kRefused, when);
    }
    CHECK(ports.process.dead);
    on_answer(ports.process);
    CHECK_FALSE(ports.process.dead);
    CHECK(ports.admin(kRefused, 201ms) == "nothing");
}
