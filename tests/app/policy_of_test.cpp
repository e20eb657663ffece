// What a member tells the others of itself, out of its configuration.
#include "app/policy_of.hpp"

#include <algorithm>
#include <map>

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

TEST_CASE("groups have their beats some together and never many, the same in each second") {
    for (const std::size_t groups : {1, 16, 17, 300, 1000}) {
        CAPTURE(groups);
        std::map<model::Duration, std::size_t> together;
        std::map<model::Duration, std::size_t> seldom;
        for (std::size_t i = 0; i < groups; ++i) {
            const auto beat = app::beat_of(4711, i, groups);
            ++together[beat % std::chrono::seconds(1)];
            ++seldom[beat % std::chrono::seconds(10)];
        }
        CHECK(together.size() == std::min<std::size_t>((groups + 15) / 16, 50));
        for (const auto& [beat, count] : together) CHECK(count <= 20);
        for (const auto& [beat, count] : seldom) CHECK(count <= 2);
    }
    CHECK(app::beat_of(1, 0, 1) != app::beat_of(2, 0, 1));
}

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
