// Owns what this member has learned of the store and when: by whole reads, by the watch, from the
// answers to its own writes; and notices when the store went back in time. Must never judge what
// follows from it. Thread rule: values and pure functions.
#pragma once

#include <optional>
#include <string>

#include "model/election_view.hpp"
#include "model/event.hpp"
#include "model/means.hpp"

namespace elector::knowledge {

using namespace model;

struct Knowledge {
    ElectionView view;
    bool read = false;  ///< one whole read at least
    Slot read_slot;
    bool read_wanted = true;
    Revision floor_revision;  ///< highest seen when the read in flight was sent
    std::uint64_t floor_raft_term = 0;
    Revision floor_holder_mod;
    Revision seen_revision;
    std::uint64_t seen_raft_term = 0;
    Revision seen_holder_mod;
    Term seen_term;
    Instant read_sent;  ///< of the last whole read that arrived
    // the holder record
    Instant record_learned;                 ///< when this revision of it was first seen
    bool record_watched = false;            ///< an older revision, or its absence, was seen before
    Instant observed_since;                 ///< the store was observed without a step back since
    std::optional<Instant> key_gone_since;  ///< the holder's candidate key
    bool set_back = false;                  ///< it was seen to step back, once at least
    // the head of the queue
    Revision head;
    Instant headed_since;  ///< when this head was first seen as the head
    Instant head_since;    ///< the same, or when what it could claim over changed: for depose
    bool was_paused = false;
    Revision own_writes;     ///< what is older than these says nothing of what is ours
    Revision read_revision;  ///< of the last whole read
    Revision record_mod;     ///< the revision that the record fields above speak of
    std::string missing;     ///< our key: a whole read lacked it, and the watch has not said why
    bool gap = false;        ///< the watch has missed something that no whole read made good yet
    std::string roll_call;   ///< as in the view
    Instant roll_call_learned;
    // of a crowd
    bool whole = false;                    ///< reads are of everything, until we hold no more
    ReadElection asking;                   ///< the last read that was sent
    ReadElection asked;                    ///< the one that the view is from
    bool crowded = false;                  ///< as the last answer had it
    std::vector<std::string> first_names;  ///< whose keys the queue's first were then
    std::string bell;   ///< `front` places before ours: while it is there, we are far from the head
    Revision bell_for;  ///< our key that it was looked up for
    std::optional<Instant> sorted;  ///< when the queue was last asked for its first keys, and told
    OpId watch;                     ///< whose batches count; 0: the first one
    bool watch_far = false;
};

/// Our candidate key, as this member believes that it stands in the queue.
struct OwnKey {
    const std::string& key;
    Revision create;  ///< 0: not queued
};

/// What an observation changed.
struct News {
    bool set_back = false;  ///< the store went back in time: what was known is forgotten
    bool first = false;     ///< the view is the first one, or the first since then
    bool changed = false;   ///< the view is another
};

/// The answer to the whole read in the slot.
News learn_read(Knowledge& k, Means& m, const ElectionRead& e, const OwnKey& own);
News learn_changes(Knowledge& k, Means& m, const StoreChanged& batch, const OwnKey& own);
void on_resumed(Knowledge& k, const WatchResumed& e);
/// We wrote at this revision; with it the candidate key of that create revision went, if any.
void learn_own_write(Knowledge& k, Revision at, Revision key_gone);
/// The record as an answer of ours showed it.
/// News only when it cannot be: the view is learned whole, with the next read or batch.
News learn_holder(Knowledge& k, Instant now, const StoredRecord& holder);

/// There is no such key any more: as the view says, or because it was asked for by name.
bool key_gone(const Knowledge& k, const std::string& key, Revision create);
/// If this member were there, or whoever is next (empty), the view would show it, and its key;
/// else the store is asked.
bool would_show(Knowledge& k, const Policy& p, const std::string& name);

/// For a holder: the view leaves no key out; else everything is read from now on.
bool sees_every_key(Knowledge& k);

/// Asks for a whole read, when one is wanted; and now and then, should the watch have gone silent.
void drive_reads(Knowledge& k, Means& m, bool now_and_then, const OwnKey& own);

}  // namespace elector::knowledge
