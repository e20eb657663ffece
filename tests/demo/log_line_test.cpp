// What is read in a member's log.
#include "demo/log_line.hpp"

#include <doctest/doctest.h>

using namespace elector::demo;
using namespace elector::model;
using namespace std::chrono_literals;

namespace {

constexpr Instant kEpoch{-1000s};

LogLine read(const std::string& rest) {
    const auto line = parse_log_line(
        R"({"time":"1970-01-01T00:20:00.250Z","level":"info","event":)" + rest, kEpoch);
    REQUIRE(line);
    return *line;
}

}  // namespace

TEST_CASE("a line is read with its time on the clock of the demo") {
    const LogLine expected{
        Instant{200s + 250ms}, "info", "role_change", "elector", {{"from", "leader"}}};
    CHECK(read(R"("role_change","process":"elector","from":"leader"})") == expected);
    CHECK(expected["from"] == "leader");
    CHECK(expected["to"] == "");
}

TEST_CASE("what is no line of a log is none") {
    for (const auto* text :
         {"", "iotex-elector: cannot start", "[]", "{}", R"({"event":"a"})",
          R"({"time":"yesterday","event":"a"})", R"({"time":"1970-01-01T00:20:00.250Z"})",
          R"({"time":"1970-01-01T00:20:00.250Z","event":"a","pid":4})"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_log_line(text, kEpoch));
    }
}

TEST_CASE("the onlooker reads the log's own sentence, and who says it when it is not the elector") {
    CHECK(sentence(read(R"("role_change","process":"elector","from":"leader","to":"draining",)"
                        R"("why":"It had to."})")) == "leader -> draining: It had to.");
    CHECK(
        sentence(read(R"("waiting","process":"elector","detail":"held","why":"At the head."})")) ==
        "At the head. (held)");
    CHECK(sentence(read(R"("guardian_acts","process":"guardian","why":"It acts."})")) ==
          "guardian: It acts.");
    CHECK(sentence(read(R"("elector_gone","process":"guardian","exit_code":"none",)"
                        R"("signal":"9"})")) == "guardian: the elector is gone, by signal 9");
    CHECK(sentence(read(R"("elector_gone","process":"guardian","exit_code":"70",)"
                        R"("signal":"0"})")) == "guardian: the elector is gone, by exit code 70");
    CHECK(sentence(read(R"("guardian_lost","process":"elector","alarm":"true",)"
                        R"("cause":"it has ended","next":"it lets go"})")) ==
          "the guardian is lost: it has ended; it lets go");
    CHECK(sentence(read(R"("closed","process":"closer","what":"drained"})")) ==
          "closer: recorded in etcd: drained");
    CHECK(sentence(read(R"("marker_owed","process":"closer","error":"no answer"})")) ==
          "closer: marker_owed error=no answer");
}
