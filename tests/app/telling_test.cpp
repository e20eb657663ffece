// Nobody who is told of an end holds it up while the node may be active.
#include "app/telling.hpp"

#include <doctest/doctest.h>

#include "core/step.hpp"

using namespace elector;
using namespace std::chrono_literals;

namespace {

struct End {
    model::Policy policy;
    core::State state = core::initial_state(model::Instant{1000s}, 1);

    std::chrono::milliseconds words(int exit_code) const {
        return app::last_words(exit_code, policy, state);
    }
};

}  // namespace

TEST_CASE("an end in good order over a silent node gives notifications a second") {
    End end;
    SUBCASE("standby") {
        end.state.node.activity = model::NodeActivity::kStandby;
        end.state.standby.confirmed = end.state.now;
    }
    SUBCASE("dead") { end.state.node.process.dead = true; }
    SUBCASE("not ours to touch") { end.policy.observe = true; }
    CHECK(end.words(0) == 1s);
    CHECK(end.words(1) == 1s);
    CHECK(end.words(3) == 0s);
    CHECK(end.words(70) == 0s);
}

TEST_CASE("an end over a node that may be active waits for nobody, whatever its exit code") {
    End end;
    SUBCASE("nobody knows") {}
    SUBCASE("active") { end.state.node.activity = model::NodeActivity::kActive; }
    SUBCASE("standby, not confirmed") {
        end.state.node.activity = model::NodeActivity::kStandby;
        end.state.standby.confirmed.reset();
    }
    for (const int code : {0, 1, 3, 70}) CHECK(end.words(code) == 0s);
}
