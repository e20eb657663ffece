#include "simnode/checker/checker.hpp"

#include <initializer_list>

#include <doctest/doctest.h>

#include "simnode/checker/log_line.hpp"
#include "simnode/checker/render.hpp"
#include "simnode/model/to_checker.hpp"

using namespace elector::checker;

namespace {

constexpr std::uint32_t a = 0;
constexpr std::uint32_t b = 1;

Entry flag(std::int64_t t, std::uint32_t node, Kind kind) { return {t, node, kind, 0, 0}; }
Entry vote(std::int64_t t, std::uint32_t node, std::uint64_t height, std::uint32_t round = 0,
           Kind kind = Kind::proposal_endorsement) {
    return {t, node, kind, height, round};
}

Report judge(std::initializer_list<Entry> entries) {
    Checker c;
    for (const Entry& e : entries) c.add(e);
    return c.report();
}

}  // namespace

TEST_CASE("a clean hand-over passes, with its gap measured") {
    const Report r =
        judge({flag(0, a, Kind::start), flag(0, b, Kind::start), flag(10, a, Kind::active_on),
               vote(20, a, 5), vote(30, a, 6), flag(40, a, Kind::active_off),
               flag(70, b, Kind::active_on), vote(80, b, 7, 0, Kind::proposal), vote(81, b, 7)});
    CHECK(r.safe());
    CHECK(r.overlaps.empty());
    CHECK(r.late_emissions.empty());
    CHECK(r.gaps == std::vector<Gap>{{40, 70, a, b}});
    CHECK(r.longest_gap_ns == 30);
    CHECK(r.rounds_signed == 3);
    CHECK(r.entries == 9);
    CHECK(r.active == std::vector<Active>{{a, 10, 40, false, false}, {b, 70, 81, true, false}});
    CHECK(r.nodes == std::vector<NodeCount>{{0, 2, 1, 1, 0, 30}, {1, 1, 1, 1, 0, 11}});
}

TEST_CASE("two nodes signing one height and round is a double signature, found at once") {
    Checker c;
    CHECK(c.add(vote(1, a, 5)) == nullptr);
    CHECK(c.add(vote(2, a, 5, 0, Kind::lock_endorsement)) == nullptr);
    CHECK(c.add(vote(3, b, 5, 1)) == nullptr);
    CHECK(c.add(vote(4, b, 6)) == nullptr);
    CHECK(c.double_signatures() == 0);
    const DoubleSignature* found = c.add(vote(5, b, 5, 0, Kind::proposal));
    REQUIRE(found != nullptr);
    const DoubleSignature expected{{vote(1, a, 5), vote(5, b, 5, 0, Kind::proposal)}};
    CHECK(*found == expected);
    CHECK(c.add(vote(6, b, 5)) == nullptr);
    CHECK(c.double_signatures() == 1);
    const Report r = c.report();
    CHECK_FALSE(r.safe());
    CHECK(r.double_signatures == std::vector{expected});
}

TEST_CASE("a third signer joins the same double signature; several come by height and round") {
    const Report r = judge({vote(1, a, 9), vote(2, b, 9), vote(3, 2, 9), vote(4, a, 5, 1),
                            vote(5, b, 5, 1), vote(6, b, 5, 0), vote(7, a, 5, 0)});
    const std::vector<DoubleSignature> expected{{{vote(6, b, 5, 0), vote(7, a, 5, 0)}},
                                                {{vote(4, a, 5, 1), vote(5, b, 5, 1)}},
                                                {{vote(1, a, 9), vote(2, b, 9), vote(3, 2, 9)}}};
    CHECK(r.double_signatures == expected);
}

TEST_CASE("flags that are up at the same time overlap") {
    const Report r = judge({flag(10, a, Kind::active_on), flag(20, b, Kind::active_on),
                            flag(30, a, Kind::active_off), flag(40, b, Kind::stop),
                            flag(40, a, Kind::active_on), flag(50, a, Kind::active_off)});
    CHECK(r.safe());
    CHECK(r.overlaps == std::vector<Overlap>{{a, b, 20, 30}});
    CHECK(r.gaps.empty());
}

TEST_CASE("a signature after another node's activation is late, though its height is its own") {
    const Report r =
        judge({flag(10, a, Kind::active_on), flag(20, a, Kind::active_off), vote(25, a, 5),
               flag(30, b, Kind::active_on), vote(35, a, 6, 0, Kind::proposal), vote(36, b, 7)});
    CHECK(r.late_emissions ==
          std::vector<LateEmission>{{vote(35, a, 6, 0, Kind::proposal), b, 30}});
    CHECK(r.safe());
}

