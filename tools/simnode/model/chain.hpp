// Owns the chain: which slot decides which height and round, whose turn it is, when blocks commit.
// Must never know a node; our proposals reach it as plain calls.
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "simnode/model/types.hpp"

namespace elector::simnode {

/// What the other delegates send in one round, in true time; kNever where it never comes.
struct RoundTraffic {
    Instant block = kNever;      ///< the proposed block reaches the delegates
    Instant proposals = kNever;  ///< enough proposal endorsements
    Instant locks = kNever;      ///< enough lock endorsements
};

class Chain {
  public:
    Chain(const ChainParams& params, Instant start);

    const ChainParams& params() const { return params_; }
    const Tip& tip() const { return tip_; }
    bool is_delegate() const { return delegate_; }
    /// Whether (height, round) is our delegate's to propose. Looks at the rotation only.
    bool is_ours(std::uint64_t height, std::uint32_t round) const;
    /// Whether the block of that height was our delegate's. Those before the start are taken to
    /// have been decided in their first round; beyond the last hundred of ours nobody asks.
    bool made_by_us(std::uint64_t height) const;
    RoundTraffic traffic(std::uint64_t height, std::uint32_t round) const;

    Instant next_event() const;
    /// Runs the one event due at `t` = next_event(); true when a block was committed.
    bool run(Instant t);

    /// A node of ours sent a proposal that reached the network.
    void on_own_proposal(std::uint64_t height, std::uint32_t round, Instant t);
    void stall(Instant from, Instant until);
    void set_delegate(bool on) { delegate_ = on; }

  private:
    struct OwnProposal {
        std::uint64_t height = 0;
        std::uint32_t round = 0;
        Instant at{};
    };

    Instant slot_start(std::int64_t slot) const { return params_.block_interval * slot; }
    Duration commit_latency(std::int64_t slot) const;
    bool stalled(std::int64_t slot) const;
    bool depends_on_us(std::uint64_t height, std::uint32_t round) const;
    void start_slot(Instant t);
    void accept_own(const OwnProposal& p);
    const OwnProposal* own_proposal(std::uint64_t height, std::uint32_t round) const;

    ChainParams params_;
    Tip tip_;
    std::int64_t tip_slot_ = 0;
    std::int64_t slot_ = 0;       // the last slot that started
    Instant commit_at_ = kNever;  // of the slot that runs
    std::optional<OwnProposal> own_;
    std::uint64_t first_height_ = 0;  // the tip at the start
    std::vector<std::uint64_t> ours_;
    Instant stall_from_ = kNever;
    Instant stall_until_ = kNever;
    bool delegate_ = true;
};

}  // namespace elector::simnode
