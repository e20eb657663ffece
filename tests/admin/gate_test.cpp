// Who may change something: the token, the name that was asked for, the page that asks.
#include "admin/gate.hpp"

#include <doctest/doctest.h>

using namespace elector::admin;

namespace {

Request local() {
    Request request;
    request.method = "POST";
    request.host = "127.0.0.1:9010";
    return request;
}

/// 0: it may.
int judged(const Request& request, const Protection& protection = {}) {
    const auto answer = judge(request, protection);
    return answer ? answer->status : 0;
}

}  // namespace

TEST_CASE("a program of this host may change something where no token is asked for") {
    CHECK(judged(local()) == 0);
}

TEST_CASE("where there is a token, nothing but the whole token will do") {
    const Protection protection{"secret", true};
    const auto with = [&](const char* field) {
        auto request = local();
        request.authorization = field;
        return judged(request, protection);
    };
    CHECK(with("Bearer secret") == 0);
    CHECK(with("bearer secret") == 0);
    for (const auto* wrong : {"", "secret", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets",
                              "Bearer Secret", "Basic secret", "Bearer  secret"})
        CHECK_MESSAGE(with(wrong) == 401, wrong);
    CHECK_FALSE(carries_token("Bearer ", ""));
}

TEST_CASE("a refusal for want of the token says how it is sent, and nothing of what was sent") {
    auto request = local();
    request.authorization = "Bearer guess";
    const auto answer = judge(request, {"secret", true});
    REQUIRE(answer);
    CHECK(answer->fields ==
          decltype(answer->fields){{"WWW-Authenticate", "Bearer realm=\"iotex-elector\""}});
    CHECK(answer->body.find("guess") == std::string::npos);
    CHECK(answer->body.find("secret") == std::string::npos);
}

TEST_CASE("a name that was bent to loopback is refused, loopback's own names are not") {
    for (const auto* name : {"127.0.0.1", "127.0.0.1:9010", "127.9.9.9:1", "[::1]", "[::1]:9010",
                             "localhost", "LOCALHOST:9010"})
        CHECK_MESSAGE(names_loopback(name), name);
    for (const auto* name : {"", "evil.example", "evil.example:9010", "127.0.0.1.evil.example",
                             "localhost.evil.example", "::1", "[::1", "[::1]evil", "192.0.2.1"})
        CHECK_MESSAGE(!names_loopback(name), name);
    auto request = local();
    request.host = "evil.example:9010";
    CHECK(judged(request) == 403);
    CHECK(judged(request, {"", false}) == 0);  // other hosts reach it by any name
}

TEST_CASE("a page may change something only if it came from here") {
    auto request = local();
    request.origin = "http://127.0.0.1:9010";
    CHECK(judged(request) == 0);
    for (const auto* origin : {"http://evil.example", "null", "http://127.0.0.1:80",
                               "http://127.0.0.1:9010.evil.example", "127.0.0.1:9010"}) {
        request.origin = origin;
        CHECK_MESSAGE(judged(request) == 403, origin);
    }
}

TEST_CASE("a body that a page can send unasked is refused") {
    auto request = local();
    request.body = "{}";
    for (const auto* type : {"", "text/plain", "application/x-www-form-urlencoded",
                             "multipart/form-data", "application/json2"}) {
        request.content_type = type;
        CHECK_MESSAGE(judged(request) == 415, type);
    }
    for (const auto* type : {"application/json", "Application/JSON ; charset=utf-8"}) {
        request.content_type = type;
        CHECK_MESSAGE(judged(request) == 0, type);
    }
}
