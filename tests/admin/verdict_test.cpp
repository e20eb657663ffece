// Ready, leader, standby: by what was verified, and with every reason against it.
#include "admin/verdict.hpp"

#include <doctest/doctest.h>

#include "tests/admin/fake_host.hpp"

using namespace elector::admin;
using elector::model::NodeActivity;
using elector::model::Role;

TEST_CASE("a follower that is well is ready and standby, and not the leader") {
    const FakeHost host;
    CHECK(unready(host) == Reasons{});
    CHECK(not_standby(host) == Reasons{});
    CHECK(not_leader(host) == Reasons{"this member is follower"});
}

TEST_CASE("a leader with a verified active node is ready and the leader, and not standby") {
    FakeHost host;
    host.lead();
    CHECK(unready(host) == Reasons{});
    CHECK(not_leader(host) == Reasons{});
    CHECK(not_standby(host) == Reasons{"this member is leader"});
}

TEST_CASE("whoever claims and has not seen its node active is not the leader yet") {
    FakeHost host;
    host.lead();
    host.its_state.holding.activation = elector::core::Activation::kAnswered;
    CHECK(not_leader(host) == Reasons{"the node is not verified active"});
}

TEST_CASE("a holding that has ended leads nobody, whatever the role says") {
    FakeHost host;
    host.lead();
    host.its_state.holding.valid_until = kFakeNow;
    CHECK(not_leader(host) == Reasons{"the holding has ended"});
}

TEST_CASE("an old answer of the node proves nothing") {
    FakeHost host;
    const Reasons old{"the node has not told its status lately"};
    host.its_state.node.status_at = kFakeNow - 1min;
    CHECK(unready(host) == old);
    CHECK(not_standby(host) == old);
    host.lead();
    CHECK(not_leader(host) == old);
}

TEST_CASE("a dead node is neither active nor standby") {
    FakeHost host;
    host.its_state.node.process.dead = true;
    const Reasons dead{"the node is dead: its ports refuse"};
    CHECK(unready(host) == dead);
    CHECK(not_standby(host) == dead);
}

TEST_CASE("a standby that is not confirmed is none") {
    FakeHost host;
    host.its_state.standby.confirmed.reset();
    CHECK(not_standby(host) == Reasons{"the node is not confirmed standby"});
}

TEST_CASE("a draining member still holds: it is neither leader nor standby") {
    FakeHost host;
    host.lead();
    host.its_state.role = Role::kDraining;
    CHECK(not_leader(host) == Reasons{"this member is draining"});
    CHECK(not_standby(host) == Reasons{"this member is draining"});
}

TEST_CASE("without etcd, or without a guardian where one is wanted, a member is not ready") {
    FakeHost host;
    host.etcd = host.guardian = false;
    CHECK(unready(host) == Reasons{"etcd does not answer", "the guardian does not answer"});
    host.its_config.guardian.enabled = false;
    host.its_state.known.read = false;
    CHECK(unready(host) == Reasons{"etcd has not answered yet"});
}
