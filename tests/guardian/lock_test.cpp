// Who may control a node: sockets of this process stand for the processes.
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "guardian/node_lock.hpp"

using elector::guardian::NodeLock;
using Holder = NodeLock::Holder;

namespace {

/// A name that no other test process uses.
std::string node() { return "http://127.0.0.1:" + std::to_string(::getpid()); }

struct Newcomer {
    NodeLock lock;
    std::string why;
    Holder holder = lock.acquire(node(), true, why);
};

/// Fills the queue of those who wait for the holder's answer.
struct Crowd {
    Crowd() {
        const auto name = "iotex-elector/" + node();
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path + 1, name.data(), name.size());
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        do {
            waiting.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        } while (::connect(waiting.back(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        full = errno == EAGAIN;
    }
    ~Crowd() {
        for (const int fd : waiting) ::close(fd);
    }
    std::vector<int> waiting;
    bool full = false;
};

}  // namespace

TEST_CASE("a node has one lock, by whichever name its loopback address goes") {
    const auto port = ":" + std::to_string(::getpid());
    NodeLock first;
    std::string why;
    CHECK(first.acquire("http://localhost" + port, true, why) == Holder::kUs);
    for (const std::string name : {"http://127.0.0.1", "http://[::1]", "http://localhost"}) {
        NodeLock second;
        CHECK(second.acquire(name + port, true, why) != Holder::kUs);
    }
    NodeLock other;
    CHECK(other.acquire("http://127.0.0.2" + port, true, why) == Holder::kUs);
}

TEST_CASE("the first has the lock, and it ends with its last descriptor") {
    std::optional<Newcomer> first(std::in_place);
    CHECK(first->holder == Holder::kUs);
    const int inherited = ::dup(first->lock.fd());
    first.reset();
    Newcomer second;
    CHECK(second.holder == Holder::kRemains);
    CHECK(!second.lock.try_again());
    ::close(inherited);
    CHECK(second.lock.try_again());
}

TEST_CASE("a holder that answers late is noticed by one who waits for its end") {
    Newcomer first;
    Newcomer second;
    CHECK(second.holder == Holder::kRemains);
    CHECK(!second.lock.holder_answers());
    first.lock.answer();
    CHECK(second.lock.holder_answers());
    CHECK(!second.lock.try_again());
}

TEST_CASE("an elector without a guardian listens to nobody and is another") {
    NodeLock alone;
    std::string why;
    CHECK(alone.acquire(node(), false, why) == Holder::kUs);
    Newcomer second;
    CHECK(second.holder == Holder::kAnother);
    CHECK(second.why == "another elector controls it");
}

TEST_CASE("a holder whose queue of questions is full does not answer, and is asked again") {
    Newcomer first;
    Crowd crowd;
    REQUIRE(crowd.full);
    Newcomer second;
    CHECK(second.holder == Holder::kRemains);
    CHECK(!second.lock.holder_answers());
    for (std::size_t i = 0; i < crowd.waiting.size(); ++i) first.lock.answer();
    CHECK(!second.lock.holder_answers());  // there is room now: it has asked
    first.lock.answer();
    CHECK(second.lock.holder_answers());
}

TEST_CASE("a holder that has ended is not waited for when another has come") {
    std::optional<Newcomer> first(std::in_place);
    Newcomer waiting;
    CHECK(waiting.holder == Holder::kRemains);
    first.reset();
    Newcomer third;
    CHECK(third.holder == Holder::kUs);
    CHECK(!waiting.lock.try_again());
    CHECK(!waiting.lock.holder_answers());  // its question has ended with the first
    CHECK(!waiting.lock.holder_answers());  // and is put again
    third.lock.answer();
    CHECK(waiting.lock.holder_answers());
}

TEST_CASE("only who holds the lock is to look for questions") {
    Newcomer first;
    CHECK(first.lock.held());
    Newcomer second;
    CHECK(!second.lock.try_again());
    CHECK(!second.lock.held());
}
