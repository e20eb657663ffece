// Owns the question "is this node fit to lead?": ready, fresh, near the tip of the chain and
// moving; how long it cools down, and what is asked of it when it is the last one standing. Of the
// group it reads who waits in the queue and which tips they publish. Must never know of roles,
// holdings or the holder record. Thread rule: values and pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/blocker.hpp"
#include "model/election_view.hpp"
#include "model/policy.hpp"

namespace elector::health {

using namespace model;

/// A check that must fail `fall` times running to count as bad, and pass `rise` times to recover.
struct Hysteresis {
    bool good = false;
    int streak = 0;  ///< answers running against `good`
};

/// When a member's published tip last rose.
struct TipTrack {
    std::string name;
    Height tip;
    Instant moved;
};

/// Of those who wait behind what is seen of a crowd's queue.
struct Behind {
    Height tip;
    Instant moved;
    Instant heard;       ///< of that tip, or a higher one
    Revision mod;        ///< of the member record that was heard last
    bool known = false;  ///< it was heard of lately
};

struct Cooling {
    std::optional<Instant> until;
    Duration next{};
    Instant healthy_since;
};

/// What is asked of a node when nobody leads and nobody is eligible.
struct Relaxing {
    std::optional<Instant> since;  ///< nobody has been there since
    int dropped = 0;               ///< 0 nothing, 1 cooling down, 2 readiness too, 3 lag too
};

struct Health {
    std::optional<Height> tip;  ///< our node's newest block
    bool tip_exact = false;     ///< as of the answer; else from /metrics
    Hysteresis ready;
    Hysteresis fresh;   ///< tip age
    Hysteresis near;    ///< lag
    Hysteresis moving;  ///< not frozen while others move
    Height last_checked_tip;
    std::optional<Height> target;  ///< the highest block that our node hears of from its peers
    int lag_bucket = 0;
    std::uint64_t lag = 0;       ///< blocks
    std::vector<TipTrack> tips;  ///< of every member that publishes one, ours included
    Behind behind;
    Cooling cooling;
    Relaxing relaxing;
};

// --- what was observed
void learn_ready(Health& h, const Policy& p, bool ready);
/// The exact tip, and how old it is by its time stamp.
void learn_tip(Health& h, const Policy& p, const ElectionView& view, Instant now, Height tip,
               Duration age);
/// There is no exact tip to be had: the gauges of /metrics count from now on.
void learn_no_tip(Health& h);
void learn_gauges(Health& h, const Policy& p, const ElectionView& view, Instant now,
                  std::optional<Height> tip, std::optional<Height> target);
void learn_no_gauges(Health& h);
/// The tips that the members publish.
void learn_members(Health& h, const Policy& p, const ElectionView& view, Instant now);
/// The process is another one by now: what the old one told says nothing of it.
void forget_node(Health& h);
/// The process is gone: it has no tip.
void forget_tip(Health& h);

// --- what follows
/// What of its health makes the node unfit to lead; empty: nothing.
Blockers unfit(const Health& h, const Policy& p, Instant now);
/// The next instant at which time alone changes unfit().
Instant unfit_changes_at(const Health& h, const Policy& p, Instant now);
/// Highest known tip of members and of the peers our node hears.
Height best_known_tip(const Health& h);
/// No known tip, ours included, has moved for longer than a fresh tip may be old.
bool chain_stalled(const Health& h, const Policy& p, Instant now);
/// Our tip stands still while another member's moves.
bool frozen(const Health& h);
/// Another member that is queued, eligible, and whose tip moves.
const MemberEntry* moving_rival(const Health& h, const Policy& p, const ElectionView& view,
                                Instant now);

/// The node failed as a leader: it stays out of the queue for a while, longer each time. Returns
/// how long.
Duration cool_down(Health& h, const Policy& p, Instant now);
/// The group has a holder or an eligible member again.
void stop_relaxing(Health& h);
/// Nobody leads and nobody is eligible. Returns the requirement that is dropped now, if any is.
std::optional<std::string_view> relax(Health& h, const Policy& p, Instant now);
/// When relax() drops the next one.
Instant relaxes_at(const Health& h, const Policy& p);

}  // namespace elector::health
