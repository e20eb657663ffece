#include "config/url.hpp"

#include <doctest/doctest.h>

using namespace elector::config;

namespace {

std::string outcome(const Parsed<Url>& parsed) {
    if (const auto* bad = std::get_if<Bad>(&parsed)) return bad->why;
    return std::get<Url>(parsed).text();
}

constexpr const char* kTail = "; write it like \"http://127.0.0.1:2379\"";
constexpr const char* kListenTail = "; write it like \"127.0.0.1:9010\", or \"\" for none";

}  // namespace

TEST_CASE("an address is scheme, host and port, in one spelling") {
    CHECK(outcome(parse_url("http://127.0.0.1:2379")) == "http://127.0.0.1:2379");
    CHECK(outcome(parse_url("HTTPS://Etcd-1.Example.ORG:443/")) ==
          "https://etcd-1.example.org:443");
    CHECK(outcome(parse_url("http://[0:0:0:0:0:0:0:1]:1")) == "http://[::1]:1");
    CHECK(outcome(parse_url("http://etcd_1:65535")) == "http://etcd_1:65535");
    CHECK(Url{}.text() == "");
    CHECK(Url{}.authority() == "");
}

TEST_CASE("what is no address is told apart by its mistake") {
    const std::string tail = kTail;
    const std::string port = "has a bad port; it must be a number from 1 to 65535" + tail;
    CHECK(outcome(parse_url("")) == "must begin with http:// or https://" + tail);
    CHECK(outcome(parse_url("127.0.0.1:2379")) == "must begin with http:// or https://" + tail);
    CHECK(outcome(parse_url("ftp://a:1")) == "must begin with http:// or https://" + tail);
    CHECK(outcome(parse_url("http://u:p@a:1")) == "must not carry a user or a password");
    CHECK(outcome(parse_url("http://a:1/ha")) == "must end after the port, without a path" + tail);
    CHECK(outcome(parse_url("http://a:1//")) == "must end after the port, without a path" + tail);
    CHECK(outcome(parse_url("http://a:1?x")) == "must end after the port, without a path" + tail);
    CHECK(outcome(parse_url("http://a")) == "has no port" + tail);
    CHECK(outcome(parse_url("http://a:")) == port);
    CHECK(outcome(parse_url("http://a:0")) == port);
    CHECK(outcome(parse_url("http://a:65536")) == port);
    CHECK(outcome(parse_url("http://a:99999999999")) == port);
    CHECK(outcome(parse_url("http://a:1x")) == port);
    CHECK(outcome(parse_url("http://a:-1")) == port);
    CHECK(outcome(parse_url("http://:1")) == "has no host" + tail);
    CHECK(outcome(parse_url("http://[]:1")) == "has no host" + tail);
    CHECK(outcome(parse_url("http://::1:1")) ==
          "has more than one \":\"; an IPv6 address goes in brackets: \"[::1]\"" + tail);
    CHECK(outcome(parse_url("http://[::1]")) == "has no port after the IPv6 address" + tail);
    CHECK(outcome(parse_url("http://[a]:1")) == "has no valid IPv6 address in its brackets" + tail);
    CHECK(outcome(parse_url("http://1.2.3:1")) == "has no valid host" + tail);
    CHECK(outcome(parse_url("http://1.2.3.256:1")) == "has no valid host" + tail);
    CHECK(outcome(parse_url("http://a b:1")) == "has no valid host" + tail);
    CHECK(outcome(parse_url("http://-a:1")) == "has no valid host" + tail);
    CHECK(outcome(parse_url(std::string_view("http://127.0.0.1\0.a:1", 21))) ==
          "has no valid host" + tail);
    CHECK(outcome(parse_url(std::string_view("http://[::1\0a]:1", 16))) ==
          "has no valid IPv6 address in its brackets" + tail);
}

TEST_CASE("a listening address names an IP address") {
    const std::string tail = kListenTail;
    const auto listen = [](std::string_view text) {
        const auto parsed = parse_listen(text);
        if (const auto* bad = std::get_if<Bad>(&parsed)) return bad->why;
        return std::get<Url>(parsed).authority();
    };
    CHECK(listen("127.0.0.1:9010") == "127.0.0.1:9010");
    CHECK(listen("[::]:0") == "[::]:0");
    CHECK(listen("localhost:9010") == "must name an IP address, not a host name" + tail);
    CHECK(listen(":9010") == "has no host" + tail);
    CHECK(listen("9010") == "has no port" + tail);
    CHECK(listen("127.0.0.1:70000") ==
          "has a bad port; it must be a number from 0 to 65535" + tail);
}

TEST_CASE("only literal loopback addresses count as loopback") {
    CHECK(host_kind("127.0.0.1") == HostKind::kLoopback);
    CHECK(host_kind("127.9.9.9") == HostKind::kLoopback);
    CHECK(host_kind("::1") == HostKind::kLoopback);
    CHECK(host_kind("localhost") == HostKind::kLocalhostName);
    CHECK(host_kind("128.0.0.1") == HostKind::kOtherLiteral);
    CHECK(host_kind("0.0.0.0") == HostKind::kOtherLiteral);
    CHECK(host_kind("::") == HostKind::kOtherLiteral);
    CHECK(host_kind("::ffff:127.0.0.1") == HostKind::kOtherLiteral);
    CHECK(host_kind("127.example.org") == HostKind::kName);
}
