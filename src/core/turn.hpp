// Owns the view that the deciders of one step share: policy, state, time, effects. Internal to the
// core.
// Thread rule: lives within one step.
#pragma once

#include <algorithm>
#include <utility>

#include "core/invariants.hpp"
#include "core/state.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace elector::core {

struct Turn {
    const Policy& p;
    State& s;
    Instant now;
    Effects& out;

    /// True once `at` has come; until then asks to be woken there.
    bool due(Instant at) {
        if (now >= at) return true;
        s.wake = std::min(s.wake, at);
        return false;
    }

    void emit(Effect effect) { out.push_back(std::move(effect)); }
    void announce(Notice notice, std::string detail = {}) {
        emit(Announce{notice, std::move(detail)});
    }

    std::uint64_t random() {
        std::uint64_t z = (s.random += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    /// Starts an operation on an idle slot.
    OpId start(Slot& slot) {
        slot.op = OpId{++s.last_op};
        slot.sent = now;
        return slot.op;
    }
    /// The slot may start an operation now; else arranges the wake-up.
    bool ready(Slot& slot) { return !slot.busy() && due(slot.retry); }

    /// First retry at once, then 50 to 100 ms.
    void failed(Slot& slot) {
        slot.op = {};
        slot.retry = slot.failures++ == 0
                         ? now
                         : now + std::chrono::milliseconds(50 + static_cast<int>(random() % 51));
    }
    void finished(Slot& slot) {
        slot.op = {};
        slot.failures = 0;
        slot.retry = now;
    }

    void want_read() { s.known.read_wanted = true; }
};

// --- roles
void become(Turn& t, Role to, Cause cause);
void begin_draining(Turn& t, Cause cause);
void want_standby(Turn& t, bool send_false);
void lose_session(Turn& t);

// --- recorders, one for each event
void learn_read(Turn& t, const ElectionView& view);
void learn_changes(Turn& t, const StoreChanged& batch);
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
