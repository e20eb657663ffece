#include "session/session.hpp"

#include <algorithm>
#include <utility>

namespace elector::session {
namespace {

void grant(Session& s, Means& m) {
    if (!m.ready(s.lease_slot)) return;
    if (s.lease == LeaseId{}) {
        s.lease = LeaseId{static_cast<std::int64_t>(m.random() >> 1) | 1};
        s.key = m.p.queue_prefix + candidate_suffix(s.lease);
    }
    s.asked = m.p.hold;
    m.emit(GrantLease{m.start(s.lease_slot), s.lease, s.asked});
}

void note_published(Session& s, const Means& m, const MemberRecord& record) {
    s.published = record;
    s.published_at = m.now;
}

Answer on_written(Session& s, Means& m, Revision at) {
    const bool queueing = std::exchange(s.queueing, false);
    const bool releasing = std::exchange(s.releasing, false);
    m.finished(s.member_slot);
    s.member_mod = at;
    if (releasing) s.create = {};
    if (!s.registered) {
        s.registered = true;
        s.name_taken_since.reset();
        m.announce(Notice::kSessionStarted);
        return Answer::kWritten;
    }
    if (releasing) return Answer::kReleased;
    if (queueing) s.create = at;
    return Answer::kWritten;
}

Answer on_name_taken(Session& s, Means& m, const std::string& by) {
    s.member_slot.retry = m.now + 500ms;
    if (!s.name_taken_since) {
        s.name_taken_since = m.now;
        m.announce(Notice::kNameTaken, by);
    }
    if (m.now - *s.name_taken_since <= m.p.hold + 5s) return Answer::kRefused;
    m.announce(Notice::kNameRefused, by);
    return Answer::kNameRefused;
}

bool tip_alone(MemberRecord before, const MemberRecord& now) {
    before.tip = now.tip;
    before.lag_blocks = now.lag_blocks;
    before.lag_bucket = now.lag_bucket;
    return before == now;
}

/// Those far from the head all together write no more often than the front does.
Duration pace(const Session& s, const Policy& p, const MemberRecord& record,
              const ElectionView& view) {
    const auto& crowd = view.crowd;
    if (!crowd.far || crowd.members <= crowd.front || !tip_alone(*s.published, record))
        return p.publish_interval;
    return p.publish_interval * static_cast<std::int64_t>(crowd.members / crowd.front);
}

}  // namespace

void lose(Session& s) {
    Session next;
    next.key = s.key;  // until the next lease: a holding may hang on it
    // An answer that is still under way must not look like the new one.
    next.member_slot = s.member_slot;
    next.member_slot.op = {};
    s = next;
}

void learn(Session& s, const Policy& p, const ElectionView& view) {
    if (s.lease != LeaseId{}) {
        const auto* mine = find_key(view, s.key);
        s.create = mine ? mine->create : Revision{};
    }
    if (!s.registered) return;
    const auto* entry = find_member(view, p.member);
    if (entry && entry->record.instance == p.instance) {
        s.member_mod = entry->mod;
    } else {
        s.registered = false;  // deleted, or taken: register again
        s.published.reset();
    }
}

void forget(Session& s) {
    s.create = {};
    s.registered = false;
    s.member_mod = {};
    s.published.reset();
}

Answer on_lease(Session& s, Means& m, const LeaseAnswered& e) {
    if (!s.lease_slot.answers(e.op)) return Answer::kNothing;
    const bool done = e.outcome == StoreOutcome::kDone;
    if (e.outcome == StoreOutcome::kLeaseGone || (done && e.ttl <= Duration{}))
        return Answer::kLost;
    done ? m.finished(s.lease_slot) : m.failed(s.lease_slot);
    if (done && s.ttl == Duration{}) {
        s.ttl = e.ttl;
        s.next_keep_alive = due_again(m.p, m.now, m.p.renew);
    }
    return Answer::kNothing;
}

Answer on_revoked(Session& s, Means& m, const LeaseRevoked& e, bool leaving) {
    if (!s.lease_slot.answers(e.op) || !s.revoking) return Answer::kNothing;
    if (e.outcome != StoreOutcome::kDone && e.outcome != StoreOutcome::kLeaseGone && !leaving) {
        m.failed(s.lease_slot);
        s.revoking = false;  // replace still stands: asked again
        return Answer::kNothing;
    }
    s = Session{};
    s.revoking = leaving;
    return Answer::kEnded;
}

Answer on_member_txn(Session& s, Means& m, const TxnAnswered& e) {
    if (!s.member_slot.answers(e.op)) return Answer::kNothing;
    if (e.outcome == StoreOutcome::kLeaseGone) return Answer::kLost;
    if (e.outcome == StoreOutcome::kDone) return on_written(s, m, e.revision);
    s.queueing = s.releasing = false;
    m.failed(s.member_slot);
    s.published.reset();
    const bool taken = !s.registered && e.outcome == StoreOutcome::kGuardFailed && e.member &&
                       e.member->record.instance != m.p.instance;
    return taken ? on_name_taken(s, m, e.member->record.instance) : Answer::kRefused;
}

bool keep_lease(Session& s, Means& m, bool needed) {
    if (s.ttl == Duration{}) {
        grant(s, m);
        return false;
    }
    const bool reloaded = s.asked != m.p.hold;
    if (reloaded && !needed && s.create == Revision{}) s.replace = true;
    if (s.replace && !needed && m.due(s.lease_slot.retry)) {
        revoke_lease(s, m);
        return false;
    }
    if (!s.lease_slot.busy() && m.due(std::max(s.next_keep_alive, s.lease_slot.retry))) {
        s.next_keep_alive = due_again(m.p, m.now, m.p.renew);
        m.emit(KeepLeaseAlive{m.start(s.lease_slot), s.lease});
    }
    return true;
}

void revoke_lease(Session& s, Means& m) {
    s.revoking = true;
    m.emit(RevokeLease{m.start(s.lease_slot), s.lease});
}

/// The candidacy of this instance before its present session: with our new record nobody names it
/// any more, and until its lease ends it would look foreign. A holder's key is let be (S6).
std::string stale_key(const Session& s, const Policy& p, const ElectionView& view,
                      const MemberRecord& before) {
    const auto* key = find_key(view, before.candidate_key);
    if (!key || key->key == s.key || !key->key.starts_with(p.queue_prefix)) return {};
    const bool held = view.holder.record && view.holder.record->term == key->create;
    return held ? std::string{} : key->key;
}

void enter(Session& s, Means& m, const ElectionView& view, const MemberRecord& record) {
    const auto* entry = find_member(view, m.p.member);
    const bool mine = entry && entry->record.instance == m.p.instance;
    const auto expected = mine ? entry->mod : Revision{};
    auto stale = mine ? stale_key(s, m.p, view, entry->record) : std::string{};
    m.emit(Register{m.start(s.member_slot), s.lease, record, expected, std::move(stale)});
}

void queue(Session& s, Means& m, MemberRecord record) {
    record.candidate_key = s.key;
    note_published(s, m, record);
    s.queueing = true;
    m.emit(Queue{m.start(s.member_slot), s.lease, record, s.member_mod});
}

void release(Session& s, Means& m, MemberRecord record) {
    record.candidate_key.clear();
    note_published(s, m, record);
    s.releasing = true;
    m.emit(Release{m.start(s.member_slot), s.lease, s.key, s.create, record});
}

void publish(Session& s, Means& m, MemberRecord record, const ElectionView& view) {
    if (s.published) {
        const auto age = std::exchange(record.activity_age, s.published->activity_age);
        if (*s.published == record) return;
        if (!m.due(s.published_at + pace(s, m.p, record, view))) return;
        record.activity_age = age;
    }
    if (!m.ready(s.member_slot)) return;
    note_published(s, m, record);
    std::optional<Revision> still;
    if (record.activity == NodeActivity::kActive) still = view.holder.mod;
    const auto op = m.start(s.member_slot);
    m.emit(PublishMember{op, s.lease, std::move(record), s.member_mod, still});
}

}  // namespace elector::session
