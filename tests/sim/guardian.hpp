// Owns one member's guardian as the protocol describes it: armed deadlines, the kill, the demotion
// (standby, confirmation, marker), the restart of the elector.
// Must never share code or state with the core. Thread rule: one thread.
#pragma once

#include <optional>
#include <vector>

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
    virtual bool elector_wanted(std::uint8_t member) const = 0;
    virtual void kill_elector(std::uint8_t member) = 0;
    virtual void start_elector(std::uint8_t member) = 0;
    virtual void ask_node(std::uint8_t member, std::uint64_t life, NodeAsk ask) = 0;
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
    std::optional<model::Instant> armed_until() const {
        return armed_ ? std::optional(armed_->valid_until) : std::nullopt;
    }

    /// ArmGuardian, TellGuardianDraining, DisarmGuardian from the elector.
    void receive(const model::Effect& message);
    /// The adapter tells that an activation was answered.
    void activation_answered();
    void elector_exited(int code);
    void elector_died();

    void run();
    void node_answer(const NodeOp& op, const model::Event& event);
    void store_answer(const model::Event& event);

  private:
    enum class Phase : std::uint8_t { kWatching, kWaitingForLock, kDemoting };
    struct Message {
        Time due{};
        model::Effect what = model::DisarmGuardian{};
    };
    struct Demotion {
        model::Instant since;
        bool owes_marker = false;
        bool set_busy = false, status_busy = false, tip_busy = false, store_busy = false;
        bool send_false = true;
        std::optional<model::Instant> first_false;
        std::optional<model::Instant> last_false;
        model::Instant set_answered;
        model::Instant status_sent;
        model::Instant next_status;
        std::optional<model::Instant> confirmed;
        std::optional<model::Instant> refused_since;
        bool dead = false;
        bool tip_done = false;
        std::optional<model::Height> tip;
        bool unfenced = false;
        bool unfenced_asked = false;  ///< what the store operation under way is
        model::Instant next_store;
        int revoked = 0;  ///< 0 not yet, 1 asked, 2 done
    };

    void later(Duration d);
    void at(model::Instant when);
    void look(Time when);
    Duration latency();
    void take_messages();
    void take(const model::Effect& message);
    void watch();
    void begin_demotion();
    void demote();
    void seek_standby(model::Instant now);
    void judge_ports(model::Instant now);
    void write_marker(model::Instant now);
    void maybe_restart(model::Instant now);
    model::HolderRecord closing(model::HolderRecord::State state) const;

    Hub& hub_;
    GuardianHost& host_;
    std::uint8_t member_;
    const model::Policy& policy_;
    bool alive_ = false;
    bool frozen_ = false;
    bool slow_ = false;
    Time look_at_ = kNoTime;  ///< the next look that is planned
    std::uint64_t life_ = 0;
    Phase phase_ = Phase::kWatching;
    std::vector<Message> inbox_;
    std::optional<model::ArmGuardian> armed_;
    std::optional<model::Instant> draining_until_;
    bool told_node_ = false;                 ///< its own `false` while the elector drains
    bool may_be_pending_ = false;            ///< armed, and no activation was answered since
    std::optional<model::Instant> pending_;  ///< an activation may land until B + 1 s after this
    Demotion d_;
    model::Instant restart_at_;
    std::uint32_t starts_ = 0;
};

}  // namespace elector::sim
