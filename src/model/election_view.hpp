// Owns what this member knows of the store: queue, members, holder record, orders, as of a
// revision. Fed by linearizable reads (whole) and by watch batches (changes); older observations
// are dropped. Must never decide anything. Thread rule: values only.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/record.hpp"

namespace elector::model {

/// One key of the queue `K/…`.
struct Candidate {
    std::string key;
    Revision create;
    std::string value;  ///< the candidate's name
    bool operator==(const Candidate&) const = default;
};

struct MemberEntry {
    Revision create;
    Revision mod;
    MemberRecord record;
    bool operator==(const MemberEntry&) const = default;
};

/// What a view of a crowd, a group of more than `front` members, leaves out.
struct Crowd {
    std::size_t front = 0;    ///< that many of the queue's first keys at most; 0: the view has all
    bool cut = false;         ///< there may be keys behind those in the queue
    bool far = false;         ///< we are not among them: the watch tells of record and orders alone
    Revision queue_at;        ///< queue and members are as of this revision
    std::size_t members = 0;  ///< of the whole group, when last counted
    std::vector<Candidate> beyond;  ///< keys behind the queue that were asked for by name
    std::string own{};              ///< our key, which is kept wherever in the queue it comes
    /// Who was heard of last of those who wait behind the queue and have a tip. A front that stands
    /// still as one would else take the chain for standing.
    std::optional<MemberEntry> heard;
    bool operator==(const Crowd&) const = default;
};

/// All that is stored for one election, as of `revision`; or the front of a crowd.
struct ElectionView {
    std::uint64_t cluster_id = 0;
    std::uint64_t raft_term = 0;
    Revision revision;
    std::vector<Candidate> queue;  ///< ascending create revision
    std::vector<MemberEntry> members;
    StoredRecord holder;
    std::optional<PauseOrder> pause;
    std::optional<SwitchoverOrder> switchover;
    std::string roll_call;  ///< a bootstrap asks every member for a new status; empty: none does
    Crowd crowd;
    bool operator==(const ElectionView&) const = default;
};

/// One key changed, as the watch tells it. Removal: the matching `…Gone`.
struct CandidateCame {
    Candidate candidate;
};
struct CandidateGone {
    std::string key;
};
struct MemberCame {
    MemberEntry entry;
};
struct MemberGone {
    std::string name;
};
struct HolderChanged {
    StoredRecord holder;
};
struct PauseChanged {
    std::optional<PauseOrder> pause;
};
struct SwitchoverChanged {
    std::optional<SwitchoverOrder> order;
};
struct RollCallChanged {
    std::string roll_call;
};

struct Change {
    Revision at;  ///< the revision of the change
    std::variant<CandidateCame, CandidateGone, MemberCame, MemberGone, HolderChanged, PauseChanged,
                 SwitchoverChanged, RollCallChanged>
        what;
};

/// Applies the changes that are newer than the view, in order. Returns true if any was.
bool apply(ElectionView& view, const std::vector<Change>& changes, Revision up_to);

/// Keys and names of one election differ at their ends: most are told apart without a look at the
/// rest.
inline bool same_key(const std::string& a, const std::string& b) {
    return a.size() == b.size() && (a.empty() || a.back() == b.back()) && a == b;
}
const Candidate* find_key(const ElectionView& view, const std::string& key);
const Candidate* find_created(const ElectionView& view, Revision create);
const MemberEntry* find_member(const ElectionView& view, const std::string& name);
/// Queue and members are as of this; record and orders may be newer.
inline Revision queue_known_at(const ElectionView& view) {
    return view.crowd.far ? view.crowd.queue_at : view.revision;
}
/// There is no such key. Not to be seen is less: of a crowd not every key is.
bool surely_gone(const ElectionView& view, Revision create);
/// The member whose record names this key as its candidacy.
const MemberEntry* owner_of(const ElectionView& view, const std::string& key);
/// Neither the record's term nor named by a member record: an older elector or etcdctl.
bool is_foreign(const ElectionView& view, const Candidate& candidate);
bool any_foreign(const ElectionView& view);

}  // namespace elector::model
