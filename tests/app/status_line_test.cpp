// What a person reads beside the service's state.
#include "app/status_line.hpp"

#include <doctest/doctest.h>

#include "core/step.hpp"

using namespace elector;
using namespace std::chrono_literals;

namespace {

struct Said {
    Said() {
        policy.member = "a";
        policy.instance = "boot-a";
        state = core::initial_state(now, 1);
        state.known.read = true;
        state.node.activity = model::NodeActivity::kStandby;
    }
    std::string line() const { return app::status_line(policy, state, now); }
    void holder(model::HolderRecord::State s, const std::string& member) {
        model::HolderRecord record;
        record.state = s;
        record.member = member;
        state.known.view.holder = {{5}, "{}", record};
    }

    model::Instant now{1000s};
    model::Policy policy;
    core::State state;
};

using State = model::HolderRecord::State;

}  // namespace

TEST_CASE("a leader says what it holds") {
    Said said;
    said.state.role = model::Role::kLeader;
    said.state.holding.term = {42};
    CHECK(said.line() == "leader, node standby: activates the node, term 42");
    said.state.holding.activation = core::Activation::kVerified;
    said.state.node.activity = model::NodeActivity::kActive;
    CHECK(said.line() == "leader, node active: holds term 42");
}

TEST_CASE("who lets go says how far it has come") {
    Said said;
    said.state.role = model::Role::kDraining;
    said.state.node.activity = model::NodeActivity::kActive;
    CHECK(said.line() == "draining, node active: brings the node to standby");
    said.state.draining.unfenced_written = true;
    CHECK(said.line() ==
          "draining, node active: the node is not confirmed standby: UNFENCED, nobody may take "
          "over");
    said.state.standby.confirmed = said.now;
    said.state.node.activity = model::NodeActivity::kStandby;
    CHECK(said.line() == "draining, node standby: records that the node is standby");
}

TEST_CASE("who waits says for what, and who leads") {
    Said said;
    said.state.known.read = false;
    CHECK(said.line() == "follower, node standby: etcd has not answered yet");
    said.state.known.read = true;
    said.holder(State::kActive, "b");
    const auto waits = said.line();
    CHECK(waits.rfind("follower, node standby: waits (", 0) == 0);
    CHECK(waits.find("not_registered") != std::string::npos);
    CHECK(waits.find("); b leads") != std::string::npos);
    said.holder(State::kUnfenced, "b");
    CHECK(said.line().find("); b is unfenced") != std::string::npos);
    said.holder(State::kDrained, "b");
    CHECK(said.line().find(';') == std::string::npos);
    said.state.node.process.dead = true;
    CHECK(said.line().rfind("follower, node dead: waits (", 0) == 0);
}

TEST_CASE("an observer says what it would do") {
    Said said;
    said.policy.observe = true;
    CHECK(said.line().rfind("observer, node standby: would stay out of the queue: ", 0) == 0);
}
