// Owns what must never happen, judged from the outside with the simulator's own books: who signed,
// who claimed, what was acknowledged when. Must never ask the core for its opinion of time.
// Thread rule: one thread.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "model/effect.hpp"
#include "sim/assumptions.hpp"
#include "sim/guardian.hpp"
#include "sim/hub.hpp"
#include "sim/member.hpp"
#include "sim/node_adapter.hpp"
#include "sim/store_adapter.hpp"

namespace elector::sim {

struct Counts {
    std::uint64_t steps = 0;
    std::uint64_t signatures = 0;
    std::uint64_t activations = 0;
    std::uint64_t claims = 0;
    std::uint64_t excused = 0;  ///< double signatures that a published residual risk explains
    std::uint64_t late = 0;     ///< signatures after another node was activated: information
    std::uint64_t unfenced = 0;
    std::uint64_t fences = 0;              ///< runs of a fence command
    std::array<std::uint64_t, 64> rows{};  ///< of the transition table, how often each
};

void add(Counts& sum, const Counts& more);

class Checks {
  public:
    explicit Checks(Hub& hub);

    void process_started(std::uint8_t member);
    void after_step(std::uint8_t member, const Member& m, const model::Effects& effects);
    void executed(const StoreOp& op, const model::Event& event);
    void completed(const StoreOp& op, const model::Event& event);
    void set_leaves(const NodeOp& op, const Member& m, const Guardian& guardian,
                    Time unanswered_set);
    void node_log(const simnode::LogEntry& entry);
    void fence_run() { ++counts_.fences; }
    /// An older elector activates this node: what its marker said is over.
    void foreign_activates(std::uint8_t node) { books_[node].drained = false; }

    /// Revisions, and terms with them, begin again from a backup.
    void store_restored() { last_term_ = 0; }
    /// This node's signatures are explained by a residual risk while this is on.
    void excuse(std::uint8_t node, bool on) {
        books_[node].excused = on;
        a4.excuse(node, on);
    }
    bool excused(std::uint8_t node) const { return books_[node].excused; }
    const Counts& counts() const { return counts_; }
    Time last_role_change() const { return last_role_change_; }
    std::uint64_t election_writes() const { return election_writes_; }

    Assumptions a4;

  private:
    struct Claimed {
        std::uint64_t nonce = 0;
        model::Instant sent;
        Duration hold{};
        bool committed = false;
    };
    struct Book {
        std::vector<Claimed> claims;  ///< of this process
        model::Instant valid_until;   ///< by the send times of what was acknowledged
        std::uint64_t valid_nonce = 0;
        bool excused = false;
        bool drained = false;  ///< a marker is written and no activation left since
        Time drained_at{};
    };
    struct Signed {
        std::uint8_t node = 0;
        Time at{};
        bool excused = false;
    };

    void check_leader(std::uint8_t member, const Member& m);
    void check_pace(std::uint8_t member, const Member& m);
    void marker(const StoreOp& op, const model::Drain& drain);
    void signature(const simnode::LogEntry& entry);

    Hub& hub_;
    std::vector<Book> books_;
    std::unordered_map<std::uint64_t, Signed> signed_;
    std::int64_t last_term_ = 0;
    std::uint8_t last_activated_ = 0;
    bool any_activated_ = false;
    Time last_role_change_{};
    std::uint64_t election_writes_ = 0;
    Counts counts_;
};

}  // namespace elector::sim
