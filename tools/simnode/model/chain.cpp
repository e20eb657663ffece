#include "simnode/model/chain.hpp"

#include <algorithm>

#include "simnode/model/prng.hpp"

namespace elector::simnode {

Chain::Chain(const ChainParams& params, Instant start) : params_(params) {
    // The slot that runs at `start` is replayed by the first events, so its commit is not lost.
    slot_ = std::max<std::int64_t>(start / params_.block_interval, 1) - 1;
    tip_slot_ = slot_;
    tip_ = {params_.genesis_height + static_cast<std::uint64_t>(slot_), slot_start(slot_)};
    first_height_ = tip_.height;
}

bool Chain::made_by_us(std::uint64_t height) const {
    if (height <= first_height_) return delegate_ && is_ours(height, 0);
    return std::find(ours_.begin(), ours_.end(), height) != ours_.end();
}

bool Chain::is_ours(std::uint64_t height, std::uint32_t round) const {
    const std::uint64_t epoch = height / params_.blocks_per_epoch;
    return (height + round + mix(params_.seed, epoch)) % params_.producers == 0;
}

Duration Chain::commit_latency(std::int64_t slot) const {
    const std::uint64_t h =
        mix(params_.seed ^ 0x636f6d6d69740000ULL, static_cast<std::uint64_t>(slot));
    const bool slow = h % 1000 < params_.slow_permille;
    return pick(slow ? params_.slow_commit : params_.commit, mix(h));
}

bool Chain::stalled(std::int64_t slot) const {
    const Instant s = slot_start(slot);
    return s >= stall_from_ && s < stall_until_;
}

bool Chain::depends_on_us(std::uint64_t height, std::uint32_t round) const {
    return params_.own_slots_matter && delegate_ && is_ours(height, round);
}

const Chain::OwnProposal* Chain::own_proposal(std::uint64_t height, std::uint32_t round) const {
    return own_ && own_->height == height && own_->round == round ? &*own_ : nullptr;
}

RoundTraffic Chain::traffic(std::uint64_t height, std::uint32_t round) const {
    const std::int64_t slot = tip_slot_ + 1 + round;
    const bool runs = slot == slot_ || (slot == slot_ + 1 && commit_at_ == kNever);
    if (height != tip_.height + 1 || !runs || stalled(slot)) return {};
    Instant begin = slot_start(slot);
    if (delegate_ && is_ours(height, round)) {
        const OwnProposal* own = own_proposal(height, round);
        if (own == nullptr || own->at > begin + params_.propose_deadline) return {};
        begin = std::max(begin, own->at);
    }
    // A round's messages spread over the time to its commit.
    const Duration c = commit_latency(slot);
    return {begin + c * 3 / 10, begin + c * 55 / 100, begin + c * 8 / 10};
}

Instant Chain::next_event() const { return std::min(commit_at_, slot_start(slot_ + 1)); }

bool Chain::run(Instant t) {
    if (commit_at_ > slot_start(slot_ + 1)) {
        start_slot(t);
        return false;
    }
    commit_at_ = kNever;
    const auto round = static_cast<std::uint32_t>(slot_ - tip_slot_ - 1);
    tip_slot_ = slot_;
    ++tip_.height;
    if (delegate_ && is_ours(tip_.height, round)) {
        if (ours_.size() >= 100) ours_.erase(ours_.begin());
        ours_.push_back(tip_.height);
    }
    tip_.timestamp = slot_start(slot_);
    return true;
}

void Chain::start_slot(Instant t) {
    ++slot_;
    if (stalled(slot_)) return;
    const std::uint64_t height = tip_.height + 1;
    const auto round = static_cast<std::uint32_t>(slot_ - tip_slot_ - 1);
    if (!depends_on_us(height, round)) {
        commit_at_ = slot_start(slot_) + commit_latency(slot_);
        return;
    }
    // A node with a fast clock may have proposed before the slot began.
    if (const OwnProposal* own = own_proposal(height, round); own && own->at <= t) accept_own(*own);
}

void Chain::accept_own(const OwnProposal& p) {
    const Instant begin = slot_start(slot_);
    const Instant latest = begin + params_.block_interval * 96 / 100;
    commit_at_ = std::min(std::max(begin, p.at) + commit_latency(slot_), latest);
}

void Chain::on_own_proposal(std::uint64_t height, std::uint32_t round, Instant t) {
    if (own_proposal(height, round)) return;  // the first one counts
    own_ = OwnProposal{height, round, t};
    const bool current = height == tip_.height + 1 && tip_slot_ + 1 + round == slot_;
    const bool in_time = t <= slot_start(slot_) + params_.propose_deadline;
    if (current && in_time && commit_at_ == kNever && !stalled(slot_) &&
        depends_on_us(height, round))
        accept_own(*own_);
}

void Chain::stall(Instant from, Instant until) {
    stall_from_ = from;
    stall_until_ = until;
}

}  // namespace elector::simnode
