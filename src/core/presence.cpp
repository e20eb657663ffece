// What follows from news of the store and of this member's place in it: lease, member record, key.
#include "core/eligibility.hpp"
#include "core/turn.hpp"
#include "session/own_facts.hpp"

namespace elector::core {
namespace {

void on_news(Turn& t, const knowledge::News& news) {
    auto& s = t.s;
    const auto& view = s.known.view;
    if (news.set_back) {
        t.announce(Notice::kStoreSetBack);
        session::forget(s.session);
        if (s.role == Role::kLeader) begin_draining(t, Cause::kStoreSetBack);
    }
    if (news.first && t.p.cluster == 0) t.emit(PinCluster{view.cluster_id});
    if (news.first && other_cluster(t.p, s)) t.announce(Notice::kOtherCluster);
    if (!news.changed) return;
    health::learn_members(s.health, t.p, view, t.now);
    if (queue_known_at(view) >= s.known.own_writes) session::learn(s.session, t.p, view);
}

void lose_session(Turn& t) {
    auto& s = t.s;
    t.announce(Notice::kSessionLost);
    session::lose(s.session);
    t.want_read();
    if (s.role == Role::kLeader) begin_draining(t, Cause::kLeaseLost);
    if (s.role == Role::kCandidate) become(t, Role::kFollower, Cause::kLeaseLost);
}

bool holds(const State& s) { return s.role == Role::kLeader || s.role == Role::kDraining; }

}  // namespace

session::OwnFacts own_facts(const Turn& t) {
    const auto& s = t.s;
    const std::string_view key = s.session.key, call = s.known.roll_call;
    const bool queued = s.session.create != Revision{};
    // The status was asked for after the call was heard, and so after the command was given.
    const bool answers = standby_certain(s) && s.node.status_sent > s.known.roll_call_learned;
    return {t.p,
            unfit_because(t.p, s, t.now),
            queued ? key : "",
            s.node.activity,
            t.now - s.node.status_at,
            s.health.tip,
            s.health.lag,
            s.health.lag_bucket,
            s.node.operator_address,
            answers ? call : ""};
}

MemberRecord own_record(const Turn& t) { return session::to_record(own_facts(t)); }

knowledge::OwnKey own_key(const Turn& t) { return {t.s.session.key, t.s.session.create}; }

void on_read(Turn& t, const ElectionRead& e) {
    on_news(t, knowledge::learn_read(t.s.known, t, e, own_key(t)));
}

void on_changes(Turn& t, const StoreChanged& e) {
    on_news(t, knowledge::learn_changes(t.s.known, t, e, own_key(t)));
}

void learn_own_write(Turn& t, Revision at, Revision key_gone) {
    knowledge::learn_own_write(t.s.known, at, key_gone);
    if (t.s.session.create == key_gone) t.s.session.create = {};
}

void learn_holder(Turn& t, const StoredRecord& holder) {
    on_news(t, knowledge::learn_holder(t.s.known, t.now, holder));
}

void on_lease(Turn& t, const LeaseAnswered& e) {
    if (session::on_lease(t.s.session, t, e) == session::Answer::kLost) lose_session(t);
}

void on_revoked(Turn& t, const LeaseRevoked& e) {
    const auto answer = session::on_revoked(t.s.session, t, e, t.s.shutting_down);
    if (answer == session::Answer::kEnded) t.want_read();
}

void on_member_txn(Turn& t, const TxnAnswered& e) {
    using session::Answer;
    auto& s = t.s;
    if (sentinel::on_written(s.sentinel, t, e)) return;
    const auto gone = s.session.releasing ? s.session.create : Revision{};
    const auto answer = session::on_member_txn(s.session, t, e);
    if (answer == Answer::kLost) return lose_session(t);
    if (answer == Answer::kWritten || answer == Answer::kReleased)
        learn_own_write(t, e.revision, gone);
    if (answer == Answer::kReleased && s.role == Role::kCandidate)
        become(t, Role::kFollower, s.candidacy.release_cause);
    if (answer == Answer::kRefused || answer == Answer::kNameRefused) t.want_read();
    if (answer == Answer::kNameRefused) {
        s.exited = true;
        t.emit(Exit{1});
    }
}

void drive_session(Turn& t) {
    auto& s = t.s;
    const bool leaving = s.shutting_down && !holds(s);
    if (s.session.revoking || leaving) return;
    const bool stands = session::keep_lease(s.session, t, s.role != Role::kFollower);
    const bool enter = stands && !s.session.registered && s.known.read &&
                       knowledge::would_show(s.known, t.p, t.p.member);
    if (enter && t.ready(s.session.member_slot))
        session::enter(s.session, t, s.known.view, own_record(t));
}

void drive_reads(Turn& t) {
    // The holder only confirms; everybody else looks now and then.
    knowledge::drive_reads(t.s.known, t, !holds(t.s), own_key(t));
}

void drive_publish(Turn& t) {
    auto& ses = t.s.session;
    const bool leaving = ses.revoking || (t.s.shutting_down && !holds(t.s));
    if (!ses.registered || leaving || ses.member_slot.busy()) return;
    const auto& last = ses.published;
    const auto due = ses.published_at + t.p.publish_interval;
    if (last && !(session::is_news(own_facts(t), *last) && t.due(due))) return;
    session::publish(ses, t, own_record(t), t.s.known.view);
}

}  // namespace elector::core
