// Lease, registration and the published member record.
#include <utility>

#include "core/eligibility.hpp"
#include "core/turn.hpp"

namespace elector::core {

MemberRecord own_record(const Turn& t) {
    const auto& s = t.s;
    MemberRecord r;
    r.name = t.p.member;
    r.instance = t.p.instance;
    if (s.candidacy.create != Revision{}) r.candidate_key = s.candidacy.key;
    r.activity = s.node.activity;
    r.activity_age = t.now - s.node.status_at;
    r.tip = s.health.tip;
    r.lag_blocks = s.health.lag;
    r.lag_bucket = s.health.lag_bucket;
    r.priority = t.p.priority;
    auto unfit = unfit_because(t.p, s, t.now);
    r.eligible = unfit.none();
    r.blocked_by = codes(unfit);
    r.operator_address = s.node.operator_address;
    r.version = t.p.version;
    r.api_url = t.p.api_url;
    // The status was asked for after the call was heard, and so after the command was given.
    if (standby_certain(s) && s.node.status_sent > s.known.roll_call_learned)
        r.roll_call = s.known.roll_call;
    return r;
}

void lose_session(Turn& t) {
    auto& s = t.s;
    t.announce(Notice::kSessionLost);
    const auto slot = s.session.member_slot;
    s.session = Session{};
    s.session.member_slot =
        slot;  // an answer that is still under way must not look like the new one
    s.session.member_slot.op = {};
    s.candidacy.create = {};
    s.candidacy.releasing = false;
    t.want_read();
    if (s.role == Role::kLeader) begin_draining(t, Cause::kLeaseLost);
    if (s.role == Role::kCandidate) become(t, Role::kFollower, Cause::kLeaseLost);
}

namespace {

void grant(Turn& t) {
    auto& ses = t.s.session;
    if (!t.ready(ses.lease_slot)) return;
    if (ses.lease == LeaseId{}) {
        ses.lease = LeaseId{static_cast<std::int64_t>(t.random() >> 1) | 1};
        t.s.candidacy.key = t.p.queue_prefix + candidate_suffix(ses.lease);
    }
    ses.asked = t.p.hold;
    t.emit(GrantLease{t.start(ses.lease_slot), ses.lease, ses.asked});
}

void register_member(Turn& t) {
    auto& ses = t.s.session;
    if (!t.s.known.read || !t.ready(ses.member_slot)) return;
    const auto* entry = find_member(t.s.known.view, t.p.member);
    const bool mine = entry && entry->record.instance == t.p.instance;
    t.emit(Register{t.start(ses.member_slot), ses.lease, own_record(t),
                    mine ? entry->mod : Revision{}});
}

}  // namespace

void drive_session(Turn& t) {
    auto& s = t.s;
    auto& ses = s.session;
    const bool leaving = s.shutting_down && s.role != Role::kLeader && s.role != Role::kDraining;
    if (ses.revoking || leaving) return;
    if (ses.ttl == Duration{}) return grant(t);
    const bool idle = s.role == Role::kFollower && s.candidacy.create == Revision{};
    if (ses.asked != t.p.hold && idle) ses.replace = true;  // reloaded
    if (ses.replace && s.role == Role::kFollower && t.due(ses.lease_slot.retry)) {
        ses.revoking = true;
        t.emit(RevokeLease{t.start(ses.lease_slot), ses.lease});
        return;
    }
    if (!ses.lease_slot.busy() && t.due(std::max(ses.next_keep_alive, ses.lease_slot.retry))) {
        ses.next_keep_alive = t.now + t.p.renew;
        t.emit(KeepLeaseAlive{t.start(ses.lease_slot), ses.lease});
    }
    if (!ses.registered) register_member(t);
}

void drive_publish(Turn& t) {
    auto& ses = t.s.session;
    const bool holds = t.s.role == Role::kLeader || t.s.role == Role::kDraining;
    const bool leaving = ses.revoking || (t.s.shutting_down && !holds);
    if (!ses.registered || leaving || ses.member_slot.busy()) return;
    auto record = own_record(t);
    if (ses.published) {
        const auto age = std::exchange(record.activity_age, ses.published->activity_age);
        if (*ses.published == record) return;
        record.activity_age = age;
        if (!t.due(ses.published_at + t.p.publish_interval)) return;
    }
    if (!t.ready(ses.member_slot)) return;
    ses.published = record;
    ses.published_at = t.now;
    t.emit(PublishMember{t.start(ses.member_slot), ses.lease, record, ses.member_mod});
}

void on_lease(Turn& t, const LeaseAnswered& e) {
    auto& ses = t.s.session;
    if (!ses.lease_slot.answers(e.op)) return;
    const bool granting = ses.ttl == Duration{};
    if (e.outcome == StoreOutcome::kLeaseGone ||
        (e.outcome == StoreOutcome::kDone && e.ttl <= Duration{}))
        return lose_session(t);
    if (e.outcome != StoreOutcome::kDone) return t.failed(ses.lease_slot);
    t.finished(ses.lease_slot);
    if (!granting) return;
    ses.ttl = e.ttl;
    ses.next_keep_alive = t.now + t.p.renew;
}

void on_revoked(Turn& t, const LeaseRevoked& e) {
    auto& s = t.s;
    if (!s.session.lease_slot.answers(e.op) || !s.session.revoking) return;
    if (e.outcome != StoreOutcome::kDone && e.outcome != StoreOutcome::kLeaseGone &&
        !s.shutting_down) {
        t.failed(s.session.lease_slot);
        s.session.revoking = false;  // replace still stands: asked again
        return;
    }
    const bool leaving = s.shutting_down;
    s.session = Session{};
    s.session.revoking = leaving;
    s.candidacy.create = {};
    t.want_read();
}

void on_member_txn(Turn& t, const TxnAnswered& e) {
    auto& s = t.s;
    auto& ses = s.session;
    if (!ses.member_slot.answers(e.op)) return;
    if (e.outcome == StoreOutcome::kLeaseGone) return lose_session(t);
    const bool releasing = s.candidacy.releasing;
    s.candidacy.releasing = false;
    if (e.outcome == StoreOutcome::kDone) {
        t.finished(ses.member_slot);
        ses.member_mod = e.revision;
        learn_own_write(t, e.revision, releasing ? s.candidacy.create : Revision{});
        if (!ses.registered) {
            ses.registered = true;
            ses.name_taken_since.reset();
            t.announce(Notice::kSessionStarted);
        } else if (releasing) {
            s.candidacy.create = {};
            if (s.role == Role::kCandidate) become(t, Role::kFollower, s.candidacy.release_cause);
        } else if (s.candidacy.queueing) {
            s.candidacy.create = e.revision;
        }
        s.candidacy.queueing = false;
        return;
    }
    s.candidacy.queueing = false;
    t.failed(ses.member_slot);
    ses.published.reset();
    t.want_read();
    const bool taken = !ses.registered && e.outcome == StoreOutcome::kGuardFailed && e.member &&
                       e.member->record.instance != t.p.instance;
    if (!taken) return;
    if (!ses.name_taken_since) {
        ses.name_taken_since = t.now;
        t.announce(Notice::kNameTaken, e.member->record.instance);
    } else if (t.now - *ses.name_taken_since > t.p.hold + 5s && !s.exited) {
        t.announce(Notice::kNameRefused, e.member->record.instance);
        s.exited = true;
        t.emit(Exit{1});
    }
    ses.member_slot.retry = t.now + 500ms;
}

}  // namespace elector::core
