// Owns what the protocol's assumption A4 still allows each node to sign, whatever the modelled node
// happens to do: a wait that is too short shows here by a millisecond, not by a lucky collision.
// Must never ask the core; fed with what leaves and reaches the hosts, in true time.
// Thread rule: one thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/hub.hpp"
#include "sim/node_adapter.hpp"

namespace elector::sim {

class Assumptions {
  public:
    explicit Assumptions(Hub& hub) : hub_(hub), nodes_(hub.plan.members) {}

    /// A set of ours leaves the host for the node.
    void set_leaves(const NodeOp& op);
    /// The one completion of any question to the node.
    void answered(const NodeOp& op, const model::Event& event);
    /// The node's flag rose: by a set of ours, or by somebody else.
    void rose(std::uint8_t node);
    void process_ended(std::uint8_t node, Time at);
    void signed_height(std::uint8_t node, std::uint64_t height);
    /// A fault under which a deactivation promises nothing is on, or over.
    void deaf(std::uint8_t node, bool on);
    /// A residual risk explains whatever this node signs, while this is on.
    void excuse(std::uint8_t node, bool on) { nodes_[node].excused = on; }
    /// The whole host stood still (A3), or an activation landed after all bounds (A4): nothing is
    /// promised until standby is confirmed.
    void beyond(std::uint8_t node) { nodes_[node].beyond = true; }
    /// An activation is on its way, or was not answered.
    bool pending(std::uint8_t node) const { return nodes_[node].pending.has_value(); }
    /// 100 ms after standby was confirmed: what a leftover could be for is settled.
    void sample_tip(std::uint8_t node, std::uint64_t number);
    /// Activated, and standby not confirmed since.
    bool activated(std::uint8_t node) const { return nodes_[node].activated; }
    /// Whoever is activated now joins no round in which this node may have signed.
    bool quiet(std::uint8_t node);
    /// A marker is about to be written. Empty, or why the node could still become active.
    std::string against_marker(std::uint8_t node) const;

  private:
    struct Node {
        bool activated = false;           ///< an activation left and no confirmed standby since
        std::optional<Time> pending;      ///< when the activation without an answer left
        std::optional<Time> first_false;  ///< since the activation left
        std::optional<Time> rose_alone;   ///< activated, but not by a set that we saw leave
        std::pair<std::uint64_t, std::uint64_t> last_false;  ///< incarnation and operation
        bool pending_at_false = false;
        bool fault_on = false;
        bool was_deaf = false;  ///< a fault was on since the activation left
        bool beyond = false;
        bool excused = false;
        std::optional<Time> confirmed;  ///< standby, by a status that A4 trusts
        Time silent = kNoTime;          ///< and not after this, whenever that answer came
        std::uint64_t confirmations = 0;
        std::optional<std::uint64_t> tip;  ///< 100 ms after the confirmation
        std::optional<Time> dead;
        std::uint64_t last_height = 0;  ///< that it signed
    };

    /// Until when the node may sign, and up to which height it matters; 0: nothing any more.
    struct Reach {
        Time until{};
        std::uint64_t height = 0;
    };
    Reach reach(std::uint8_t node);
    std::uint64_t tip_of(std::uint8_t node) { return hub_.world->view(node, hub_.now).tip.height; }

    Hub& hub_;
    std::vector<Node> nodes_;
};

}  // namespace elector::sim
