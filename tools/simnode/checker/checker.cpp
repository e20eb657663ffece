#include "simnode/checker/checker.hpp"

#include <algorithm>

namespace elector::checker {
namespace {

std::vector<Overlap> find_overlaps(const std::vector<Active>& by_start) {
    std::vector<Overlap> out;
    for (std::size_t i = 0; i < by_start.size(); ++i) {
        const Active& a = by_start[i];
        for (std::size_t j = i + 1; j < by_start.size() && by_start[j].from_ns < a.to_ns; ++j) {
            const Active& b = by_start[j];
            if (a.node != b.node)
                out.push_back({a.node, b.node, b.from_ns, std::min(a.to_ns, b.to_ns)});
        }
    }
    return out;
}

std::vector<Gap> find_gaps(const std::vector<Active>& by_start, std::int64_t end_ns) {
    std::vector<Gap> out;
    if (by_start.empty()) return out;
    const Active* last = &by_start.front();
    for (const Active& a : by_start) {
        if (a.from_ns > last->to_ns) out.push_back({last->to_ns, a.from_ns, last->node, a.node});
        if (a.to_ns >= last->to_ns) last = &a;
    }
    if (!last->open && end_ns > last->to_ns)
        out.push_back({last->to_ns, end_ns, last->node, std::nullopt});
    return out;
}

bool by_height_and_round(const DoubleSignature& a, const DoubleSignature& b) {
    const Entry& x = a.first_of_each.front();
    const Entry& y = b.first_of_each.front();
    return x.height != y.height ? x.height < y.height : x.round < y.round;
}

}  // namespace

Checker::Node& Checker::node(std::uint32_t n) {
    if (n >= nodes_.size()) nodes_.resize(n + 1);
    return nodes_[n];
}

const DoubleSignature* Checker::add(const Entry& e) {
    if (entries_++ == 0) first_ns_ = e.time_ns;
    last_ns_ = e.time_ns;
    Node& n = node(e.node);
    const DoubleSignature* violation = nullptr;
    switch (e.kind) {
        case Kind::active_on:
            if (n.active_since_ns) break;
            n.active_since_ns = e.time_ns;
            ++n.count.activations;
            last_activation_ = e;
            break;
        case Kind::active_off:
            end_active(e.node, e.time_ns, false);
            break;
        case Kind::stop:
            ++n.count.stops;
            end_active(e.node, e.time_ns, false);
            break;
        case Kind::start:
            ++n.count.starts;
            end_active(e.node, n.last_ns, true);
            break;
        default:
            violation = add_signature(e);
    }
    n.last_ns = e.time_ns;
    return violation;
}

const DoubleSignature* Checker::add_signature(const Entry& e) {
    NodeCount& count = node(e.node).count;
    ++(e.kind == Kind::proposal ? count.proposals : count.endorsements);
    if (last_activation_ && last_activation_->node != e.node)
        late_.push_back({e, last_activation_->node, last_activation_->time_ns});
    auto& seen = rounds_[{e.height, e.round}].first_of_each;
    const bool known =
        std::any_of(seen.begin(), seen.end(), [&](const Entry& s) { return s.node == e.node; });
    if (known) return nullptr;
    seen.push_back(e);
    if (seen.size() == 1) return nullptr;
    if (seen.size() == 2) ++double_signatures_;
    return &rounds_[{e.height, e.round}];
}

void Checker::end_active(std::uint32_t n, std::int64_t to_ns, bool end_unknown) {
    auto& since = nodes_[n].active_since_ns;
    if (!since) return;
    active_.push_back({n, *since, to_ns, false, end_unknown});
    nodes_[n].count.active_ns += to_ns - *since;
    since.reset();
}

Report Checker::report() const {
    Report r;
    r.entries = entries_;
    r.rounds_signed = rounds_.size();
    r.from_ns = first_ns_;
    r.to_ns = last_ns_;
    r.active = active_;
    for (const Node& n : nodes_) {
        const auto number = static_cast<std::uint32_t>(r.nodes.size());
        r.nodes.push_back(n.count);
        if (!n.active_since_ns) continue;
        r.active.push_back({number, *n.active_since_ns, last_ns_, true, false});
        r.nodes.back().active_ns += last_ns_ - *n.active_since_ns;
    }
    std::stable_sort(r.active.begin(), r.active.end(),
                     [](const Active& a, const Active& b) { return a.from_ns < b.from_ns; });
    for (const auto& [round, signers] : rounds_)
        if (signers.first_of_each.size() > 1) r.double_signatures.push_back(signers);
    std::sort(r.double_signatures.begin(), r.double_signatures.end(), by_height_and_round);
    r.overlaps = find_overlaps(r.active);
    r.late_emissions = late_;
    r.gaps = find_gaps(r.active, last_ns_);
    for (const Gap& g : r.gaps) r.longest_gap_ns = std::max(r.longest_gap_ns, g.to_ns - g.from_ns);
    return r;
}

}  // namespace elector::checker
