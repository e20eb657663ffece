// Owns what the guardian decides: when to kill its elector, how to bring the node to standby and
// have that recorded, when to start the elector again. Instants of CLOCK_BOOTTIME are values.
// Must never do I/O, read a clock or allocate: the process around it does what decide() says.
// Thread rule: values only.
#pragma once

#include <algorithm>
#include <optional>

#include "fencing/ladder.hpp"
#include "guardian/message.hpp"

namespace elector::guardian {

using model::Duration;
using model::Instant;

/// What one request to the admin port came to.
enum class Answer : std::uint8_t {
    kActive,
    kStandby,
    kDone,     ///< to a set: it was handled, which proves nothing
    kRefused,  ///< nobody listens
    kFailed    ///< silence, a broken connection, an answer that nobody understands
};

/// What the marker's gate may rest on.
enum class GateKind : std::uint8_t {
    kTip,       ///< the node's tip, read by whoever writes the marker from the same process life
    kTime,      ///< no tip is to be trusted
    kDead,      ///< the node process is gone: silent at once
    kRestarted  ///< perhaps another process life, perhaps active by its own configuration (A5)
};

struct Closing {
    bool unfenced = false;  ///< write UNFENCED; else DRAIN, delete the key, revoke the lease
    GateKind gate = GateKind::kTime;
    Instant confirmed;
    bool operator==(const Closing&) const = default;
};

/// What to do now, in this order. Everything that takes time is answered by an input of the
/// machine, once.
struct Actions {
    bool kill = false;
    bool deactivate = false;       ///< answered by set_answered
    bool ask = false;              ///< a status query, sent now: status_read
    bool knock = false;            ///< does anybody listen on the two ports: knocked
    std::optional<Closing> close;  ///< by the closer: closed
    bool fence = false;            ///< run the fence command: fenced
    bool fence_told = false;       ///< say that it changed nothing though it said success
    bool start = false;            ///< an elector: started, or elector_gone
    std::optional<int> end;        ///< this process, with that exit code
    bool operator==(const Actions&) const = default;
};

/// For the log, and for what it knows beyond its phases.
enum class Reason : std::uint8_t { kNone, kElectorGone, kElectorSilent, kDrainOverran, kOrdered };

class Machine {
  public:
    /// `bounds` serve until a holding brings its own.
    Machine(Instant now, bool lock_held, const Bounds& bounds);
    /// Only brings the node to standby: there is no elector and no holding. Ends with 0 when that
    /// is certain, with 3 when it is not in time.
    static Machine once(Instant now, const Bounds& bounds);

    // --- inputs: what has happened
    /// False: not now; there must be no acknowledgement.
    bool arm(Instant now, const Arm& arm);
    void draining(Instant now, const Draining& m);
    /// The elector's loop turns: it has said something, whatever it was.
    void heard(Instant now) { heard_ = std::max(heard_, now); }
    void disarm();
    void activation_answered() { may_be_pending_ = false; }
    void locked() { lock_held_ = true; }
    void started(Instant now);
    /// `code`: its exit code; none: a signal ended it, or it could not be started.
    void elector_gone(Instant now, std::optional<int> code);
    void stop(Instant now);
    /// REQUIRES: stopping(). An elector that has not ended by itself is killed then; not before
    /// `other`, for the sake of another node.
    Instant kills_at() const;
    void kill_not_before(Instant other) { not_before_ = other; }
    /// There is a fence command, which may take so long; or there is none.
    void fence_set(std::optional<Duration> timeout) { fence_timeout_ = timeout; }
    /// The elector wants it run. False: it is not.
    bool fence_wanted();
    /// Nobody has begun it yet, and nobody needs it any more.
    void fence_withdrawn(Instant now);
    /// The command has ended, or could not be started.
    void fenced(Instant now, bool success);
    void set_answered(Instant now, Answer answer);
    void status_read(Instant now, Answer answer);
    void knocked(Instant now, bool both_refuse);
    /// The connection that was kept to the node ended: it may be another process by now.
    void node_lost();
    void closed(Instant now, bool done);
    /// The order to the closer has not been given to anybody yet: what it says is decided anew.
    void close_withdrawn(Instant now);

    /// What follows from all that. Call it after every input and at wake().
    Actions decide(Instant now);
    Instant wake() const { return wake_; }

