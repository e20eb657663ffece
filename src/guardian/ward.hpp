// Owns one node as its guardian sees it: the machine that decides for it, the connections to it,
// what was said of it. Must never decide, nor know of other nodes. Nothing is allocated on the way
// to a demotion. Thread rule: the guardian's one thread.
#pragma once

#include <optional>
#include <string>

#include "guardian/admin.hpp"
#include "guardian/fence_command.hpp"
#include "guardian/knock.hpp"
#include "guardian/log.hpp"
#include "guardian/machine.hpp"
#include "guardian/poller.hpp"
#include "guardian/process.hpp"
#include "guardian/status.hpp"

namespace elector::guardian {

class Ward {
  public:
    Ward(const WardOptions& options, const Machine& machine, const Log& log);
    ~Ward();
    Ward(const Ward&) = delete;
    Ward& operator=(const Ward&) = delete;

    // --- what has happened
    /// Takes what the node has said.
    void take_node(Instant now);
    /// False: it is not armed now, and must not be acknowledged.
    bool arm(Instant now, const Arm& arm);
    void disarm();
    /// To the last status query.
    Answer last_answer() const { return last_; }

    // --- what follows
    /// decide(), with what only the connections know.
    Actions decide(Instant now);
    /// What of it concerns the node: to be told, asked, knocked at.
    void perform(Instant now, const Actions& actions);
    /// While a holding is guarded one connection is kept that the node has accepted, by a query a
    /// minute; its end may be the end of the node's process.
    void keep_warm(Instant now);
    /// Says what the guardian has begun or ended.
    void tell(Instant now);
    void tell_arm_refused(bool fence_runs);
    /// There is nothing more to be done about it.
    void rest();
    void follow(Poller& poller, std::uint64_t word);
    Instant wake() const;

    /// The connection that answered `false`, for a closer; -1: there is none.
    int confirmed() const { return confirmed_; }
    /// A failure of its closer is told, once for each kind, until one has not failed.
    void closer_ended(Instant now, const Ending& ending);
    /// After a failure that somebody has to mend: the next one would say the same at once.
    bool closer_rests(Instant now) const { return now < rests_until_; }

    const WardOptions& options;
    Machine machine;
    const Log log;
    KeptWords fence;
    std::optional<FenceOrder> fence_order;  ///< of the elector, not answered yet
    bool spared = false;                    ///< the elector that let go of it lives on
    bool held_back = false;                 ///< counted among those for whom no elector starts
    bool busy = false;                      ///< counted among those whose elector has a deadline
    Shown shown = Shown::kWaiting;          ///< how it is counted for people
    std::optional<int> ended;               ///< with this exit code
    Instant ended_at;

  private:
    bool witness_ended();
    void drop_witness();
    void place_confirmed(int fd);

    AdminRequest warm_;  ///< kept connected while a holding is guarded
    int witness_ = -1;   ///< was warm_, until an answer took too long; told of its end only
    std::uint32_t witnesses_ = 0;
    AdminRequest set_;
    AdminRequest status_;
    AdminRequest* telling_ = nullptr;  ///< who carries the deactivation
    AdminRequest* asking_ = nullptr;   ///< who carries the status query
    bool status_failed_ = false;
    Answer last_ = Answer::kFailed;  ///< to a status query
    Knock knock_;
    Address probe_;
    int confirmed_ = -1;
    bool confirmed_looked_at_ = false;
    Instant next_warm_;
    Ending closer_ending_{0, 0};  ///< of the last one
    Instant rests_until_;
    std::array<Poller::Seen, 6> seen_;
    // said already
    bool told_acting_ = false, told_standby_ = false, told_refused_ = false;
};

}  // namespace elector::guardian
