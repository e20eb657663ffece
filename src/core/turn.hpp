// Owns the view that the deciders of one step share: the state and the means. Internal to the
// core.
// Thread rule: lives within one step.
#pragma once

#include "core/invariants.hpp"
#include "core/state.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/means.hpp"

namespace elector::core {

struct Turn : Means {
    State& s;

    void want_read() { s.known.read_wanted = true; }
};

// --- roles
void become(Turn& t, Role to, Cause cause);
void begin_draining(Turn& t, Cause cause);
void want_standby(Turn& t, bool send_false);
/// When standby that nobody has confirmed becomes a matter for the fencing ladder.
Instant overdue_at(const Turn& t);

// --- recorders, one for each event
void on_read(Turn& t, const ElectionRead& e);
void on_changes(Turn& t, const StoreChanged& e);
/// We wrote at this revision; with it the candidate key of that create revision went, if any.
void learn_own_write(Turn& t, Revision at, Revision key_gone);
/// The record as an answer of ours showed it.
void learn_holder(Turn& t, const StoredRecord& holder);
void on_lease(Turn& t, const LeaseAnswered& e);
void on_revoked(Turn& t, const LeaseRevoked& e);
void on_member_txn(Turn& t, const TxnAnswered& e);
void on_record(Turn& t, const RecordAnswered& e);
void on_drained(Turn& t, const RecordAnswered& e);
void on_unfenced(Turn& t, const RecordAnswered& e);
void on_status(Turn& t, const StatusRead& e);
void on_set(Turn& t, const SetAnswered& e);
void on_readiness(Turn& t, const ReadinessRead& e);
void on_tip(Turn& t, const TipRead& e);
void on_metrics(Turn& t, const MetricsRead& e);
void on_port(Turn& t, const PortChanged& e);
void on_armed(Turn& t, const GuardianArmed& e);

// --- deciders, in the order in which step() calls them
void guard_holding(Turn& t);
void judge_leader(Turn& t);
void drive_standby(Turn& t);
void drive_draining(Turn& t);
void drive_session(Turn& t);
void drive_confirm(Turn& t);
void drive_foreign(Turn& t);
void drive_own_record(Turn& t);
void drive_candidacy(Turn& t);
void drive_takeover(Turn& t);
void drive_activation(Turn& t);
void drive_reads(Turn& t);
void drive_polls(Turn& t);
void drive_publish(Turn& t);
void drive_exit(Turn& t);

MemberRecord own_record(const Turn& t);

}  // namespace elector::core
