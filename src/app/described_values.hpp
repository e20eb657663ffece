// Owns the list of fields of every value that the recorder writes down: events, effects, policy and
// state. Must never hold logic. Thread rule: none.
#pragma once

#include <boost/describe.hpp>

#include "core/state.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

// The fields of every value that can happen or be asked for, in one place. A field that is missing
// here does not compile, see json_values.hpp.
namespace elector::model {
BOOST_DESCRIBE_STRUCT(OpId, (), (value))
BOOST_DESCRIBE_STRUCT(Revision, (), (value))
BOOST_DESCRIBE_STRUCT(LeaseId, (), (value))
BOOST_DESCRIBE_STRUCT(Nonce, (), (value))
BOOST_DESCRIBE_STRUCT(ConnectionId, (), (value))
BOOST_DESCRIBE_STRUCT(Height, (), (value))
BOOST_DESCRIBE_STRUCT(Gate, (), (tip, wait))
BOOST_DESCRIBE_STRUCT(ForeignKey, (), (key, create, value))
BOOST_DESCRIBE_STRUCT(HolderRecord, (),
                      (state, term, member, instance, nonce, hold, quiesce, gate, reason, foreign))
BOOST_DESCRIBE_STRUCT(StoredRecord, (), (mod, bytes, record))
BOOST_DESCRIBE_STRUCT(MemberRecord, (),
                      (name, instance, candidate_key, activity, activity_age, tip, lag_blocks,
                       lag_bucket, priority, eligible, blocked_by, operator_address, version,
                       api_url, roll_call, unix_ms))
BOOST_DESCRIBE_STRUCT(PauseOrder, (), (who, why, until_unix_ms))
BOOST_DESCRIBE_STRUCT(SwitchoverOrder, (), (mod, term, to, who, why))
BOOST_DESCRIBE_STRUCT(HistoryEntry, (),
                      (term, member, reason, held, standby, marker, actor, other, unix_ms))
BOOST_DESCRIBE_STRUCT(Candidate, (), (key, create, value))
BOOST_DESCRIBE_STRUCT(MemberEntry, (), (create, mod, record))
BOOST_DESCRIBE_STRUCT(Crowd, (), (front, cut, far, queue_at, members, beyond, own, heard))
BOOST_DESCRIBE_STRUCT(ElectionView, (),
                      (cluster_id, raft_term, revision, queue, members, holder, pause, switchover,
                       roll_call, crowd))
BOOST_DESCRIBE_STRUCT(CandidateCame, (), (candidate))
BOOST_DESCRIBE_STRUCT(CandidateGone, (), (key))
BOOST_DESCRIBE_STRUCT(MemberCame, (), (entry))
BOOST_DESCRIBE_STRUCT(MemberGone, (), (name))
BOOST_DESCRIBE_STRUCT(HolderChanged, (), (holder))
BOOST_DESCRIBE_STRUCT(PauseChanged, (), (pause))
BOOST_DESCRIBE_STRUCT(SwitchoverChanged, (), (order))
BOOST_DESCRIBE_STRUCT(RollCallChanged, (), (roll_call))
BOOST_DESCRIBE_STRUCT(Change, (), (at, what))

BOOST_DESCRIBE_STRUCT(Woke, (), ())
BOOST_DESCRIBE_STRUCT(ShutdownRequested, (), ())
BOOST_DESCRIBE_STRUCT(LeaseAnswered, (), (op, outcome, ttl))
BOOST_DESCRIBE_STRUCT(LeaseRevoked, (), (op, outcome))
BOOST_DESCRIBE_STRUCT(ElectionRead, (), (op, outcome, view, bell))
BOOST_DESCRIBE_STRUCT(StoreChanged, (), (revision, changes, watch))
BOOST_DESCRIBE_STRUCT(WatchResumed, (), (gap))
BOOST_DESCRIBE_STRUCT(TxnAnswered, (), (op, outcome, revision, member))
BOOST_DESCRIBE_STRUCT(RecordAnswered, (), (op, outcome, holder))
BOOST_DESCRIBE_STRUCT(StatusRead, (), (op, failure, active, connection))
BOOST_DESCRIBE_STRUCT(SetAnswered, (), (op, failure, not_sent))
BOOST_DESCRIBE_STRUCT(ReadinessRead, (), (op, failure, ready))
BOOST_DESCRIBE_STRUCT(TipRead, (), (op, failure, height, age))
BOOST_DESCRIBE_STRUCT(MetricsRead, (), (op, failure, height, target, operator_address))
BOOST_DESCRIBE_STRUCT(PortChanged, (), (port, state))
BOOST_DESCRIBE_STRUCT(GuardianArmed, (), (op))
BOOST_DESCRIBE_STRUCT(GuardianLost, (), ())
BOOST_DESCRIBE_STRUCT(FenceAnswered, (), (op, success))

BOOST_DESCRIBE_STRUCT(GrantLease, (), (op, lease, ttl))
BOOST_DESCRIBE_STRUCT(KeepLeaseAlive, (), (op, lease))
BOOST_DESCRIBE_STRUCT(RevokeLease, (), (op, lease))
BOOST_DESCRIBE_STRUCT(ReadElection, (), (op, front, queue, keys, members, before))
BOOST_DESCRIBE_STRUCT(WatchElection, (), (op, far, from))
BOOST_DESCRIBE_STRUCT(Register, (), (op, lease, record, expected_mod, stale_key))
BOOST_DESCRIBE_STRUCT(PublishMember, (), (op, lease, record, expected_mod, holder_mod))
BOOST_DESCRIBE_STRUCT(Queue, (), (op, lease, record, expected_mod))
BOOST_DESCRIBE_STRUCT(Release, (), (op, lease, key, create, record))
BOOST_DESCRIBE_STRUCT(Depose, (), (op, key, create, holder))
BOOST_DESCRIBE_STRUCT(Claim, (), (op, key, create, found, record))
BOOST_DESCRIBE_STRUCT(Confirm, (), (op, key, create, holder_mod))
BOOST_DESCRIBE_STRUCT(Drain, (), (op, found, record, key, history))
BOOST_DESCRIBE_STRUCT(MarkUnfenced, (), (op, found, record))
BOOST_DESCRIBE_STRUCT(RecordForeign, (), (op, found, foreign, record))
BOOST_DESCRIBE_STRUCT(ClearForeign, (), (op, found, gone, record))
BOOST_DESCRIBE_STRUCT(RecordDoubleActive, (), (op, entry))
BOOST_DESCRIBE_STRUCT(QueryStatus, (), (op, fresh_connection))
BOOST_DESCRIBE_STRUCT(Deactivate, (), (op))
BOOST_DESCRIBE_STRUCT(Activate, (), (op, connection, not_after))
BOOST_DESCRIBE_STRUCT(ReadReadiness, (), (op))
BOOST_DESCRIBE_STRUCT(ReadTip, (), (op))
BOOST_DESCRIBE_STRUCT(ReadMetrics, (), (op))
BOOST_DESCRIBE_STRUCT(ArmGuardian, (),
                      (op, valid_until, term, nonce, lease, key, holder, gate_open_at))
BOOST_DESCRIBE_STRUCT(TellGuardianDraining, (), (deadline, standby))
BOOST_DESCRIBE_STRUCT(DisarmGuardian, (), ())
BOOST_DESCRIBE_STRUCT(RunFence, (), (op, term, reason))
BOOST_DESCRIBE_STRUCT(PinCluster, (), (cluster))
BOOST_DESCRIBE_STRUCT(Announce, (), (notice, detail))
BOOST_DESCRIBE_STRUCT(Exit, (), (code))
BOOST_DESCRIBE_STRUCT(Policy, (),
                      (member, instance, queue_prefix, version, api_url, priority, nofailover,
                       guardian, fence, fence_missing, observe, cluster, hold, renew, margin,
                       max_hold, drift_ppm, block_interval, quiesce, settle, overtime, start_delay,
                       poll_interval, refused_grace, web3, fall, rise, max_lag, max_tip_age,
                       rank_settle, cool_first, cool_max, cool_forget, last_standing,
                       publish_interval, metrics_interval, front, beat))
BOOST_DESCRIBE_STRUCT(Slot, (), (op, sent, retry, failures))
}  // namespace elector::model

