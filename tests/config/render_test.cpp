#include "config/render.hpp"

#include <doctest/doctest.h>

#include "config/keys.hpp"
#include "config/support.hpp"

using namespace elector::config;
using namespace elector::config::testing;

namespace {

/// A machine with every file that kEverything names.
FakeMachine machine() {
    FakeMachine out;
    for (const char* path : {"/c/ca", "/c/cert"}) out.files[path] = {kCertificate};
    out.files["/c/key"] = {kKey};
    out.files["/c/password"] = {"hunter2-of-etcd\n"};
    out.files["/c/token"] = {"0123456789abcdef-token\n"};
    out.files["/bin/fence"] = {"", 0755, true, true, true};
    return out;
}

constexpr std::string_view kEverything = R"(
[member]
name = "d \"1\" é"
mode = "observe"
priority = -7
nofailover = true
[election]
key = "/k"
profile = "wan"
failback = "after 90s"
hold = "12s"
renew = "2s"
margin = "300ms"
quiesce = "45s"
settle = "20s"
overtime = "4s"
node_skew = "600ms"
clock_drift = "2.25%"
[etcd]
endpoints = ["https://a:1", "https://[::1]:2"]
ca_file = "/c/ca"
cert_file = "/c/cert"
key_file = "/c/key"
server_name = "s"
username = "u"
password_file = "/c/password"
request_timeout = "400ms"
dial_timeout = "2s"
[node]
admin = "http://127.0.0.1:1"
probe = "http://127.0.0.1:2"
web3 = "http://127.0.0.1:3"
block_interval = "10s"
poll_interval = "2s"
request_timeout = "30s"
refused_grace = "1s"
start_delay = "0s"
[health]
fall = 9
rise = 8
max_lag = 0
max_tip_age = "1h"
[fence]
policy = "require"
command = ["/bin/fence", "--now", ""]
timeout = "1m"
[guardian]
enabled = false
[state]
dir = "/s"
[api]
listen = "0.0.0.0:0"
token_file = "/c/token"
cert_file = "/c/cert"
key_file = "/c/key"
client_ca_file = "/c/ca"
[log]
level = "trace"
format = "json"
file = "/l"
[[notify]]
url = "https://h/x?y"
format = "slack"
events = ["node", "double_active"]
token_file = "/c/token"
ca_file = "/c/ca"
[[notify]]
command = ["/bin/fence"]
timeout = "100ms"
)";

}  // namespace

TEST_CASE("a rendered configuration loads back to the same values") {
    for (const std::string_view text : {std::string_view{}, kEverything}) {
        const FakeMachine here = machine();
        const LoadResult first = load_on(here, text);
        REQUIRE(rendered(first.problems) == Lines{});
        const std::string toml = render_toml(*first.config);
        const LoadResult second = load_on(here, toml);
        REQUIRE(rendered(second.problems) == Lines{});
        CHECK(*second.config == *first.config);
        CHECK(render_toml(*second.config) == toml);
    }
}

TEST_CASE("everything that can be written is read") {
    const LoadResult result = load_on(machine(), kEverything);
    REQUIRE(rendered(result.problems) == Lines{});
    const Config defaults = *load_text("").config;
    for (const KeySpec& key : keys()) {
        CAPTURE(key.path);
        CHECK(value_text(key, *result.config) != value_text(key, defaults));
    }
    REQUIRE(result.config->notify.size() == 2);
    Notify first{"https://h/x?y", {}, NotifyFormat::kSlack, {"node", "double_active"}};
    first.token_file = "/c/token";
    first.ca_file = "/c/ca";
    first.token = Secret("0123456789abcdef-token");
    first.ca_pem = kCertificate;
    CHECK(result.config->notify[0] == first);
    Notify second{"", {"/bin/fence"}};
    second.timeout = milliseconds{100};
    CHECK(result.config->notify[1] == second);
}

TEST_CASE("a rendered configuration names secret files but holds no secret") {
    const LoadResult result = load_on(machine(), kEverything);
    REQUIRE(result.config);
    CHECK(result.config->etcd.password.reveal() == "hunter2-of-etcd");
    CHECK(result.config->api.token.reveal() == "0123456789abcdef-token");
    const std::string toml = render_toml(*result.config);
    CHECK(toml.find("password_file = \"/c/password\"") != std::string::npos);
    CHECK(toml.find("hunter2") == std::string::npos);
    CHECK(toml.find("BEGIN") == std::string::npos);
    CHECK(toml.find("0123456789abcdef") == std::string::npos);
}

TEST_CASE("targets are listed without what may be secret in their addresses") {
    const LoadResult result = load_on(machine(), kEverything);
    REQUIRE(result.config);
    CHECK(render_targets(*result.config) ==
          "  posts to https://h:443: node, double_active; slack, 5s each, with a token\n"
          "  runs /bin/fence: role, alarm; json, 100ms each\n");
    CHECK(render_targets(Config{}) == "  none\n");
}
