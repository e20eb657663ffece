// Ports for the members' APIs: the usual ones, unless somebody has them.
#include "demo/ports.hpp"

#include <set>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace elector::demo;

namespace {

/// A listener on the loopback; gives the port.
struct Listener {
    int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::uint16_t port = 0;

    Listener() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(socket, raw, size) == 0);
        REQUIRE(::listen(socket, 1) == 0);
        REQUIRE(::getsockname(socket, raw, &size) == 0);
        port = ntohs(address.sin_port);
    }
    ~Listener() { ::close(socket); }
};

}  // namespace

TEST_CASE("a port that somebody listens at is left to him, and all are different") {
    const Listener other;
    const auto first = static_cast<std::uint16_t>(other.port - 1);
    const auto ports = ports_from(first);
    CHECK(ports[1] != other.port);
    CHECK(std::set(ports.begin(), ports.end()).size() == kPorts);
    CHECK(ports[0] != 0);
}

TEST_CASE("free ports are given in order and can be taken again at once") {
    std::uint16_t free = 0;
    {
        const Listener other;
        free = other.port;
    }
    CHECK(ports_from(free)[0] == free);
    CHECK(ports_from(free)[0] == free);
}
