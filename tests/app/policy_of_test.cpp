// What a member tells the others of itself, out of its configuration.
#include "app/policy_of.hpp"

#include <doctest/doctest.h>

using namespace elector;

namespace {

std::string told(const std::string& host, std::uint16_t port, bool tls) {
    config::Config c;
    c.api.listen = config::Url{};
    c.api.listen.host = host;
    c.api.listen.port = port;
    if (tls) c.api.cert_file = "cert.pem";
    if (tls) c.api.key_file = "key.pem";
    return app::policy_of(c, "an instance").api_url;
}

}  // namespace

TEST_CASE("an API that other hosts can reach is told to them, and no other") {
    CHECK(told("192.0.2.7", 9010, true) == "https://192.0.2.7:9010");
    CHECK(told("2001:db8::7", 9010, true) == "https://[2001:db8::7]:9010");
    CHECK(told("127.0.0.1", 9010, false) == "");
    CHECK(told("::1", 9010, false) == "");
    CHECK(told("0.0.0.0", 9010, true) == "");
    CHECK(told("::", 9010, true) == "");
    CHECK(told("192.0.2.7", 0, true) == "");
    CHECK(told("", 9010, false) == "");
}
