// Who may control a node: sockets of this process stand for the processes.
#include <optional>

#include <doctest/doctest.h>
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

}  // namespace

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
