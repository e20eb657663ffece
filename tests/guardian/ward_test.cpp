// One node as its guardian sees it; its ports are sockets of this process that say nothing.
#include "guardian/ward.hpp"

#include <array>
#include <string>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/rig.hpp"

using namespace elector;
using namespace elector::guardian;
using namespace elector::guardian::test;

namespace {

const Log kSilent(-1, false, Level::kError);

/// Accepts connections, and answers when it is told to.
struct Port {
    Port() {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0);
        REQUIRE(::listen(fd, 8) == 0);
        REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0);
        options.admin.port = ntohs(at.sin_port);
        options.probe = options.admin;
        options.bounds = kBounds;
        options.set_timeout = 1s;
    }
    ~Port() {
        ::close(fd);
        if (peer >= 0) ::close(peer);
    }
    void answer(const std::string& body) {
        if (peer < 0) peer = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
        std::array<char, 1024> request{};
        REQUIRE(::recv(peer, request.data(), request.size(), 0) > 0);
        const auto text =
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        REQUIRE(::send(peer, text.data(), text.size(), 0) > 0);
    }
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int peer = -1;
    WardOptions options;
};

/// A node that is held, of an elector that runs.
struct Held {
    explicit Held(Duration valid = 60s) : ward(port.options, made(), kSilent) {
        ward.machine.started(Rig::at(0ms));
        Arm arm;
        arm.op = {1};
        arm.valid_until = Rig::at(valid);
        arm.term = {9};
        arm.nonce = {5};
        arm.lease = {3};
        arm.key = *key_text("/k/3");
        arm.bounds = kBounds;
        REQUIRE(ward.arm(Rig::at(0ms), arm));
        look(0ms);
    }
    Machine made() const { return Machine(Rig::at(0ms), true, kBounds); }
    void look(Duration at) {
        const auto now = Rig::at(at);
        ward.take_node(now);
        ward.perform(now, ward.decide(now));
        ward.keep_warm(now);
    }
    Port port;
    Ward ward;
};

}  // namespace

TEST_CASE("a query that hangs is not waited for as if its time had come") {
    Held held;
    held.look(10ms);
    held.look(1500ms);  // past the time at which it would be asked again
    CHECK(held.ward.wake() > Rig::at(1500ms));
    CHECK(held.ward.wake() <= Rig::at(4100ms));
    held.look(4100ms);  // it has failed: now it is asked anew
    held.look(4100ms);
    CHECK(held.ward.wake() > Rig::at(4100ms));
}
