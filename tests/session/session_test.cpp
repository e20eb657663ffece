#include "session/session.hpp"

#include <doctest/doctest.h>

using namespace elector::session;

namespace {

/// A session whose answers are given by the test.
struct Desk {
    Policy policy;
    Session session;
    Instant now;
    Instant wake = kNever;
    std::uint64_t last_op = 0;
    std::uint64_t seed = 1;
    Effects effects;
    ElectionView view;
    MemberRecord record;

    Desk() {
        policy.member = "a";
        policy.instance = "boot-a";
        policy.queue_prefix = "K/";
        record.name = "a";
        record.instance = "boot-a";
    }
    Means means() { return Means{policy, now, effects, wake, last_op, seed}; }
    bool keep(bool needed = false) {
        auto m = means();
        return keep_lease(session, m, needed);
    }
    Answer answer_lease(StoreOutcome outcome, Duration ttl = {}) {
        auto m = means();
        return on_lease(session, m, LeaseAnswered{session.lease_slot.op, outcome, ttl});
    }
    Answer answer_member(StoreOutcome outcome, std::int64_t revision = 0,
                         const std::string& by = "boot-a") {
        auto m = means();
        MemberEntry found;
        found.record.instance = by;
        return on_member_txn(
            session, m, TxnAnswered{session.member_slot.op, outcome, Revision{revision}, found});
    }
    Answer answer_revoke(StoreOutcome outcome, bool leaving) {
        auto m = means();
        return on_revoked(session, m, LeaseRevoked{session.lease_slot.op, outcome}, leaving);
    }
    void enter() {
        auto m = means();
        elector::session::enter(session, m, view, record);
    }
    void queue() {
        auto m = means();
        elector::session::queue(session, m, record);
    }
    void release() {
        auto m = means();
        elector::session::release(session, m, record);
    }
    void publish() {
        auto m = means();
        view.holder.mod = Revision{33};
        elector::session::publish(session, m, record, view);
    }
    template <class T>
    const T* last() const {
        return effects.empty() ? nullptr : std::get_if<T>(&effects.back());
    }
    bool told(Notice notice) const {
        for (const auto& effect : effects) {
            const auto* a = std::get_if<Announce>(&effect);
            if (a && a->notice == notice) return true;
        }
        return false;
    }
    void become_registered() {
        keep();
        answer_lease(StoreOutcome::kDone, 5s);
        enter();
        answer_member(StoreOutcome::kDone, 10);
    }
};

}  // namespace

TEST_CASE("a lease is asked for once, and kept once it was granted") {
    Desk desk;
    CHECK_FALSE(desk.keep());
    REQUIRE(desk.last<GrantLease>());
    CHECK(desk.session.key == "K/" + candidate_suffix(desk.session.lease));
    CHECK_FALSE(desk.keep());
    CHECK(desk.effects.size() == 1);
    CHECK(desk.answer_lease(StoreOutcome::kDone, 5s) == Answer::kNothing);
    CHECK(desk.keep());
    CHECK(desk.wake == desk.now + desk.policy.renew);
    desk.now += desk.policy.renew;
    CHECK(desk.keep());
    CHECK(desk.last<KeepLeaseAlive>());
}

TEST_CASE("a lease is lost when the store says so, or answers that no time is left") {
    for (const auto& [outcome, ttl] :
         {std::pair{StoreOutcome::kLeaseGone, 5s}, std::pair{StoreOutcome::kDone, 0s}}) {
        Desk desk;
        desk.become_registered();
        desk.now += desk.policy.renew;
        desk.keep();
        CHECK(desk.answer_lease(outcome, ttl) == Answer::kLost);
    }
}

TEST_CASE("what was under way under a lost lease is not taken for an answer of the next") {
    Desk desk;
    desk.become_registered();
    desk.queue();
    const auto old = desk.session.member_slot.op;
    lose(desk.session);
    desk.keep();
    auto m = desk.means();
    const TxnAnswered late{old, StoreOutcome::kDone, Revision{11}, std::nullopt};
    CHECK(on_member_txn(desk.session, m, late) == Answer::kNothing);
    CHECK_FALSE(desk.session.registered);
    CHECK(desk.session.create == Revision{});
}

TEST_CASE("the candidate key is created by queueing and gone by releasing") {
    Desk desk;
    desk.become_registered();
    CHECK(desk.told(Notice::kSessionStarted));
    desk.queue();
    REQUIRE(desk.last<Queue>());
    CHECK(desk.last<Queue>()->record.candidate_key == desk.session.key);
    CHECK(desk.answer_member(StoreOutcome::kDone, 12) == Answer::kWritten);
    CHECK(desk.session.create == Revision{12});
    desk.release();
    REQUIRE(desk.last<Release>());
    CHECK(desk.last<Release>()->create == Revision{12});
    CHECK(desk.answer_member(StoreOutcome::kDone, 13) == Answer::kReleased);
    CHECK(desk.session.create == Revision{});
    CHECK(desk.session.member_mod == Revision{13});
}

TEST_CASE("a release that was refused leaves the key where it is") {
    Desk desk;
    desk.become_registered();
    desk.queue();
    desk.answer_member(StoreOutcome::kDone, 12);
    desk.release();
    CHECK(desk.answer_member(StoreOutcome::kUnknown) == Answer::kRefused);
    CHECK(desk.session.create == Revision{12});
    CHECK_FALSE(desk.session.releasing);
}

