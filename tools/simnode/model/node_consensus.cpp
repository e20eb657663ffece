// The consensus machine of a node: prepare events, the round's stages, what is signed when.
#include <algorithm>

#include "simnode/model/node.hpp"

namespace elector::simnode {
namespace {

// Far above what a heartbeat can queue; a flood of sets is not worth modelling.
constexpr std::size_t kMaxPrepareEvents = 64;

}  // namespace

void Node::start_consensus(NodeContext& c, Instant t) {
    consensus_at_ = kNever;
    consensus_runs_ = true;
    tip_due_ = height_held() ? kNever : t + rng_.in(params_.sync);
    target_height_ = tip_.height;
    round_ = compute_round(c.chain, t + params_.wall_skew);
    if (flag_) push_prepare(t + params_.start_delay, t);
}

// --- prepare events ---

void Node::push_prepare(Instant due, Instant t) {
    if (!consensus_runs_ || params_.scheme == Scheme::noop) return;
    if (events_.size() < kMaxPrepareEvents)
        events_.push_back({round_.height, round_.number, t, due});
}

void Node::back_to_prepare(Instant t) {
    machine_ = MachineState::initial;
    plan_.fill(kNever);
    if (flag_) push_prepare(t + rng_.in(params_.queue_hop), t);
}

/// An event that fits no transition is retried for a while: this is how a leftover survives.
void Node::handle_prepare(NodeContext& c, std::size_t i, Instant t) {
    PrepareEvent& e = events_[i];
    const bool stale =
        e.height < round_.height || (e.height == round_.height && e.round < round_.number);
    const bool matches = machine_ == MachineState::initial;
    if (!stale && !matches && t - e.created <= params_.unmatched_ttl) {
        e.due = t + params_.unmatched_interval;
        return;
    }
    events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!stale && matches) prepare(c, t);
}

// --- the prepare transition ---

/// By this node's clock and tip alone; a round that began less than the tolerated overtime ago
/// is still joined.
Node::Round Node::compute_round(const Chain& chain, Instant wall) const {
    const Duration interval = chain.params().block_interval;
    const Duration since = wall - tip_.timestamp;
    std::int64_t number = 0;
    if (since > interval) {
        number = since / interval;
        if (since % interval < params_.tolerated_overtime) --number;
    }
    return {tip_.height + 1, static_cast<std::uint32_t>(number),
            tip_.timestamp + interval * (number + 1)};
}

void Node::prepare(NodeContext& c, Instant t) {
    if (params_.older_version && !flag_) return;
    const Instant wall = t + params_.wall_skew;
    if (wall <= tip_.timestamp) {
        step_ = Step::clock_wait;
        step_until_ = t + (tip_.timestamp - wall) + 1ms;
        return;
    }
    const bool same = round_.height == tip_.height + 1 && wall < round_.start_wall;
    if (!same) round_ = compute_round(c.chain, wall);
    prepare_began_ = t;
    proposing_ = c.chain.is_delegate() && c.chain.is_ours(round_.height, round_.number);
    // A block minted for this height before is kept and sent again.
    if (!proposing_ || minted_height_ == round_.height) return sleep_or_finish(c, t);
    step_ = Step::minting;
    step_until_ = t + rng_.in(params_.mint);
}

void Node::end_step(NodeContext& c, Instant t) {
    if (step_ == Step::sleeping) return finish_prepare(c, t);
    if (step_ == Step::minting) {
        minted_height_ = round_.height;
        // The read lock is let go for an instant: one writer slips in, and the readers behind it.
        if (run_one_waiting_set(c, t)) run_waiting_statuses(t);
        return sleep_or_finish(c, t);
    }
    step_ = Step::idle;
    step_until_ = kNever;
    back_to_prepare(t);
    run_waiting(c, t);
}

void Node::sleep_or_finish(NodeContext& c, Instant t) {
    const Instant start = round_.start_wall - params_.wall_skew;
    if (start <= t) return finish_prepare(c, t);
    step_ = Step::sleeping;
    step_until_ = start;
}

