// `status --watch`: what counts as a change, and what a screen is made of.
#include "cli/watch.hpp"

#include <doctest/doctest.h>

using namespace elector;
using namespace elector::cli;
using namespace std::chrono_literals;

namespace {

report::GroupStatus group() {
    report::GroupStatus g;
    g.key = "/k";
    g.read = true;
    g.verdict = "a is the only node verified active.";
    report::MemberStatus m;
    m.name = "a";
    m.node.activity = model::NodeActivity::kActive;
    m.node.age = 300ms;
    m.tip = model::Height{7};
    g.members = {m};
    g.pause = report::PauseStatus{"who", "why", 9s};
    return g;
}

}  // namespace

TEST_CASE("ages, tips and revisions go on without being a change") {
    const auto before = essence(group(), false);
    auto g = group();
    g.revision = model::Revision{99};
    g.since_read = 5s;
    g.members[0].tip = model::Height{8};
    g.members[0].lag_blocks = 1;
    g.members[0].node.age = 900ms;
    g.pause->expires_in = 8s;
    CHECK(essence(g, false) == before);
}

TEST_CASE("what somebody has to know is a change") {
    const auto before = essence(group(), false);
    CHECK(essence(group(), true) != before);
    auto g = group();
    g.members[0].node.stale = "etcd was last read 9 s ago";
    CHECK(essence(g, false) != before);
    g = group();
    g.members[0].node.activity = model::NodeActivity::kStandby;
    CHECK(essence(g, false) != before);
    g = group();
    g.pause.reset();
    CHECK(essence(g, false) != before);
    g = group();
    g.exit_code = 4;
    CHECK(essence(g, false) != before);
    g = group();
    g.members.clear();
    CHECK(essence(g, false) != before);
}

TEST_CASE("a frame overwrites the one before line by line and clears what is left of it") {
    CHECK(frame("ab\ncd\n", 80, 24) == "\x1b[Hab\x1b[K\r\ncd\x1b[K\x1b[J");
    CHECK(frame("", 80, 24) == "\x1b[H\x1b[J");
}

TEST_CASE("a frame is never more than one screen") {
    CHECK(frame("1\n2\n3\n4\n", 0, 3) ==
          "\x1b[H1\x1b[K\r\n2\x1b[K\r\n(2 more lines: the screen is too low)\x1b[K\x1b[J");
    CHECK(frame("1\n2\n3\n", 0, 3) == "\x1b[H1\x1b[K\r\n2\x1b[K\r\n3\x1b[K\x1b[J");
    CHECK(frame("délégué\n", 3, 3) == "\x1b[Hdél\x1b[K\x1b[J");
}

TEST_CASE("a line that is cut keeps its colour to itself") {
    CHECK(frame("\x1b[1;31mabcdef\x1b[0m\n", 4, 9) == "\x1b[H\x1b[1;31mabcd\x1b[0m\x1b[K\x1b[J");
    CHECK(frame("\x1b[2mabc\x1b[0m\n", 3, 9) == "\x1b[H\x1b[2mabc\x1b[0m\x1b[K\x1b[J");
}