namespace elector::health {
BOOST_DESCRIBE_STRUCT(Hysteresis, (), (good, streak))
BOOST_DESCRIBE_STRUCT(Behind, (), (tip, moved, heard, mod, known))
BOOST_DESCRIBE_STRUCT(TipTrack, (), (name, tip, moved))
BOOST_DESCRIBE_STRUCT(Cooling, (), (until, next, healthy_since))
BOOST_DESCRIBE_STRUCT(Relaxing, (), (since, dropped))
BOOST_DESCRIBE_STRUCT(Health, (),
                      (tip, tip_exact, ready, fresh, near, moving, last_checked_tip, target,
                       lag_bucket, lag, tips, behind, cooling, relaxing))
BOOST_DESCRIBE_STRUCT(Port, (), (accepted, refused_since, last_refused, lost))
BOOST_DESCRIBE_STRUCT(Process, (), (life, dead, admin, probe))
}  // namespace elector::health

namespace elector::knowledge {
BOOST_DESCRIBE_STRUCT(Knowledge, (),
                      (view, read, read_slot, read_wanted, floor_revision, floor_raft_term,
                       floor_holder_mod, seen_revision, seen_raft_term, seen_holder_mod, seen_term,
                       read_sent, record_learned, record_watched, observed_since, key_gone_since,
                       set_back, head, headed_since, head_since, was_paused, own_writes,
                       read_revision, record_mod, missing, gap, roll_call, roll_call_learned, whole,
                       asking, asked, crowded, first_names, bell, bell_for, sorted, watch,
                       watch_far))
}  // namespace elector::knowledge