/// SAFETY: the proposal goes out before the flag is looked at, exactly as the node does it.
void Node::finish_prepare(NodeContext& c, Instant t) {
    step_ = Step::idle;
    step_until_ = kNever;
    if (proposing_) emit(c, EntryKind::proposal, t);
    // The read lock is free: one waiting writer comes before the look at the flag.
    run_one_waiting_set(c, t);
    if (flag_) join_round(c, t);
    run_waiting(c, t);
}

void Node::join_round(NodeContext& c, Instant t) {
    if (!c.chain.is_delegate()) {  // signs nothing; looks again with the next round
        push_prepare(t + c.chain.params().block_interval, t);
        return;
    }
    plan_round(c, t);
    // A block that was committed during the sleep sends the machine back at once.
    if (tip_.height >= round_.height) back_to_prepare(t);
}

void Node::plan_round(NodeContext& c, Instant t) {
    machine_ = MachineState::accept_block;
    has_block_ = false;
    const Instant start = round_.start_wall - params_.wall_skew;
    const RoundTraffic traffic =
        isolated_ ? RoundTraffic{} : c.chain.traffic(round_.height, round_.number);
    // What the others sent before this node took part was dropped unread.
    const auto heard = [&](Instant at) {
        if (at == kNever || at < prepare_began_) return kNever;
        return std::max(t, at);
    };
    const auto timeout = [&](Duration after) { return std::max(t, start + after); };
    const Duration ttl1 = params_.block_ttl;
    const Duration ttl2 = ttl1 + params_.proposal_ttl;
    const Duration ttl3 = ttl2 + params_.lock_ttl;
    const Instant block = proposing_ ? t + rng_.in(params_.queue_hop) : heard(traffic.block);
    plan_ = {block,
             timeout(ttl1),
             heard(traffic.proposals),
             timeout(ttl2),
             heard(traffic.locks),
             timeout(ttl3),
             timeout(ttl3 + params_.commit_ttl)};
}

// --- the stages of a round ---

void Node::run_stage(NodeContext& c, What what, Instant t) {
    plan_[static_cast<std::size_t>(what) - static_cast<std::size_t>(What::block)] = kNever;
    using enum MachineState;
    switch (what) {
        case What::block:
        case What::block_timeout:
            if (machine_ == accept_block) endorse_proposal(c, what == What::block, t);
            break;
        case What::proposals:
            if (machine_ != accept_proposal_endorsements || !has_block_) break;
            emit(c, EntryKind::lock_endorsement, t);
            machine_ = accept_lock_endorsements;
            break;
        case What::proposals_timeout:
            if (machine_ != accept_proposal_endorsements) break;
            has_block_ = false;  // nothing to lock in this round any more
            machine_ = accept_lock_endorsements;
            break;
        case What::locks:
            if (machine_ != accept_lock_endorsements || !has_block_) break;
            emit(c, EntryKind::commit_endorsement, t);
            machine_ = accept_commit_endorsements;
            break;
        case What::locks_timeout:
            if (machine_ == accept_lock_endorsements) back_to_prepare(t);
            break;
        case What::commits_timeout:
            if (machine_ == accept_commit_endorsements) back_to_prepare(t);
            break;
        default:
            break;
    }
}

/// With or without a block an endorsement goes out: for the block, or for none.
void Node::endorse_proposal(NodeContext& c, bool received, Instant t) {
    has_block_ = received;
    emit(c, EntryKind::proposal_endorsement, t);
    machine_ = MachineState::accept_proposal_endorsements;
}

void Node::emit(NodeContext& c, EntryKind kind, Instant t) {
    c.log.push_back({t, index_, kind, round_.height, round_.number});
    ++messages_;
    if (kind == EntryKind::proposal && !isolated_)
        c.chain.on_own_proposal(round_.height, round_.number, t);
}

void Node::on_tip(NodeContext& c, Instant t) {
    tip_due_ = kNever;
    const Tip& chain_tip = c.chain.tip();
    target_height_ = std::max(target_height_, chain_tip.height);
    if (chain_tip.height <= tip_.height) return;
    tip_ = chain_tip;
    ready_ = t + params_.wall_skew - tip_.timestamp <= params_.ready_max_age;
    if (machine_ != MachineState::initial && tip_.height >= round_.height) back_to_prepare(t);
}

}  // namespace elector::simnode
