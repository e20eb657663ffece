// Endpoint names and the rotation among them.
#include "etcd/endpoints.hpp"

#include "etcd_client/fixture.hpp"

using namespace elector::test;

TEST_CASE("an endpoint is http://host:port, its scheme and a last slash being optional") {
    for (const char* const good :
         {"http://a.example:2379", "a.example:2379", "http://a.example:2379/"}) {
        CHECK(parse_endpoint(good) == Result<std::string>("http://a.example:2379"));
    }
    CHECK(parse_endpoint("[::1]:1") == Result<std::string>("http://[::1]:1"));
    for (const char* const bad : {"", "http://", "a", "a:", ":1", "a:0", "a:65536", "a:1x",
                                  "::1:2379", "a b:1", "http://a:1/v3", "u@a:1", "[]:1"}) {
        CAPTURE(bad);
        CHECK(error_of(parse_endpoint(bad)).text == "cannot use etcd endpoint \"" +
                                                        std::string(bad) +
                                                        "\": not of the form http://host:port");
    }
    CHECK(error_of(parse_endpoint("https://a:1")).text ==
          "cannot use etcd endpoint \"https://a:1\": only http:// is supported; write "
          "http://host:port");
}

TEST_CASE("a client without a usable endpoint is refused at once") {
    boost::asio::io_context io;
    ClientOptions options;
    CHECK_THROWS_AS(Client(io, options), std::invalid_argument);
    options.endpoints = {"a:1", "http://a:1"};
    CHECK_THROWS_AS(Client(io, options), std::invalid_argument);
}

TEST_CASE("a failure moves the preference on only if it was that endpoint's") {
    boost::asio::io_context io;
    Transport transport(io, nullptr);
    Endpoints endpoints(transport, milliseconds(100));
    REQUIRE(endpoints.assign({"a:1", "b:1", "c:1"}));
    const ChannelPtr a = endpoints.preferred();
    const ChannelPtr b = endpoints.after(a);
    const ChannelPtr c = endpoints.after(b);
    CHECK(endpoints.after(c) == a);
    endpoints.report_failure(b);
    CHECK(endpoints.preferred() == a);
    endpoints.report_failure(a);
    endpoints.report_failure(a);
    CHECK(endpoints.preferred() == b);

    REQUIRE(endpoints.assign({"d:1", "b:1"}));
    CHECK(endpoints.preferred() == b);
    CHECK_FALSE(endpoints.contains(a));
    CHECK(endpoints.after(a) == b);
    CHECK(endpoint_of(*endpoints.after(b)) == "http://d:1");
    CHECK_FALSE(endpoints.assign({"e:1", "nonsense"}));
    CHECK(endpoints.names() == std::vector<std::string>{"http://d:1", "http://b:1"});
}
