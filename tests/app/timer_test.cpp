// The loop is woken for what is awaited, and for nothing that no longer is.
#include "support/timer.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using elector::support::Timer;
using Lines = std::vector<std::string>;

namespace {

struct Fixture {
    boost::asio::io_context io;
    Lines woken;

    std::function<void()> note(std::string name) {
        return [this, name] { woken.push_back(name); };
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "the loop sleeps through the instant of a timer that was cancelled") {
    Timer first(io);
    Timer last(io);
    last.after(30ms, note("last"));
    first.after(5ms, note("first"));
    first.cancel();
    CHECK_FALSE(first.pending());
    CHECK(io.run() == 1);
    CHECK(woken == Lines{"last"});
}

TEST_CASE_FIXTURE(Fixture, "and through one that was put off, or armed anew for later") {
    Timer moved(io);
    Timer anew(io);
    moved.after(5ms, note("moved"));
    moved.move_to(moved.now() + 30ms);
    anew.after(5ms, note("first"));
    const auto due = moved.due();
    anew.at(due, note("anew"));
    CHECK(io.run() == 1);
    CHECK(woken.size() == 2);
    CHECK(moved.now() >= due);
}

TEST_CASE_FIXTURE(Fixture, "none goes off early, by the clock it is on") {
    for (const clockid_t clock : {CLOCK_MONOTONIC, CLOCK_BOOTTIME}) {
        Timer timer(io, clock);
        bool early = true;
        const auto due = timer.now() + 3ms;
        timer.at(due, [&] { early = timer.now() < due; });
        io.run();
        io.restart();
        CHECK_FALSE(early);
    }
}

TEST_CASE_FIXTURE(Fixture, "a callback may end its own timer, and others that are due with it") {
    auto own = std::make_unique<Timer>(io);
    Timer other(io);
    const auto due = own->now() + 1ms;
    own->at(due, [&] {
        woken.push_back("own");
        own.reset();
        other.cancel();
    });
    other.at(due + 1ns, note("other"));
    io.run();
    CHECK(woken == Lines{"own"});
}

TEST_CASE_FIXTURE(Fixture,
                  "what is armed and cancelled while another goes off keeps no loop running") {
    Timer a(io);
    Timer b(io);
    a.after(1ms, [&] {
        b.after(1h, note("b"));
        b.cancel();
    });
    io.run_for(5s);
    CHECK(io.stopped());
    CHECK(woken.empty());
}

TEST_CASE_FIXTURE(Fixture, "after a callback that throws, the others still go off") {
    Timer bad(io);
    Timer good(io);
    bad.after(1ms, [] { throw std::runtime_error("bad"); });
    good.after(2ms, note("good"));
    CHECK_THROWS_AS(io.run(), std::runtime_error);
    io.run();
    CHECK(woken == Lines{"good"});
}

TEST_CASE("what is awaited when the loop is destroyed is let go, whoever it holds") {
    struct Owner {
        explicit Owner(boost::asio::io_context& io) : timer(io) {}
        Timer timer;
    };
    auto io = std::make_unique<boost::asio::io_context>();
    const auto first = std::make_shared<int>(0);
    Timer awaited(*io);
    auto owner = std::make_shared<Owner>(*io);
    owner->timer.after(1h, [first] {});
    awaited.after(1min, [owner, first] {});
    owner.reset();
    CHECK(first.use_count() == 3);
    io.reset();
    CHECK(first.use_count() == 1);
}
