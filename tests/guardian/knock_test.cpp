// Whether both ports of a node refuse, asked of real ports of the loopback.
#include "guardian/knock.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace elector::guardian;
using namespace std::chrono_literals;

namespace {

/// A port that is ours, and at which nobody listens until listen().
struct Door {
    Door() {
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof any;
        REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&any), size) == 0);
        REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&any), &size) == 0);
        address.port = ntohs(any.sin_port);
    }
    ~Door() { ::close(fd); }
    void listen() { REQUIRE(::listen(fd, 4) == 0); }

    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Address address;
};

/// The loopback answers at once: a few looks are enough.
bool both_refuse(const Address& admin, const Address& probe) {
    Knock knock;
    const Instant start{};
    knock.begin(admin, probe, start + 1h);
    for (int i = 0; i < 100'000; ++i)
        if (const auto both = knock.proceed(start)) return *both;
    FAIL("no answer of the loopback");
    return false;
}

}  // namespace

TEST_CASE("a node is gone when both its ports refuse, and only then") {
    Door admin, probe;
    CHECK(both_refuse(admin.address, probe.address));
    probe.listen();
    CHECK(!both_refuse(admin.address, probe.address));
    admin.listen();
    CHECK(!both_refuse(admin.address, probe.address));
}

TEST_CASE("without a probe port that was ever open, a refusing admin port is no death") {
    Door admin;
    CHECK(!both_refuse(admin.address, Address{}));
}
