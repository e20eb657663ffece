#include "simnode/model/types.hpp"

namespace elector::simnode {
namespace {

constexpr Duration kMeasuredInterval = 2500ms;

class Scale {
  public:
    Scale(Duration from, Duration to) : from_(from), to_(to) {}
    // In steps of a microsecond, so that the product stays far from overflow.
    void operator()(Duration& d) const {
        d = Duration{d.count() / 1000 * (to_.count() / 1000) / (from_.count() / 1000) * 1000};
    }
    void operator()(Range& r) const {
        (*this)(r.min);
        (*this)(r.max);
    }

  private:
    Duration from_;
    Duration to_;
};

}  // namespace

ChainParams ChainParams::scaled_to(Duration interval) const {
    const Scale scale(block_interval, interval);
    ChainParams p = *this;
    p.block_interval = interval;
    scale(p.commit);
    scale(p.slow_commit);
    scale(p.propose_deadline);
    return p;
}

NodeParams NodeParams::scaled_to(Duration interval) const {
    const Scale scale(kMeasuredInterval, interval);
    NodeParams p = *this;
    for (Duration* d : {&p.block_ttl, &p.proposal_ttl, &p.lock_ttl, &p.commit_ttl,
                        &p.tolerated_overtime, &p.unmatched_ttl, &p.unmatched_interval})
        scale(*d);
    for (Range* r : {&p.tip_latency, &p.mint, &p.sync}) scale(*r);
    return p;
}

}  // namespace elector::simnode
