// The admin requests of a node: their way in, the reader-writer lock, the machine's lock, answers.
#include <algorithm>

#include "simnode/model/node.hpp"

namespace elector::simnode {

void Node::begin(RequestId id, RequestKind kind, Instant t) {
    if (process_ == Process::lost) return;  // the network swallows it
    requests_.push_back(
        {id, kind, Stage::arriving, t + rng_.in(params_.http), true, false, Outcome::ok, false});
}

void Node::abandon(RequestId id) {
    for (Request& r : requests_)
        if (r.id == id) r.answered = false;
}

void Node::answer(Request& r, Instant t, Outcome outcome, bool active) {
    r.stage = Stage::answering;
    r.outcome = outcome;
    r.active = active;
    r.due = t + rng_.in(params_.http);
}

void Node::run_request(NodeContext& c, std::size_t i, Instant t) {
    Request& r = requests_[i];
    if (r.stage == Stage::arriving) return arrive(c, i, t);
    if (r.stage == Stage::delayed) return enter_lock(c, i, t);
    if (r.answered) c.completions.push_back({r.id, index_, r.kind, r.outcome, r.active, t});
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(i));
}

void Node::arrive(NodeContext& c, std::size_t i, Instant t) {
    Request& r = requests_[i];
    if (!admin_listens(t)) return answer(r, t, Outcome::refused, false);
    if (r.kind == RequestKind::set_unknown) return answer(r, t, Outcome::ok, false);
    const bool status = r.kind == RequestKind::status;
    if (status ? hang_status_ : set_fault_ == SetFault::hang) {
        r.stage = Stage::parked;
        r.due = kNever;
        return;
    }
    if (status || set_fault_ == SetFault::none) return enter_lock(c, i, t);
    r.ignored = set_fault_ == SetFault::ignore;
    if (set_fault_ == SetFault::late) r.answered = false;
    r.stage = Stage::delayed;
    r.due = r.ignored ? t : t + set_delay_;
}

void Node::enter_lock(NodeContext& c, std::size_t i, Instant t) {
    Request& r = requests_[i];
    if (params_.scheme == Scheme::noop || r.ignored) return answer(r, t, Outcome::ok, true);
    r.stage = Stage::lock_wait;
    r.due = kNever;
    if (r.kind != RequestKind::status) {
        if (step_ == Step::idle) apply_set(c, r, t);
    } else if (step_ != Step::clock_wait && !set_waits()) {
        read_status(r, t);
    }
}

/// The read lock is ours; a flag that is off needs the machine's lock as well.
void Node::read_status(Request& r, Instant t) {
    if (flag_) return answer(r, t, Outcome::ok, true);
    if (step_ == Step::idle) return answer(r, t, Outcome::ok, machine_ != MachineState::initial);
    r.stage = Stage::machine_wait;
    r.due = kNever;
}

void Node::apply_set(NodeContext& c, Request& r, Instant t) {
    const bool value = r.kind == RequestKind::activate;
    if (value != flag_)
        c.log.push_back({t, index_, value ? EntryKind::active_on : EntryKind::active_off, 0, 0});
    flag_ = value;
    if (value) push_prepare(t + rng_.in(params_.queue_hop), t);
    answer(r, t, Outcome::ok, false);
}

bool Node::set_waits() const {
    return std::any_of(requests_.begin(), requests_.end(), [](const Request& r) {
        return r.stage == Stage::lock_wait && r.kind != RequestKind::status;
    });
}

/// Waiting writers have no guaranteed order: mostly first come, first served.
bool Node::run_one_waiting_set(NodeContext& c, Instant t) {
    Request* chosen = nullptr;
    for (Request& r : requests_) {
        if (r.stage != Stage::lock_wait || r.kind == RequestKind::status) continue;
        if (chosen == nullptr || rng_.below(4) == 0) chosen = &r;
    }
    if (chosen == nullptr) return false;
    apply_set(c, *chosen, t);
    return true;
}

void Node::run_waiting_statuses(Instant t) {
    for (Request& r : requests_)
        if (r.kind == RequestKind::status && r.stage == Stage::lock_wait) read_status(r, t);
}

/// The lock is free: writers one by one, and after each the readers that waited behind it.
void Node::run_waiting(NodeContext& c, Instant t) {
    for (Request& r : requests_)
        if (r.stage == Stage::machine_wait)
            answer(r, t, Outcome::ok, machine_ != MachineState::initial);
    run_waiting_statuses(t);
    while (run_one_waiting_set(c, t)) run_waiting_statuses(t);
}

}  // namespace elector::simnode
