// What the onlooker sees, at any size of the window.
#include "demo/screen.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace elector::demo;
using namespace elector::model;
using namespace std::chrono_literals;

namespace {

Picture picture() {
    Picture p;
    p.profile = "fast";
    p.etcd = "http://127.0.0.1:2379";
    p.running = 83s;
    MemberRow leader;
    leader.name = "delegate-a";
    leader.role = Role::kLeader;
    leader.processes.guardian = 4711;
    leader.processes.elector = 4712;
    leader.node_runs = leader.node_active = true;
    leader.tip = 41000123;
    leader.term = 12;
    leader.queue = 1;
    leader.why = {"Leads.", std::nullopt};
    MemberRow candidate;
    candidate.name = "delegate-b";
    candidate.role = Role::kCandidate;
    candidate.processes.guardian = 4713;
    candidate.processes.elector = 4714;
    candidate.processes.frozen = true;
    candidate.node_runs = true;
    candidate.tip = 41000123;
    candidate.queue = 2;
    candidate.why = {"The last holder vanished.", 12340ms};
    MemberRow dead;
    dead.name = "delegate-c";
    dead.tip = 41000122;
    dead.fault = "node killed";
    dead.why = {"Its guardian is dead; it is started again.", std::nullopt};
    p.members = {leader, candidate, dead};
    Handover h;
    h.kind = Kind::kPlanned;
    h.from = "delegate-c";
    h.to = "delegate-a";
    h.ordered = Instant{10s};
    h.decided = Instant{10s + 5ms};
    h.verified = Instant{12s};
    h.went_silent = Instant{10s + 100ms};
    h.went_active = Instant{11s + 334ms};
    p.last = h;
    p.handovers = 1;
    p.signatures = 1234;
    for (int i = 0; i < 30; ++i)
        p.happenings.push_back({Instant{std::chrono::seconds(i)}, "demo",
                                "number " + std::to_string(i), Happening::Weight::kInfo, false});
    return p;
}

std::vector<std::string> texts(std::size_t width, std::size_t height) {
    std::vector<std::string> out;
    for (const auto& line : lay_out(picture(), width, height)) {
        auto text = to_text(line);
        text.erase(text.find_last_not_of(' ') + 1);
        out.push_back(text);
    }
    return out;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

const std::string kKeys =
    " k kill the leader's node  u make it unhealthy  c cut the leader off etcd  h heal\n"
    " e kill its elector  z freeze it  g kill its guardian  s planned hand-over  q quit";

}  // namespace

TEST_CASE("a window of 120 columns shows all columns, the reasons and the last hand-over") {
    CHECK(
        joined(texts(120, 20)) ==
        joined({
            " iotex-elector demo  fast profile, blocks every 2.5 s, 3 members, 3 simulated nodes, "
            "etcd http://127.0.0.1:2379  01:23",
            "",
            " MEMBER      ROLE       NODE     GUARDIAN  ELECTOR   TIP         TERM  QUEUE  BROKEN",
            " delegate-a  leader     active   4711      4712      41 000 123  12    1",
            " delegate-b  candidate  standby  4713      frozen    41 000 123  -     2",
            " delegate-c  -          gone     dead      dead      41 000 122  -     -      node "
            "killed",
            "",
            " delegate-a  Leads.",
            " delegate-b  The last holder vanished. At most 12.3 s.",
            " delegate-c  Its guardian is dead; it is started again.",
            "",
            " last hand-over  planned  delegate-c -> delegate-a   nobody active for 1 234 ms",
            "   decide 5 ms   verify 1 995 ms   total 2 000 ms",
            " signed          1 234 messages, 1 hand-overs, 0 double signatures",
            "",
            " 00:28  demo        number 28",
            " 00:29  demo        number 29",
            "",
            kKeys,
        }));
}

TEST_CASE("a wide window has the reasons beside the members") {
    const auto lines = texts(140, 20);
    CHECK(lines[4] ==
          " delegate-b  candidate  standby  4713      frozen    41 000 123  -     2              "
          "          The last holder vanished. At most 12.3 s.");
    CHECK(std::count(lines.begin(), lines.end(), "") == 4);
}

TEST_CASE("whatever the size, no line is too long, none too many, and the members come first") {
    for (std::size_t width = 1; width < 200; width += 7) {
        for (std::size_t height = 1; height < 60; ++height) {
            CAPTURE(width);
            CAPTURE(height);
            const auto lines = lay_out(picture(), width, height);
            REQUIRE(lines.size() == (height > 1 ? height : 0));
            for (const auto& line : lines) REQUIRE(to_text(line).size() <= width);
            if (width > 30 && height > 5)
                REQUIRE(std::any_of(lines.begin(), lines.end(), [](const Line& line) {
                    return to_text(line).find("delegate-a  leader") != std::string::npos;
                }));
        }
    }
    CHECK(lay_out(picture(), 80, 0).empty());
    CHECK(joined(texts(82, 2)) == kKeys + "\n");
    CHECK(texts(20, 2) == std::vector<std::string>{" k kill the leader'>", " e kill its elector>"});
}

TEST_CASE("before the members are there the screen says that it is starting") {
    Picture p;
    p.profile = "fast";
    const auto lines = lay_out(p, 80, 6);
    CHECK(to_text(lines[2]) == " starting ...");
}

TEST_CASE("a hand-over under way shows the phases so far instead of the last one") {
    auto p = picture();
    p.under_way = p.last;
    p.under_way->to.clear();
    p.under_way->verified.reset();
    const auto lines = lay_out(p, 120, 20);
    CHECK(to_text(lines[11]) == " under way       planned  delegate-c");
    CHECK(to_text(lines[12]) == "   decide 5 ms  ");
}

TEST_CASE("a frame is drawn over the last one, and in colour only when wanted") {
    const std::vector<Line> lines{{{"a", Style::kBad}, {"b", Style::kPlain}}, {}};
    CHECK(to_ansi(lines, 3, true) == "\x1b[H\x1b[1;31ma\x1b[0mb\x1b[K\r\n\x1b[K");
    CHECK(to_ansi(lines, 3, false) == "\x1b[Hab\x1b[K\r\n\x1b[K");
}

TEST_CASE("a line that fills the width is not erased at its end") {
    const std::vector<Line> lines{{{"ab", Style::kPlain}}};
    CHECK(to_ansi(lines, 2, false) == "\x1b[Hab");
}

TEST_CASE("spans are written for people") {
    CHECK(milliseconds_text(std::nullopt) == "-");
    CHECK(milliseconds_text(0ms) == "0 ms");
    CHECK(milliseconds_text(1234567ms) == "1 234 567 ms");
    CHECK(milliseconds_text(-5ms) == "-5 ms");
    CHECK(seconds_text(2349ms) == "2.3 s");
}

TEST_CASE("the addresses of the dashboards stand below the score") {
    auto p = picture();
    p.dashboards = {"http://127.0.0.1:9010/", "http://127.0.0.1:9011/"};
    const auto lines = lay_out(p, 120, 40);
    const auto score = std::find_if(lines.begin(), lines.end(), [](const Line& line) {
        return to_text(line).find("double signatures") != std::string::npos;
    });
    REQUIRE(score != lines.end());
    CHECK(to_text(*(score + 1)) ==
          " dashboards      http://127.0.0.1:9010/  http://127.0.0.1:9011/  ");
}
