// One target's queue, over times that are only values.
#include "notify/queue.hpp"

#include <doctest/doctest.h>

using namespace elector::notify;
using namespace std::chrono_literals;

namespace {

constexpr Instant kStart = Instant(1h);

Message named(const std::string& event) {
    Message m;
    m.event = event;
    return m;
}

Pace pace() {
    Pace p;
    p.most_waiting = 3;
    p.attempts = 3;
    p.first = 1s;
    p.longest = 4s;
    return p;
}

/// "event/lost_before" of what is begun at that time; "-": nothing.
std::string begun(Queue& queue, Instant now) {
    const auto* m = queue.begin(now);
    return m ? m->event + "/" + std::to_string(m->lost_before) : "-";
}

}  // namespace

TEST_CASE("messages are sent in their order, one at a time") {
    Queue q(pace());
    CHECK(q.due() == Instant::max());
    CHECK(begun(q, kStart) == "-");
    q.add(named("a"));
    q.add(named("b"));
    CHECK(q.due() <= kStart);
    CHECK(begun(q, kStart) == "a/0");
    CHECK(q.due() == Instant::max());
    CHECK(begun(q, kStart) == "-");
    q.delivered();
    CHECK(begun(q, kStart) == "b/0");
    q.delivered();
    CHECK(q.waiting() == 0);
    CHECK(q.counters() == Counters{2, 0, 0});
}

TEST_CASE("a failed one is tried again after pauses that double, and holds up those behind it") {
    Queue q(pace());
    q.add(named("a"));
    q.add(named("b"));
    CHECK(begun(q, kStart) == "a/0");
    CHECK(q.failed(kStart, true));
    CHECK(q.due() == kStart + 1s);
    CHECK(begun(q, kStart + 999ms) == "-");
    CHECK(begun(q, kStart + 1s) == "a/0");
    CHECK(q.failed(kStart + 1s, true));
    CHECK(q.due() == kStart + 3s);
    CHECK(begun(q, kStart + 3s) == "a/0");
    q.delivered();
    CHECK(begun(q, kStart + 3s) == "b/0");
    CHECK(q.counters() == Counters{1, 2, 0});
    CHECK(q.failures() == 0);
}

TEST_CASE("after its attempts a message is given up, and the next one says so") {
    Queue q(pace());
    q.add(named("a"));
    q.add(named("b"));
    auto now = kStart;
    for (const bool again : {true, true, false}) {
        CHECK(begun(q, now) == "a/0");
        CHECK(q.failed(now, again || true) == again);
        now += 4s;
    }
    CHECK(q.counters() == Counters{0, 3, 1});
    CHECK(q.due() == kStart + 8s + 4s);  // a target that is down is not pressed by the next one
    CHECK(begun(q, now) == "b/1");
    CHECK(q.failed(now, true));
    CHECK(q.due() == now + 4s);  // not more than the longest
    CHECK(begun(q, now + 4s) == "b/1");
    q.delivered();
    q.add(named("c"));
    CHECK(begun(q, now + 4s) == "c/0");
}

TEST_CASE("what is refused for good is not repeated") {
    Queue q(pace());
    q.add(named("a"));
    CHECK(begun(q, kStart) == "a/0");
    CHECK(!q.failed(kStart, false));
    CHECK(q.counters() == Counters{0, 1, 1});
    CHECK(q.waiting() == 0);
}

TEST_CASE("of too many the oldest goes, and the one behind the gap says how many") {
    Queue q(pace());
    for (const char* event : {"a", "b", "c", "d", "e"}) q.add(named(event));
    CHECK(q.waiting() == 3);
    CHECK(q.counters() == Counters{0, 0, 2});
    CHECK(begun(q, kStart) == "c/2");
    q.delivered();
    CHECK(begun(q, kStart) == "d/0");
}

TEST_CASE("one that is on its way stays; the gap is behind it") {
    Queue q(pace());
    for (const char* event : {"a", "b", "c"}) q.add(named(event));
    CHECK(begun(q, kStart) == "a/0");
    q.add(named("d"));
    SUBCASE("it arrives") {
        q.delivered();
        CHECK(begun(q, kStart) == "c/1");
    }
    SUBCASE("it fails, and is tried again") {
        CHECK(q.failed(kStart, true));
        CHECK(begun(q, kStart + 1s) == "a/0");
        q.delivered();
        CHECK(begun(q, kStart + 1s) == "c/1");
    }
    SUBCASE("it is given up as well") {
        CHECK(!q.failed(kStart, false));
        CHECK(begun(q, kStart + 1s) == "c/2");
    }
    SUBCASE("it fails, and is pushed out in its turn") {
        CHECK(q.failed(kStart, true));
        q.add(named("e"));
        CHECK(begun(q, kStart + 1s) == "c/2");
        CHECK(q.counters() == Counters{0, 1, 2});
    }
}