    bool armed() const { return arm_.has_value(); }
    const Arm* guarded() const { return arm_ ? &*arm_ : nullptr; }
    bool acting() const { return phase_ == Phase::kActing; }
    bool waiting_for_lock() const { return phase_ == Phase::kWaitingForLock; }
    bool elector_runs() const { return elector_runs_; }
    bool confirmed() const { return d_.confirmed.has_value(); }
    bool owes_marker() const { return d_.owes_marker; }
    bool fence_runs() const { return fence_runs_; }  ///< or waits for that
    bool node_dead() const { return d_.dead; }
    Reason reason() const { return d_.reason; }
    Instant acting_since() const { return d_.since; }
    /// An elector for other nodes may start though this one is not done with: nothing that an
    /// elector sent can land any more, and what is left depends on the node, its fence command, or
    /// etcd alone.
    bool spares_others(Instant now) const;
    bool stopping() const { return stopping_.has_value(); }
    /// REQUIRES: stopping(). It ends then at the latest, whatever was reached.
    Instant stops_by() const { return stop_limit(); }
    /// The same of one whose elector is killed then.
    Instant stops_by(Instant killed_at) const;

  private:
    enum class Phase : std::uint8_t { kWaitingForLock, kWatching, kActing };
    /// One demotion of the node.
    struct Demotion {
        Reason reason = Reason::kNone;
        Instant since;
        bool owes_marker = false;
        bool kill_sent = false;
        Instant gone;  ///< no activation can have left after this
        bool set_busy = false, status_busy = false, knock_busy = false, closer_busy = false;
        bool send_false = true;
        bool set_failed = false;
        Instant next_set;
        std::optional<Instant> first_false;
        std::optional<Instant> last_false;
        Instant set_answered;
        bool seen_false = false;  ///< standby was answered, though it could not count yet
        Instant status_sent;
        Instant next_status;
        bool knock = false;
        Instant next_knock;
        std::optional<Instant> refused_since;
        std::optional<Instant> confirmed;
        bool dead = false;
        bool surprise = false;        ///< active again after it was confirmed standby
        bool unfenced_tried = false;  ///< UNFENCED may have been written
        bool tried_before = false;    ///< before the order that is asked for now
        bool unfenced = false;
        bool close_failed = false;
        Instant next_close;
        fencing::Ladder fence;
    };

    bool due(Instant now, Instant at);
    void begin(Instant now, Reason reason);
    void watch(Instant now, Actions& out);
    bool silent(Instant now);
    void help_draining(Instant now, Instant end, Actions& out);
    void start_elector(Instant now, Actions& out);
    void act(Instant now, Actions& out);
    void seek_standby(Instant now, Actions& out);
    void seek_death(Instant now, Actions& out);
    bool overdue(Instant now);
    void have_it_recorded(Instant now, bool late, Actions& out);
    void climb(Instant now, Actions& out);
    void finish(Instant now, Actions& out);
    void take_standby(Instant now);
    std::optional<Instant> late_until() const;
    Instant stop_limit() const;
    GateKind gate(Instant now) const;

    Phase phase_;
    Bounds bounds_;
    Instant wake_;
    bool lock_held_;
    bool elector_runs_ = false;
    bool starting_ = false;
    std::optional<Arm> arm_;
    std::optional<Instant> draining_until_;
    bool only_owes_ = false;       ///< standby is confirmed while it drains: its marker is due
    Instant heard_;                ///< the elector, last; of use while it drains
    bool told_node_ = false;       ///< its own `false` while the elector drains
    bool told_late_ = false;       ///< and again when an activation must have landed
    bool may_be_pending_ = false;  ///< armed, and no activation was answered since
    bool life_certain_ = true;     ///< the node's process is the one that was armed for
    Demotion d_;
    std::optional<Duration> fence_timeout_;
    bool fence_wanted_ = false;
    bool fence_runs_ = false;   ///< for whomever
    bool fence_tried_ = false;  ///< in this holding
    std::optional<int> final_;  ///< the service ends with this
    std::optional<Instant> stopping_;
    Instant not_before_;  ///< is a shared elector killed at a stop
    bool stop_killed_ = false;
    Instant started_at_;
    Instant start_at_;
    Duration back_off_{};
};

}  // namespace elector::guardian
