// What a member in mode "observe" says of what it sees.
#include "app/observation.hpp"

#include <doctest/doctest.h>

#include "core/step.hpp"

using namespace elector::model;
using elector::app::Observation;
using elector::app::observe;
namespace health = elector::health;

namespace {

constexpr Instant at(Duration d) { return Instant{} + d; }

/// Sees an empty election since long ago, with a node that is fit and standby.
struct Observer {
    Policy policy;
    elector::core::State state = elector::core::initial_state(Instant{}, 1);

    Observer() {
        policy.member = "a";
        policy.observe = true;
        state.standby.confirmed = at(2s);
        state.node.activity = NodeActivity::kStandby;
        auto& h = state.health;
        h.ready.good = h.fresh.good = h.near.good = h.moving.good = true;
        h.tip = Height{200};
        h.tips = {health::TipTrack{"a", Height{200}, at(99s)}};
        state.known.read = true;
    }
    HolderRecord& record(HolderRecord::State s) {
        auto& holder = state.known.view.holder;
        holder.mod = Revision{9};
        holder.record = HolderRecord{};
        holder.record->state = s;
        holder.record->term = Term{5};
        holder.record->member = "b";
        holder.record->instance = "boot-b";
        return *holder.record;
    }
    void queue(const std::string& name, std::int64_t create) {
        auto& view = state.known.view;
        view.queue.push_back(Candidate{"K/" + name, Revision{create}, name});
        MemberEntry entry{Revision{create}, Revision{create}, {}};
        entry.record.name = name;
        entry.record.candidate_key = "K/" + name;
        view.members.push_back(entry);
    }
    Observation sees() const { return observe(policy, state, at(100s)); }
};

}  // namespace

TEST_CASE("before etcd has answered nothing is claimed to be known") {
    Observer o;
    o.state.known.read = false;
    o.state.node.activity = NodeActivity::kUnknown;
    CHECK(o.sees() ==
          Observation{"unknown", "not read", "nobody", "wait for etcd to answer", false, false});
}

TEST_CASE("over an empty election a fit member would queue and lead") {
    CHECK(Observer{}.sees() ==
          Observation{"standby", "no record", "nobody", "queue and lead", false, false});
}

TEST_CASE("behind others it would queue, and says behind whom") {
    Observer o;
    o.record(HolderRecord::State::kActive);
    o.queue("b", 5);
    o.queue("c", 7);
    CHECK(o.sees() ==
          Observation{"standby", "b active term 5", "b c", "queue behind c", false, false});
}

TEST_CASE("with nobody queued it tells what the record makes it wait for") {
    Observer o;
    o.record(HolderRecord::State::kUnfenced);
    CHECK(o.sees() == Observation{"standby", "b unfenced term 5", "nobody",
                                  "queue, then wait: unfenced", false, false});
}

TEST_CASE("an unfit member would stay out, and says why") {
    Observer o;
    o.policy.nofailover = true;
    o.state.health.ready.good = false;
    CHECK(o.sees().would == "stay out of the queue: nofailover,unready");
}

TEST_CASE("observing is itself no reason to stay out") {
    CHECK(Observer{}.sees().would.find("observing") == std::string::npos);
}

TEST_CASE("a node that is active while nobody leads is unexplained") {
    Observer o;
    o.state.node.activity = NodeActivity::kActive;
    o.record(HolderRecord::State::kDrained);
    CHECK(o.sees() == Observation{"active", "b drained term 5", "nobody",
                                  "deactivate the node: this member does not hold the lead", false,
                                  true});
    o.record(HolderRecord::State::kActive);
    CHECK_FALSE(o.sees().unexplained);
}

TEST_CASE("an older elector in the queue explains an active node, and blocks the lead") {
    Observer o;
    o.state.known.view.queue.push_back(Candidate{"K/1", Revision{3}, "old"});
    CHECK(o.sees() == Observation{"standby", "no record", "old",
                                  "queue, and not lead before the foreign key is gone", true,
                                  false});
    o.state.node.activity = NodeActivity::kActive;
    CHECK_FALSE(o.sees().unexplained);
}

TEST_CASE("a record that nobody can read is told as such") {
    Observer o;
    o.state.known.view.holder.mod = Revision{9};
    CHECK(o.sees().holder == "an unreadable record");
}