TEST_CASE("a name that another instance has is refused only when its lease must have ended") {
    Desk desk;
    desk.keep();
    desk.answer_lease(StoreOutcome::kDone, 5s);
    desk.enter();
    CHECK(desk.answer_member(StoreOutcome::kGuardFailed, 0, "boot-b") == Answer::kRefused);
    CHECK(desk.told(Notice::kNameTaken));
    desk.now += desk.policy.hold + 5s;
    desk.enter();
    CHECK(desk.answer_member(StoreOutcome::kGuardFailed, 0, "boot-b") == Answer::kRefused);
    desk.now += 1ns;
    desk.enter();
    CHECK(desk.answer_member(StoreOutcome::kGuardFailed, 0, "boot-b") == Answer::kNameRefused);
}

TEST_CASE("a member record is published when it tells something new, and not too often") {
    Desk desk;
    desk.become_registered();
    desk.publish();
    REQUIRE(desk.last<PublishMember>());
    desk.answer_member(StoreOutcome::kDone, 12);
    const auto before = desk.effects.size();
    desk.record.activity_age = 3s;  // nothing new: it only grows old
    desk.publish();
    desk.record.priority = 7;
    desk.publish();
    CHECK(desk.effects.size() == before);
    CHECK(desk.wake == desk.now + desk.policy.publish_interval);
    desk.now += desk.policy.publish_interval;
    desk.publish();
    REQUIRE(desk.last<PublishMember>());
    CHECK(desk.last<PublishMember>()->record.priority == 7);
}

TEST_CASE("an active node is published only beside the holder record that is known") {
    Desk desk;
    desk.become_registered();
    desk.record.activity = NodeActivity::kActive;
    desk.publish();
    CHECK(desk.last<PublishMember>()->holder_mod == Revision{33});
    desk.answer_member(StoreOutcome::kDone, 12);
    desk.now += desk.policy.publish_interval;
    desk.record.activity = NodeActivity::kStandby;
    desk.publish();
    CHECK(desk.last<PublishMember>()->holder_mod == std::nullopt);
}

TEST_CASE("a lease of another length than configured is replaced once nothing hangs on it") {
    Desk desk;
    desk.become_registered();
    desk.policy.hold = 7s;
    CHECK(desk.keep(true));
    CHECK_FALSE(desk.session.replace);
    CHECK_FALSE(desk.keep());
    REQUIRE(desk.last<RevokeLease>());
    CHECK(desk.answer_revoke(StoreOutcome::kUnknown, false) == Answer::kNothing);
    CHECK_FALSE(desk.keep());  // asked again
    CHECK(desk.answer_revoke(StoreOutcome::kDone, false) == Answer::kEnded);
    CHECK(desk.session.lease == LeaseId{});
}

TEST_CASE("who leaves takes any answer to the revocation for the end") {
    Desk desk;
    desk.become_registered();
    auto m = desk.means();
    revoke_lease(desk.session, m);
    CHECK(desk.answer_revoke(StoreOutcome::kUnknown, true) == Answer::kEnded);
    CHECK(desk.session.revoking);
}

TEST_CASE("what the store no longer has of ours is registered and queued anew") {
    Desk desk;
    desk.become_registered();
    desk.queue();
    desk.answer_member(StoreOutcome::kDone, 12);
    ElectionView view;
    view.queue = {Candidate{desk.session.key, Revision{12}, "a"}};
    view.members = {MemberEntry{Revision{10}, Revision{12}, desk.record}};
    learn(desk.session, desk.policy, view);
    CHECK(desk.session.registered);
    CHECK(desk.session.create == Revision{12});
    learn(desk.session, desk.policy, ElectionView{});
    CHECK_FALSE(desk.session.registered);
    CHECK(desk.session.create == Revision{});
}

TEST_CASE(
    "an earlier candidacy of ours is deleted with the record that named it, a holder's is not") {
    Desk desk;
    desk.keep();
    desk.answer_lease(StoreOutcome::kDone, 5s);
    auto before = desk.record;
    before.name = desk.policy.member;
    before.instance = desk.policy.instance;
    before.candidate_key = "K/old";
    desk.view.members = {MemberEntry{Revision{7}, Revision{8}, before}};
    desk.view.queue = {Candidate{"K/old", Revision{8}, "a"}};
    const auto registered = [&] {
        desk.session.member_slot = {};
        desk.enter();
        REQUIRE(desk.last<Register>());
        return *desk.last<Register>();
    };
    CHECK(registered().stale_key == "K/old");
    CHECK(registered().expected_mod == Revision{8});
    desk.view.holder.record.emplace().term = Term{8};
    CHECK(registered().stale_key.empty());
    desk.view.holder = {};
    desk.view.queue[0].key = desk.view.members[0].record.candidate_key = desk.session.key;
    CHECK(registered().stale_key.empty());
    desk.view.members[0].record.instance = "another host";
    CHECK(registered().stale_key.empty());
}

TEST_CASE("far from the head of a crowd a tip is published the more seldom the larger it is") {
    Desk a;
    a.become_registered();
    a.publish();
    a.answer_member(StoreOutcome::kDone, 11);
    a.view.crowd.front = 16;
    a.view.crowd.members = 160;
    a.view.crowd.far = true;
    const auto published_within = [&](Duration d) {
        a.effects.clear();
        a.now += d;
        a.publish();
        return a.last<PublishMember>() != nullptr;
    };
    a.record.tip = Height{7};
    CHECK_FALSE(published_within(10 * a.policy.publish_interval - 1ms));
    CHECK(published_within(1ms));
    a.answer_member(StoreOutcome::kDone, 12);
    // What it is, is told as soon as ever.
    a.record.eligible = !a.record.eligible;
    CHECK(published_within(a.policy.publish_interval));
    a.answer_member(StoreOutcome::kDone, 13);
    // In front it tells its tip as in a small group.
    a.view.crowd.far = false;
    a.record.tip = Height{8};
    CHECK(published_within(a.policy.publish_interval));
}