TEST_CASE("a crash ends the flag; a kill without a line ends it at the last sign of life") {
    const Report crashed = judge({flag(10, a, Kind::active_on), flag(20, a, Kind::stop),
                                  flag(90, b, Kind::active_on), flag(91, b, Kind::active_off)});
    CHECK(crashed.gaps == std::vector<Gap>{{20, 90, a, b}});
    const Report killed =
        judge({flag(10, a, Kind::active_on), vote(15, a, 5), flag(40, b, Kind::active_on),
               flag(60, a, Kind::start), flag(70, b, Kind::active_off), flag(80, a, Kind::start)});
    CHECK(killed.active ==
          std::vector<Active>{{a, 10, 15, false, true}, {b, 40, 70, false, false}});
    CHECK(killed.overlaps.empty());
    CHECK(killed.gaps == std::vector<Gap>{{15, 40, a, b}, {70, 80, b, std::nullopt}});
    CHECK(killed.longest_gap_ns == 25);
}

TEST_CASE("repeated activations are one span; an interval inside another makes no gap") {
    const Report r = judge({flag(10, a, Kind::active_on), flag(12, a, Kind::active_on),
                            flag(20, b, Kind::active_on), flag(30, b, Kind::active_off),
                            flag(50, a, Kind::active_off), flag(60, a, Kind::active_on)});
    CHECK(r.gaps == std::vector<Gap>{{50, 60, a, a}});
    CHECK(r.nodes[a].activations == 2);
    CHECK(r.nodes[a].active_ns == 40);
}

TEST_CASE("an empty log is safe") {
    CHECK(judge({}).safe());
    CHECK(judge({}).gaps.empty());
    CHECK(judge({flag(1, a, Kind::start), flag(2, a, Kind::stop)}).gaps.empty());
}

TEST_CASE("a line is read back as it was written") {
    for (int k = 0; k < 8; ++k) {
        Entry e{1'700'000'000'123'456'789, 0, static_cast<Kind>(k), 0, 0};
        if (is_signature(e.kind)) e.height = 42, e.round = 3;
        const auto back = parse_line(format_line("node \"x\"", e));
        REQUIRE(std::holds_alternative<Line>(back));
        CHECK(std::get<Line>(back) == Line{"node \"x\"", e});
    }
}

TEST_CASE("a bad line says what is wrong with it") {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"", "not JSON"},
        {"{\"time_ns\":1", "not JSON"},
        {"[1]", "not a JSON object"},
        {R"({"node":"a","kind":"start"})", "\"time_ns\""},
        {R"({"time_ns":-1,"node":"a","kind":"start"})", "\"time_ns\""},
        {R"({"time_ns":1.5,"node":"a","kind":"start"})", "\"time_ns\""},
        {R"({"time_ns":1,"kind":"start"})", "\"node\""},
        {R"({"time_ns":1,"node":"","kind":"start"})", "\"node\""},
        {R"({"time_ns":1,"node":"a","kind":"vote"})", "\"kind\""},
        {R"({"time_ns":1,"node":"a"})", "\"kind\""},
        {R"({"time_ns":1,"node":"a","kind":"proposal","round":0})", "\"height\""},
        {R"({"time_ns":1,"node":"a","kind":"proposal","height":1,"round":4294967296})",
         "\"round\""},
    };
    for (const auto& [line, expected] : cases) {
        CAPTURE(line);
        const auto parsed = parse_line(line);
        REQUIRE(std::holds_alternative<std::string>(parsed));
        CHECK(std::get<std::string>(parsed).find(expected) != std::string::npos);
    }
}

TEST_CASE("lines of several files are judged in order of time") {
    Log log;
    CHECK(log.add(format_line("b", flag(70, 0, Kind::active_on))).empty());
    CHECK(log.add(format_line("b", vote(80, 0, 7))).empty());
    CHECK(log.add(format_line("a", flag(10, 0, Kind::active_on))).empty());
    CHECK(log.add(format_line("a", vote(75, 0, 7))).empty());
    CHECK_FALSE(log.add("rubbish").empty());
    CHECK(log.names() == std::vector<std::string>{"b", "a"});
    const Report r = log.check();
    CHECK(r.double_signatures.size() == 1);
    CHECK(r.double_signatures[0].first_of_each[0].node == 1);
    CHECK(r.overlaps.size() == 1);
    CHECK(r.late_emissions.size() == 1);

    const std::string text = render_text(r, log.names());
    CHECK(text.find("height 7 round 0: a (proposal_endorsement at 0.000 s) b") !=
          std::string::npos);
    CHECK(text.find("verdict: DOUBLE SIGNATURE") != std::string::npos);
    const std::string json = render_json(r, log.names());
    CHECK(json.find("\"safe\":false") != std::string::npos);
    CHECK(json.find("\"double_signatures\":[{\"height\":7,\"round\":0,\"signers\":[{\"time_ns\":75,"
                    "\"node\":\"a\"") != std::string::npos);
}

TEST_CASE("the model's entries are the checker's") {
    using namespace elector::simnode;
    constexpr LogEntry e{5ns, 3, EntryKind::lock_endorsement, 9, 2};
    CHECK(to_checker(e, 100) == Entry{105, 3, Kind::lock_endorsement, 9, 2});
    CHECK(to_checker(EntryKind::stop) == Kind::stop);
    CHECK(to_checker(EntryKind::active_on) == Kind::active_on);
}
