// Owns the requests to the nodes that are under way, the held connections and the port monitors.
// Does what the node client does: one read at a time, a deactivation apart, an activation only on
// the connection that answered. Must never decide. Thread rule: one thread.
#pragma once

#include <array>
#include <vector>

#include "model/effect.hpp"
#include "sim/hub.hpp"

namespace elector::sim {

enum class NodeAsk : std::uint8_t { kStatus, kDeactivate, kActivate, kReadiness, kTip, kMetrics };

struct NodeOp {
    NodeAsk ask{};
    std::uint8_t member = 0;
    bool guardian = false;
    bool fresh = false;
    bool done = false;
    bool judged = false;  ///< the last look at the deadline is over; only the write is left
    std::uint32_t pending = 0;
    std::uint64_t incarnation = 0;
    model::OpId op;
    model::ConnectionId connection;
    model::Instant not_after;
    simnode::RequestId request = 0;  ///< 0: no bytes left
    Time sent{};                     ///< when the bytes left
};

enum class MaySend : std::uint8_t { kYes, kLater, kNever };

class NodeObserver {
  public:
    virtual ~NodeObserver() = default;
    /// Is the process that asks still there, and does it run?
    virtual MaySend may_send(const NodeOp& op) = 0;
    virtual void on_set_leaves(const NodeOp& op) = 0;
    /// The one completion of `op`.
    virtual void on_answer(const NodeOp& op, const model::Event& event) = 0;
    virtual void on_port(std::uint8_t member, std::uint64_t incarnation,
                         const model::PortChanged& event) = 0;
};

class NodeAdapter {
  public:
    NodeAdapter(Hub& hub, NodeObserver& observer);

    void start(std::uint8_t member, std::uint64_t incarnation, const model::Effect& effect);
    void start_for_guardian(std::uint8_t member, std::uint64_t life, NodeAsk ask);
    void run(const Task& task);
    /// Hands on what the nodes have answered.
    void collect();

    void thawed(std::uint8_t member);
    void elector_started(std::uint8_t member, std::uint64_t incarnation);
    /// The node's process ended, or a port of it closed.
    void process_ended(std::uint8_t member);
    void ports_changed(std::uint8_t member);
    void set_other_operator(std::uint8_t member, bool on);

    /// Sets of this member's electors that have left and are unanswered: when the youngest left.
    Time last_unanswered_set(std::uint8_t member, const NodeOp* except) const;

  private:
    struct Monitor {
        bool up = false;
        bool broken = false;  ///< the held connection's process is gone
        bool ticking = false;
        Time first{};
    };
    struct Held {
        std::uint64_t id = 0;  ///< 0: none
        std::array<Monitor, 2> ports;
        std::uint64_t incarnation = 0;
        bool other_operator = false;   ///< the node runs with another operator key
        std::uint32_t status = kNone;  ///< the elector's status query that is under way
        std::uint32_t judged = kNone;  ///< an activation of which only the write is left
    };
    static constexpr std::uint32_t kNone = 0xffffffff;

    void put(NodeOp op);
    void later(Time when, Job job, std::uint32_t at, std::uint64_t b = 0);
    void send(std::uint32_t at);
    void send_admin(std::uint32_t at);
    void read(std::uint32_t at);
    void time_out(std::uint32_t at);
    void finish(std::uint32_t at, const model::Event& event);
    void release(std::uint32_t at);
    void supersede_status(std::uint8_t member);
    void monitor(const Task& task);
    void tick(std::uint8_t member, std::size_t port, Time when);
    simnode::PortState state_of(std::uint8_t member, std::size_t port);

    Hub& hub_;
    NodeObserver& observer_;
    Pool<NodeOp> ops_;
    std::vector<std::uint32_t> live_;  ///< admin requests the nodes have
    std::vector<Held> held_;
    std::uint64_t last_connection_ = 0;
};

bool is_node_effect(const model::Effect& effect);

}  // namespace elector::sim