namespace elector::session {
BOOST_DESCRIBE_STRUCT(Session, (),
                      (lease, ttl, asked, registered, member_mod, lease_slot, member_slot,
                       next_keep_alive, name_taken_since, published, published_at, revoking,
                       replace, key, create, queueing, releasing))
}  // namespace elector::session

namespace elector::fencing {
BOOST_DESCRIBE_STRUCT(Ladder, (), (next, running, vouched, back_off, slot))
}  // namespace elector::fencing

namespace elector::sentinel {
BOOST_DESCRIBE_STRUCT(DoubleActive, (), (term, holder, other))
BOOST_DESCRIBE_STRUCT(Sentinel, (), (seen, owed, slot, observed))
}  // namespace elector::sentinel

namespace elector::core {
BOOST_DESCRIBE_STRUCT(Candidacy, (),
                      (release_cause, last_requeue, requeued_ever, checking, check_started,
                       record_slot, record_op, deposing, claim, claim_sent, foreign_announced,
                       foreign_gone_since))
BOOST_DESCRIBE_STRUCT(Holding, (),
                      (term, record, key, hold, renew, claimed_at, valid_until, confirm,
                       next_confirm, arm, armed_until, arm_asked, activation, activation_sent,
                       ever_sent, node_life, gate_tip, gate_open_at))
BOOST_DESCRIBE_STRUCT(Standby, (),
                      (wanted, since, send_false, first_false, last_false, false_answered,
                       confirmed, hazard_until, dead, explained, seen_false, ignored))
BOOST_DESCRIBE_STRUCT(Draining, (),
                      (cause, since, own_record, exact, unfenced_written, unfenced_told, fence,
                       guardian_told, tip_asked, tip_done, tip, owed_told))
BOOST_DESCRIBE_STRUCT(Node, (),
                      (query, set, activation, readiness, tip_slot, metrics, next_poll,
                       next_metrics, activity, status_sent, status_at, connection, status_failures,
                       process, seen_active_alone, barred_until, unanswered_until, tip_sent,
                       tip_life, operator_address, address_told))
BOOST_DESCRIBE_STRUCT(State, (),
                      (random, last_op, started, first_step, now, wake, role, role_since, session,
                       known, candidacy, holding, standby, draining, node, health, sentinel,
                       shutting_down, shutdown_at, exited, guardian_lost, told_blockers, told_at,
                       refused_order, staying_told, stalled_told))
}  // namespace elector::core
