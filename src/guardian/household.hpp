// Owns the guardian as a process: one loop over signals, the link, children and the nodes; it does
// what the machine of each node decides, and decides itself only what concerns all of them: when
// the elector, which they share, is killed, started or done with. A turn does a bounded part of
// what is due, the nodes one after the other, so that none waits for another's. Memory is locked,
// and nothing is allocated, no thread is made and no gRPC call happens on the way to a demotion.
// Must never wait for etcd: that is done by children. Thread rule: called from main.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "guardian/agenda.hpp"
#include "guardian/children.hpp"
#include "guardian/link.hpp"
#include "guardian/poller.hpp"
#include "guardian/process.hpp"
#include "guardian/pulse.hpp"
#include "guardian/queue.hpp"
#include "guardian/slots.hpp"
#include "guardian/status.hpp"
#include "guardian/ward.hpp"
#include "support/loop_lag.hpp"

namespace elector::guardian {

class Household {
  public:
    /// `once`: without an elector.
    Household(const Options& options, NodeLocks& locks, ServiceManager& manager, const Log& log,
              bool once);

    int run();
    std::vector<Fenced> run_once();

  private:
    /// One closer, and what it was told. A place of `told` whose ward has its answer has no arm.
    struct CloserRun {
        ~CloserRun();
        bool running() const { return child.running(); }
        bool stuck() const { return child.running() && killed; }
        Child child;
        std::array<std::size_t, kMaxOrders> wards{};
        std::array<Children::Told, kMaxOrders> told{};
        std::size_t count = 0;
        std::size_t unanswered = 0;
        int report = -1;
        Instant until = model::kNever;
        bool killed = false;     ///< for its time; all its orders are answered
        bool succeeded = false;  ///< with one of its orders
    };
    struct FenceRun {
        explicit FenceRun(const FenceIdentity& identity) : command(identity) {}
        bool running() const { return command.running(); }
        bool stuck() const { return command.stuck(); }
        FenceCommand command;
        std::size_t ward = 0;
    };

    void go_on();
    bool open_kernel();
    void lock_memory();
    void wait(bool more);
    Instant next_wake() const;

    // what has happened
    bool turn();
    void take_signals(Instant now);
    void stop(Instant now);
    void tell_state(Instant now);
    void take_link(Instant now);
    void take(Instant now, const Letter& letter);
    template <class Work>
    void guarded(Instant now, std::size_t ward, Work work);
    void take_of(Instant now, std::size_t ward, const Message& message);
    void take_elector(Instant now);
    void take_closers(Instant now);
    void take_fences(Instant now);
    void take_locks(Instant now);
    bool take_wards(Instant now);
    void take_ward(Instant now, std::size_t ward);
    void attend(Instant now, std::size_t ward);
    void account(Instant now, std::size_t ward);

    // what follows
    void perform(Instant now, std::size_t ward, const Actions& actions);
    void kill_for(Instant now, Ward& ward);
    void start_wanted(Instant now);
    void start_elector(Instant now);
    void end_ward(Instant now, Ward& ward, int code);
    void want_closer(Instant now, std::size_t ward, const Closing& closing);
    CloserRun* free_closer();
    void start_closers(Instant now);
    void start_closer(Instant now, CloserRun& run);
    void end_closer(Instant now, CloserRun& run, const Ending& ending);
    void take_reports(Instant now, CloserRun& run);
    void closer_answers(Instant now, CloserRun& run, std::size_t order, const Ending& ending);
    void want_fence(Instant now, std::size_t ward);
    void start_fence(Instant now, std::size_t ward, FenceRun& run);
    FenceRun* free_fence();
    void start_fences(Instant now);
    bool fence_runs(std::size_t ward) const;
    void withdraw_fence(Instant now, std::size_t ward);
    void answer_fence(std::size_t ward, bool success);
    void set_fence(std::size_t ward, const FenceWords& words);

    // what is told
    void watch_pulse(Instant now);
    bool elector_is_free() const;
    void tell_manager(Instant now);
    void tell_stall(Instant now);
    StatusText status(Instant now);
    bool stopping() const { return stopped_; }
    bool alone() const { return wards_.size() == 1; }

    const Options& options_;
    NodeLocks& locks_;
    ServiceManager& manager_;
    const Log& log_;
    const bool once_;
    Poller poller_;
    Link link_;
    short link_events_ = 0;
    Children children_;
    std::deque<Ward> wards_;
    Agenda agenda_;
    Queue ready_;  ///< those whose node has said something
    std::vector<std::unique_ptr<CloserRun>> closers_;
    Queue closers_wanted_;
    CloserRun* collecting_ = nullptr;  ///< orders for the closer that is about to start
    ClosersWord closers_word_;
    std::vector<std::unique_ptr<FenceRun>> fences_;
    Queue fences_wanted_;
    Queue wanting_;  ///< an elector
    // How many of the nodes …
    std::size_t holding_back_ = 0;  ///< … keep an elector from being started
    std::size_t busy_ = 0;          ///< … have a holding, by which their elector is judged
    std::size_t ended_ = 0;         ///< … are done with for good
    Counts counts_;                 ///< … are how, for people
    Pulse pulse_;
    Instant heard_;  ///< the elector
    bool killed_ = false;
    std::optional<int> elector_says_end_;  ///< it would say the same again
    bool stopped_ = false, interrupted_ = false;
    StatusText elector_says_;
    StatusText summary_;
    Instant next_summary_;
    support::LoopLag lag_;
    Duration late_{};  ///< of the last wake-up; negative: something came before it
    int signals_ = -1;
    Instant next_lock_ = model::kNever;
    bool placed_ = false;  ///< the locks, for every elector
    std::optional<int> exit_code_;
};

}  // namespace elector::guardian
