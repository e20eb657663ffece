// Endpoint names and the rotation among them.
#include "etcd/endpoints.hpp"

#include "etcd_client/fixture.hpp"

using namespace elector::test;

namespace {

Access access_to(std::vector<std::string> names) {
    Access access;
    access.endpoints = std::move(names);
    access.dial_timeout = milliseconds(100);
    return access;
}

void take(Endpoints& endpoints, std::vector<std::string> names) {
    const Access access = access_to(std::move(names));
    auto channels = endpoints.prepare(access);
    REQUIRE(channels);
    endpoints.adopt(std::move(*channels), access);
}

}  // namespace

TEST_CASE("an endpoint is http://host:port, its scheme and a last slash being optional") {
    for (const char* const good :
         {"http://a.example:2379", "a.example:2379", "http://a.example:2379/"}) {
        CHECK(parse_endpoint(good) == Result<std::string>("http://a.example:2379"));
    }
    CHECK(parse_endpoint("[::1]:1") == Result<std::string>("http://[::1]:1"));
    CHECK(parse_endpoint("https://a.example:2379/") ==
          Result<std::string>("https://a.example:2379"));
    for (const char* const bad :
         {"", "http://", "a", "a:", ":1", "a:0", "a:65536", "a:1x", "::1:2379", "a b:1",
          "http://a:1/v3", "u@a:1", "[]:1", "ftp://a:1"}) {
        CAPTURE(bad);
        CHECK(error_of(parse_endpoint(bad)).text ==
              "cannot use etcd endpoint \"" + std::string(bad) +
                  "\": not of the form http://host:port or https://host:port");
    }
}

TEST_CASE("a client without a usable endpoint is refused at once") {
    boost::asio::io_context io;
    ClientOptions options;
    CHECK_THROWS_AS(Client(io, options), std::invalid_argument);
    options.endpoints = {"a:1", "http://a:1"};
    CHECK_THROWS_AS(Client(io, options), std::invalid_argument);
    options.endpoints = {"http://a:1", "https://b:1"};
    CHECK_THROWS_WITH(Client(io, options),
                      "cannot use etcd endpoint \"https://b:1\": http:// and https:// cannot be "
                      "mixed");
}

TEST_CASE("a failure moves the preference on only if it was that endpoint's") {
    boost::asio::io_context io;
    Transport transport(io, nullptr);
    Endpoints endpoints(transport);
    take(endpoints, {"a:1", "b:1", "c:1"});
    const ChannelPtr a = endpoints.preferred();
    const ChannelPtr b = endpoints.after(a);
    const ChannelPtr c = endpoints.after(b);
    CHECK(endpoints.after(c) == a);
    endpoints.report_failure(b);
    CHECK(endpoints.preferred() == a);
    endpoints.report_failure(a);
    endpoints.report_failure(a);
    CHECK(endpoints.preferred() == b);

    take(endpoints, {"d:1", "b:1"});
    CHECK(endpoints.preferred() == b);
    CHECK_FALSE(endpoints.contains(a));
    CHECK(endpoints.after(a) == b);
    CHECK(endpoint_of(*endpoints.after(b)) == "http://d:1");
    CHECK_FALSE(endpoints.prepare(access_to({"e:1", "nonsense"})));
    CHECK(endpoints.names() == std::vector<std::string>{"http://d:1", "http://b:1"});
}

TEST_CASE("a channel is kept as long as nothing about it changes") {
    boost::asio::io_context io;
    Transport transport(io, nullptr);
    Endpoints endpoints(transport);
    take(endpoints, {"https://a:1", "https://b:1"});
    const ChannelPtr a = endpoints.preferred();
    Access access = access_to({"https://a:1"});
    CHECK(endpoints.prepare(access)->front() == a);
    access.request_timeout = milliseconds(1);
    CHECK(endpoints.prepare(access)->front() == a);
    access.dial_timeout = milliseconds(200);
    CHECK(endpoints.prepare(access)->front() != a);
    access.dial_timeout = milliseconds(100);
    access.tls.server_name = "etcd.example";
    CHECK(endpoints.prepare(access)->front() != a);
}
