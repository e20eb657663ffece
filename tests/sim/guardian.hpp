// Owns one member's guardian in virtual time: production's machine, with the simulator's world for
// sockets and children, and a closer that writes its marker.
// Must never decide what the machine decides. Thread rule: one thread.
#pragma once

#include <optional>
#include <vector>

#include "guardian/machine.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "sim/hub.hpp"
#include "sim/node_adapter.hpp"
#include "sim/store_adapter.hpp"

namespace elector::sim {

/// What a guardian may do to the world around it.
class GuardianHost {
  public:
    virtual ~GuardianHost() = default;
    virtual bool elector_runs(std::uint8_t member) const = 0;
    /// It is heard: its loop turns, and it still believes in its guardian.
    virtual bool elector_speaks(std::uint8_t member) const = 0;
    virtual bool elector_wanted(std::uint8_t member) const = 0;
    virtual void kill_elector(std::uint8_t member) = 0;
    virtual void start_elector(std::uint8_t member) = 0;
    virtual void ask_node(std::uint8_t member, std::uint64_t life, NodeAsk ask) = 0;
    /// Answered by fence_ended().
    virtual void run_fence(std::uint8_t member, std::uint64_t life) = 0;
    virtual void fence_answered(std::uint8_t member, bool success) = 0;
    virtual void ask_store(std::uint8_t member, std::uint64_t life, const model::Effect& e) = 0;
    virtual std::uint64_t incarnation(std::uint8_t member) const = 0;
};

class Guardian {
  public:
    Guardian(Hub& hub, GuardianHost& host, std::uint8_t member, const model::Policy& policy)
        : hub_(hub), host_(host), member_(member), policy_(policy) {}

    void start(bool elector_may_live);
    void kill();
    void freeze() { frozen_ = true; }
    void thaw();
    void set_slow(bool on) { slow_ = on; }
    bool works() const { return alive_ && !frozen_; }
    bool alive() const { return alive_; }
    std::uint64_t life() const { return life_; }
    /// The last deadline that it acknowledged; none: disarmed.
    std::optional<model::Instant> armed_until() const;

    /// ArmGuardian, TellGuardianDraining, DisarmGuardian from the elector.
    void receive(const model::Effect& message);
    /// The adapter tells that an activation was answered.
    void activation_answered();
    void elector_exited(int code);
    void elector_died();
    /// Its loop stands from now on; it was heard until now.
    void elector_froze();

    void run();
    void node_answer(const NodeOp& op, const model::Event& event);
    void store_answer(const model::Event& event);
    void fence_ended(bool success);

  private:
    struct Message {
        Time due{};
        model::Effect what = model::DisarmGuardian{};
    };
    /// The child that writes; it lives and is frozen with the guardian here.
    struct Closer {
        guardian::Closing order;
        enum class Step : std::uint8_t { kIdle, kTip, kTipAsked, kWrite, kWriting, kRevoking };
        Step step = Step::kIdle;
        std::optional<model::Height> tip;
        int tries = 0;
    };

    void later(Duration d);
    void at(model::Instant when);
    void look(Time when);
    Duration latency();
    void take_messages();
    void take(const model::Effect& message);
    void take_world(model::Instant now);
    void take_fence(model::Instant now);
    void perform(model::Instant now, const guardian::Actions& actions);
    void go_on_closing(model::Instant now);
    void close_with(bool done);
    bool ports_refuse();
    std::uint64_t node_life();
    model::HolderRecord closing_record() const;

    Hub& hub_;
    GuardianHost& host_;
    std::uint8_t member_;
    const model::Policy& policy_;
    bool alive_ = false;
    bool frozen_ = false;
    bool slow_ = false;
    Time look_at_ = kNoTime;  ///< the next look that is planned
    std::uint64_t life_ = 0;
    std::optional<guardian::Machine> machine_;
    std::vector<Message> inbox_;
    std::optional<model::ArmGuardian> armed_;
    std::optional<int> exit_code_;       ///< of the elector, told by the system
    std::uint64_t node_life_ = 0;        ///< of the node, when the holding was armed
    bool for_elector_ = false;           ///< the fence command that runs was ordered by it
    std::optional<bool> fence_success_;  ///< of one that has ended, while frozen perhaps
    int sets_ = 0, queries_ = 0;  ///< under way; a newer one makes an older one's answer void
    Closer closer_;
};

}  // namespace elector::sim
