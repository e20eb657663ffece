// What the guardian takes for an answer of the node.
#include <string>

#include <doctest/doctest.h>

#include "guardian/admin.hpp"

using namespace elector::guardian;

namespace {

std::string answer(const std::string& head, const std::string& body) {
    return "HTTP/1.1 " + head + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

std::string status(const std::string& body) {
    return answer("200 OK\r\nContent-Type: text/plain; charset=utf-8", body);
}

Answer query(const std::string& bytes) {
    const auto parsed = parse_answer(bytes, false);
    REQUIRE(parsed.complete);
    return parsed.answer;
}

}  // namespace

TEST_CASE("the node's own words are understood") {
    CHECK(query(status("{\"active\":true}\n")) == Answer::kActive);
    CHECK(query(status("{\"active\":false}\n")) == Answer::kStandby);
    CHECK(parse_answer(answer("200 OK", ""), true).answer == Answer::kDone);
    CHECK(!parse_answer(answer("200 OK", ""), true).ended);
    CHECK(parse_answer(answer("200 OK\r\nConnection: close", ""), true).ended);
}

TEST_CASE("any other body is no answer") {
    for (const auto* body : {"", "{}", "false", "{\"active\":False}", "{\"active\": false}",
                             "{\"active\":false,\"active\":true}", "{\"active\":false}x"}) {
        CAPTURE(body);
        CHECK(query(status(body)) == Answer::kFailed);
    }
}

TEST_CASE("any other status is no answer, also to a set") {
    CHECK(query(answer("404 Not Found", "{\"active\":false}")) == Answer::kFailed);
    CHECK(query(answer("500 Oops", "{\"active\":false}")) == Answer::kFailed);
    CHECK(parse_answer(answer("404 Not Found", ""), true).answer == Answer::kFailed);
    CHECK(query("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n") == Answer::kFailed);
    CHECK(query("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n") == Answer::kFailed);
    CHECK(parse_answer("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", true).answer == Answer::kDone);
    CHECK(parse_answer("HTTP/1.1 2000\r\nContent-Length: 0\r\n\r\n", true).answer ==
          Answer::kFailed);
    CHECK(query("SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n") == Answer::kFailed);
    CHECK(query("\r\n\r\n") == Answer::kFailed);
}

TEST_CASE("an answer whose end cannot be told is none") {
    const std::string body = "{\"active\":false}";
    CHECK(query("HTTP/1.1 200 OK\r\n\r\n" + body) == Answer::kFailed);
    CHECK(query("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body) == Answer::kFailed);
    CHECK(query("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n" + body) == Answer::kFailed);
    CHECK(query("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + body) == Answer::kFailed);
    CHECK(query("HTTP/1.1 200 OK\r\nContent-Length: 16\r\nContent-Length: 16\r\n\r\n" + body) ==
          Answer::kFailed);
    CHECK(query("HTTP/1.1 200 OK\r\nwords\r\nContent-Length: 16\r\n\r\n" + body) ==
          Answer::kFailed);
    CHECK(query(status(body) + "HTTP/1.1") == Answer::kFailed);
}

TEST_CASE("an answer is awaited to its last byte") {
    const auto whole = status("{\"active\":false}\n");
    for (std::size_t n = 0; n < whole.size(); ++n)
        CHECK(!parse_answer(whole.substr(0, n), false).complete);
    CHECK(parse_answer(whole, false).complete);
}
