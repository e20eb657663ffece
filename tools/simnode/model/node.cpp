// Process life, ports and faults of a node; what is due next.
#include "simnode/model/node.hpp"

#include <algorithm>

namespace elector::simnode {

Node::Node(NodeIndex index, const NodeParams& params, std::uint64_t seed)
    : params_(params), index_(index), rng_(mix(seed, index + 1)) {
    if (params_.name.empty()) params_.name = "node" + std::to_string(index);
    if (params_.operator_address.empty())
        params_.operator_address = "io12d5k6atvv96x2epqv3jkcet8v96x2gfp8awlts";
    requests_.reserve(16);
    events_.reserve(16);
}

void Node::boot(NodeContext& c, Instant t) {
    tip_ = c.chain.tip();
    start(c, t, std::nullopt);
    if (!params_.already_up) return;
    probe_at_ = admin_at_ = t;
    start_consensus(c, t);
    tip_due_ = kNever;
    on_gauges(t);
    gauges_at_ = t + Duration{rng_.in({Duration{1}, params_.gauge_interval})};
    // It has been up for long: an active one is past its start delay and in its rounds.
    for (auto& e : events_) e.due = t;
}

// --- what is due ---

Node::Due Node::earliest_request(Due best) const {
    for (std::size_t i = 0; i < requests_.size(); ++i)
        if (requests_[i].due < best.at) best = {requests_[i].due, What::request, i};
    return best;
}

Node::Due Node::earliest() const {
    Due best = requests_.empty() ? Due{} : earliest_request({});
    const auto consider = [&](Instant at, What what, std::size_t i = 0) {
        if (at < best.at) best = {at, what, i};
    };
    consider(exit_at_, What::exit);
    if (process_ != Process::up) return best;
    consider(consensus_at_, What::consensus_start);
    consider(gauges_at_, What::gauges);
    consider(tip_due_, What::tip);
    consider(step_until_, What::step_end);
    if (machine_ != MachineState::initial)
        for (std::size_t i = 0; i < plan_.size(); ++i)
            consider(plan_[i], static_cast<What>(static_cast<std::size_t>(What::block) + i));
    if (step_ == Step::idle)
        for (std::size_t i = 0; i < events_.size(); ++i)
            consider(events_[i].due, What::prepare_event, i);
    return best;
}

void Node::run(NodeContext& c, Instant t) {
    const Due due = earliest();
    switch (due.what) {
        case What::nothing:
            break;
        case What::request:
            run_request(c, due.index, t);
            break;
        case What::consensus_start:
            start_consensus(c, t);
            break;
        case What::gauges:
            on_gauges(t);
            break;
        case What::exit:
            stop(c, t, false);
            break;
        case What::tip:
            on_tip(c, t);
            break;
        case What::step_end:
            end_step(c, t);
            break;
        case What::prepare_event:
            handle_prepare(c, due.index, t);
            break;
        default:
            run_stage(c, due.what, t);
    }
}

void Node::on_chain_commit(const Chain& chain, Instant t) {
    if (process_ != Process::up || !consensus_runs_ || isolated_) return;
    target_height_ = chain.tip().height;
    if (!height_held() && tip_due_ == kNever) tip_due_ = t + rng_.in(params_.tip_latency);
}

void Node::on_gauges(Instant t) {
    gauges_ = {true, tip_.height, target_height_, isolated_ ? 0 : params_.peers};
    gauges_at_ = t + params_.gauge_interval;
}

// --- ports ---

PortState Node::port(bool listens) const {
    if (process_ == Process::lost) return PortState::silent;
    if (process_ == Process::down || !listens) return PortState::refused;
    return frozen_ ? PortState::silent : PortState::open;
}

bool Node::admin_listens(Instant t) const {
    return process_ == Process::up && t >= admin_at_ && !admin_refused_;
}

PortState Node::admin_port(Instant t) const { return port(admin_listens(t)); }
PortState Node::probe_port(Instant t) const { return port(t >= probe_at_); }
PortState Node::web3_port(Instant) const {
    return port(process_ == Process::up && consensus_runs_ && !web3_refused_);
}

Probe Node::readiness(Instant t) const {
    switch (probe_port(t)) {
        case PortState::refused:
            return Probe::refused;
        case PortState::silent:
            return Probe::silent;
        case PortState::open:
            break;
    }
    return ready_ && !forced_unready_ ? Probe::ok : Probe::fail;
}

NodeView Node::view() const {
    NodeView v;
    v.running = process_ == Process::up || process_ == Process::stopping;
    v.frozen = frozen_;
    v.flag = flag_;
    v.machine = machine_;
    v.preparing = step_ != Step::idle;
    v.may_sign = process_ == Process::up &&
                 (flag_ || v.machine != MachineState::initial || v.preparing || !events_.empty());
    v.round_height = round_.height;
    v.round_number = round_.number;
    v.tip = tip_;
    v.process_start = process_start_;
    v.starts = starts_;
    v.messages = messages_;
    return v;
}

// --- process life ---

void Node::reset_process() {
    probe_at_ = consensus_at_ = admin_at_ = exit_at_ = kNever;
    step_until_ = tip_due_ = gauges_at_ = kNever;
    consensus_runs_ = frozen_ = flag_ = proposing_ = has_block_ = false;
    machine_ = MachineState::initial;
    step_ = Step::idle;
    round_ = {};
    events_.clear();
    target_height_ = messages_ = 0;
    ready_ = true;
    gauges_ = {};
}

void Node::stop(NodeContext& c, Instant t, bool host_lost) {
    if (process_ == Process::up || process_ == Process::stopping)
        c.log.push_back({t, index_, EntryKind::stop, 0, 0});
    reset_process();
    process_ = host_lost ? Process::lost : Process::down;
    if (host_lost)
        requests_.clear();
    else
        drop_requests(Outcome::reset, t);
}

void Node::terminate(NodeContext& c, Instant t) {
    if (process_ != Process::up) return;
    if (frozen_) return;  // the signal waits for the thaw, which a test can order itself
    drop_requests(Outcome::reset, t);
    const bool was_active = flag_;
    const Instant probe = probe_at_;
    reset_process();
    if (was_active) c.log.push_back({t, index_, EntryKind::active_off, 0, 0});
    process_ = Process::stopping;
    probe_at_ = probe;
    exit_at_ = t + params_.shutdown;
}

void Node::start(NodeContext& c, Instant t, std::optional<bool> active) {
    if (process_ == Process::up || process_ == Process::stopping) stop(c, t, false);
    reset_process();
    process_ = Process::up;
    process_start_ = t;
    ++starts_;
    // Faults inside the process end with it; those of network and port stay.
    set_fault_ = SetFault::none;
    hang_status_ = forced_unready_ = held_ = unsynced_ = false;
    probe_at_ = t + params_.probe_boot;
    consensus_at_ = t + params_.consensus_boot;
    admin_at_ = t + params_.admin_boot;
    gauges_at_ = t + params_.gauge_interval;
    c.log.push_back({t, index_, EntryKind::start, 0, 0});
    flag_ = active.value_or(params_.starts_active) && params_.scheme == Scheme::rolldpos;
    if (flag_) c.log.push_back({t, index_, EntryKind::active_on, 0, 0});
}

void Node::drop_requests(Outcome outcome, Instant t) {
    std::erase_if(requests_, [](const Request& r) { return !r.answered; });
    for (Request& r : requests_)
        if (r.stage != Stage::answering) answer(r, t, outcome, false);
}

void Node::freeze() { frozen_ = process_ == Process::up || process_ == Process::stopping; }

void Node::thaw(Instant t) {
    if (!frozen_) return;
    frozen_ = false;
    // What it slept through is fetched from the peers, not known at once.
    if (tip_due_ != kNever) tip_due_ = std::max(tip_due_, t + rng_.in(params_.tip_latency));
}

// --- faults ---

void Node::refuse_admin(bool on, Instant t) {
    admin_refused_ = on;
    if (on) drop_requests(Outcome::reset, t);
}

void Node::hold_height(bool on, Instant t) {
    held_ = on;
    if (!on && !height_held()) tip_due_ = t + rng_.in(params_.sync);
    if (on) tip_due_ = kNever;
}

void Node::isolate(bool on, Instant t) {
    isolated_ = on;
    if (!on && !height_held()) tip_due_ = t + rng_.in(params_.sync);
    if (on) tip_due_ = kNever;
}

void Node::unsync(NodeContext& c, std::uint64_t blocks, Instant t) {
    unsynced_ = true;
    tip_due_ = kNever;
    const std::uint64_t back = std::min(blocks, tip_.height - 1);
    tip_.height -= back;
    tip_.timestamp -= c.chain.params().block_interval * static_cast<std::int64_t>(back);
    // As after a start with an old database: consensus begins anew from there.
    round_ = {};
    minted_height_ = 0;
    events_.clear();
    step_ = Step::idle;
    step_until_ = kNever;
    back_to_prepare(t);
    run_waiting(c, t);
}

void Node::release_parked(Instant t) {
    for (Request& r : requests_)
        if (r.stage == Stage::parked) {
            r.stage = Stage::arriving;
            r.due = t;
        }
}

void Node::heal(Instant t) {
    set_fault_ = SetFault::none;
    hang_status_ = admin_refused_ = web3_refused_ = forced_unready_ = false;
    const bool was_held = height_held();
    held_ = isolated_ = unsynced_ = false;
    if (was_held && consensus_runs_) tip_due_ = t + rng_.in(params_.sync);
    release_parked(t);
}

}  // namespace elector::simnode
