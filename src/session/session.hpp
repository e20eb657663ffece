// Owns this member's presence in the store: its lease, and what ends with it: the member record and
// the candidate key. Must never decide whether to be present or to queue, nor know of roles.
// Thread rule: values and pure functions.
#pragma once

#include <optional>
#include <string>

#include "model/election_view.hpp"
#include "model/event.hpp"
#include "model/means.hpp"

namespace elector::session {

using namespace model;

struct Session {
    LeaseId lease;
    Duration ttl{};    ///< as granted; 0: not granted yet
    Duration asked{};  ///< as asked for
    bool registered = false;
    Revision member_mod;  ///< of our member record
    Slot lease_slot;      ///< grant, keep-alive, revoke
    Slot member_slot;     ///< register, publish, queue, release: all write the member record
    Instant next_keep_alive;
    std::optional<Instant> name_taken_since;
    std::optional<MemberRecord> published;
    Instant published_at;
    bool revoking = false;
    bool replace = false;  ///< this lease and its key are spent: revoke, then begin anew
    // the candidate key
    std::string key;  ///< full key under the present lease
    Revision create;  ///< 0: not queued
    bool queueing = false;
    bool releasing = false;
};

/// What an answer meant.
enum class Answer : std::uint8_t {
    kNothing,
    kLost,        ///< the lease is gone, and all that was on it
    kEnded,       ///< the same, as we asked for it
    kWritten,     ///< the member record is written, and perhaps the candidate key
    kReleased,    ///< and the candidate key is gone
    kRefused,     ///< nothing was written, or nobody knows: the store has to be read
    kNameRefused  ///< the same, and another instance keeps this member's name
};

// --- what was observed
/// The lease has ended: all begins anew, under another.
void lose(Session& s);
/// The store is right about what is ours: key and member record.
void learn(Session& s, const Policy& p, const ElectionView& view);
/// What the store has said of what is ours is void.
void forget(Session& s);
Answer on_lease(Session& s, Means& m, const LeaseAnswered& e);
/// `leaving`: for good, so that a failure is the end as well.
Answer on_revoked(Session& s, Means& m, const LeaseRevoked& e, bool leaving);
Answer on_member_txn(Session& s, Means& m, const TxnAnswered& e);

// --- what is asked of the store
/// Gets a lease and keeps it; replaces it where that is due and nothing `needed` hangs on it. True
/// while it stands, as far as is known.
bool keep_lease(Session& s, Means& m, bool needed);
void revoke_lease(Session& s, Means& m);
/// Writes the member record for the first time.
/// REQUIRES for this and for queue() and release(): the member slot is ready.
void enter(Session& s, Means& m, const ElectionView& view, const MemberRecord& record);
void queue(Session& s, Means& m, MemberRecord record);
void release(Session& s, Means& m, MemberRecord record);
/// Writes the member record if it tells anything new, and not too often: far from the head of a
/// crowd the more seldom the larger it is, if it is of the tip alone.
void publish(Session& s, Means& m, MemberRecord record, const ElectionView& view);

}  // namespace elector::session
