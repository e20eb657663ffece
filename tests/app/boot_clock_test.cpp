// Timers that share the kernel's one: each goes off by itself, and none keeps the loop from
// turning.
#include "app/boot_clock.hpp"

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <doctest/doctest.h>

using namespace elector;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

struct Fixture {
    boost::asio::io_context io;
    app::BootClock clock;
    Lines woken;

    std::function<void()> note(std::string name) {
        return [this, name] { woken.push_back(name); };
    }
    void until(std::size_t count) {
        while (woken.size() < count) io.run_one();
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "timers go off in the order of their instants, armed in any") {
    app::BootTimer a(io, clock, note("a"));
    app::BootTimer b(io, clock, note("b"));
    app::BootTimer c(io, clock, note("c"));
    const auto now = clock.now();
    c.arm(now + 12ms);
    a.arm(now + 4ms);
    b.arm(now + 8ms);
    until(3);
    CHECK(woken == Lines{"a", "b", "c"});
    CHECK(clock.now() >= now + 12ms);
}

TEST_CASE_FIXTURE(Fixture, "arming anew replaces the instant, earlier or later") {
    app::BootTimer a(io, clock, note("a"));
    app::BootTimer b(io, clock, note("b"));
    const auto now = clock.now();
    a.arm(now + 1ms);
    b.arm(now + 1h);
    a.arm(now + 10ms);
    b.arm(now + 5ms);
    until(2);
    CHECK(woken == Lines{"b", "a"});
    CHECK(clock.now() >= now + 10ms);
}

TEST_CASE_FIXTURE(Fixture, "what is past goes off at once, and what is disarmed or closed never") {
    app::BootTimer late(io, clock, note("late"));
    app::BootTimer never(io, clock, note("never"));
    app::BootTimer closed(io, clock, note("closed"));
    const auto now = clock.now();
    never.arm(now + 1ms);
    closed.arm(now + 1ms);
    never.arm(model::kNever);
    closed.close();
    closed.arm(now + 1ms);
    app::BootTimer last(io, clock, note("last"));
    last.arm(now + 5ms);
    late.arm(now - 1h);
    until(2);
    CHECK(woken == Lines{"late", "last"});
}

TEST_CASE_FIXTURE(Fixture, "a timer may be armed and others closed while one goes off") {
    std::optional<app::BootTimer> other;
    other.emplace(io, clock, note("other"));
    int left = 3;
    app::BootTimer* self = nullptr;
    app::BootTimer again(io, clock, [&] {
        woken.push_back("again");
        other.reset();
        if (--left > 0) self->arm(clock.now());
    });
    self = &again;
    again.arm(clock.now());
    other->arm(clock.now() + 1us);
    until(3);
    CHECK(woken == Lines{"again", "again", "again"});
}

TEST_CASE_FIXTURE(Fixture,
                  "the loop ends when the last timer is closed, and goes on with a new one") {
    app::BootTimer a(io, clock, note("a"));
    app::BootTimer b(io, clock, [&] { a.close(); });
    b.arm(clock.now());
    CHECK(io.run_one() == 1);
    b.close();
    io.run();
    CHECK(io.stopped());
    io.restart();
    app::BootTimer c(io, clock, note("c"));
    c.arm(clock.now() + 1ms);
    until(1);
    CHECK(woken == Lines{"c"});
}

TEST_CASE_FIXTURE(Fixture, "the loop ends when the last timers are closed while one goes off") {
    app::BootTimer a(io, clock, note("a"));
    app::BootTimer* self = nullptr;
    app::BootTimer b(io, clock, [&] {
        a.close();
        self->close();
    });
    self = &b;
    b.arm(clock.now());
    CHECK(io.run_for(5s) == 1);
    CHECK(io.stopped());
}

TEST_CASE_FIXTURE(Fixture, "one that is armed for the past again and again passes nobody over") {
    app::BootTimer* self = nullptr;
    app::BootTimer greedy(io, clock, [&] { self->arm(clock.now() - 1h); });
    self = &greedy;
    app::BootTimer other(io, clock, note("other"));
    greedy.arm(clock.now());
    other.arm(clock.now() + 2ms);
    io.run_for(2s);
    CHECK(woken == Lines{"other"});
}

TEST_CASE_FIXTURE(Fixture, "a thousand that are due at once let other work in between") {
    std::vector<std::unique_ptr<app::BootTimer>> all;
    std::size_t longest = 0;  // wake-ups without a turn for anybody else
    std::size_t since = 0;
    for (int i = 0; i < 1000; ++i) {
        all.push_back(std::make_unique<app::BootTimer>(io, clock, [&] {
            woken.push_back("x");
            longest = std::max(longest, ++since);
        }));
    }
    std::function<void()> other = [&] {
        since = 0;
        if (woken.size() < 1000) boost::asio::post(io, other);
    };
    boost::asio::post(io, other);
    for (auto& timer : all) timer->arm(clock.now());
    until(1000);
    CHECK(longest <= 32);
}
