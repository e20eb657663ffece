// What the elector of this host answers, as a command reads it.
#include "cli/local_api.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <doctest/doctest.h>

using elector::cli::ask_local_api;
using elector::cli::parse_answer;

TEST_CASE("an answer is its status and its body") {
    const auto answer =
        parse_answer("HTTP/1.1 409 Conflict\r\nX: y\r\nContent-Length: 2\r\n\r\n{}");
    CHECK(answer.status == 409);
    CHECK(answer.body == "{}");
    CHECK(answer.error.empty());
}

TEST_CASE("a part of an answer is none") {
    for (const auto* text :
         {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", "HTTP/1.1 200 OK\r\n\r\n{}",
          "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"}) {
        CHECK_MESSAGE(parse_answer(text).status == 0, text);
        CHECK_MESSAGE(parse_answer(text).error == "the answer was cut off", text);
    }
}

TEST_CASE("what is no HTTP is no elector") {
    for (const auto* text :
         {"", "SSH-2.0-OpenSSH_9\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 x\r\n\r\n"}) {
        CHECK_MESSAGE(parse_answer(text).status == 0, text);
        CHECK_MESSAGE(parse_answer(text).error == "what answers there is no elector", text);
    }
}

TEST_CASE("an API that is off, or nobody knows where, is not asked") {
    elector::config::Api api;
    api.listen.port = 0;
    CHECK(ask_local_api(api, "GET", "/livez", std::chrono::seconds(1)).error.find("port 0") !=
          std::string::npos);
    api.listen = {};
    CHECK(ask_local_api(api, "GET", "/livez", std::chrono::seconds(1)).error.find("is empty") !=
          std::string::npos);
}

TEST_CASE("an elector that takes a connection and says nothing is given up") {
    using boost::asio::ip::tcp;
    boost::asio::io_context io;
    const tcp::acceptor silent(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    elector::config::Api api;
    api.listen.port = silent.local_endpoint().port();
    const auto answer = ask_local_api(api, "GET", "/livez", std::chrono::milliseconds(50));
    CHECK(answer.status == 0);
    CHECK(answer.error.find("timed out") != std::string::npos);
}
