#include "sim/store_adapter.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "model/overloaded.hpp"

namespace elector::sim {
namespace {

using model::StoreOutcome;

template <class E>
concept Transaction = requires(const etcd::Keys& keys, const E& e) {
    etcd::to_txn(keys, e);
};

template <class E>
concept LeaseQuestion =
    std::is_same_v<E, model::GrantLease> || std::is_same_v<E, model::KeepLeaseAlive>;

bool is_repeatable(const model::Effect& effect) {
    return std::holds_alternative<model::ReadElection>(effect) ||
           std::holds_alternative<model::Confirm>(effect) ||
           std::holds_alternative<model::GrantLease>(effect) ||
           std::holds_alternative<model::RevokeLease>(effect);
}

bool writes(const model::Effect& effect) {
    return !std::holds_alternative<model::ReadElection>(effect) &&
           !std::holds_alternative<model::Confirm>(effect) &&
           !std::holds_alternative<model::KeepLeaseAlive>(effect);
}

std::int64_t whole_seconds(Duration d) { return (d + 999ms) / 1s; }

}  // namespace

bool is_store_effect(const model::Effect& effect) {
    return std::visit(
        [](const auto& e) {
            using E = std::decay_t<decltype(e)>;
            return Transaction<E> || LeaseQuestion<E> || std::is_same_v<E, model::RevokeLease>;
        },
        effect);
}

model::Event failed_completion(const model::Effect& effect, StoreOutcome outcome) {
    return std::visit(
        [&](const auto& e) -> model::Event {
            using E = std::decay_t<decltype(e)>;
            if constexpr (Transaction<E>) {
                return etcd::failed_event(e, outcome);
            } else if constexpr (LeaseQuestion<E>) {
                return model::LeaseAnswered{e.op, outcome, Duration{}};
            } else if constexpr (std::is_same_v<E, model::RevokeLease>) {
                return model::LeaseRevoked{e.op, outcome};
            } else {
                return model::Woke{};
            }
        },
        effect);
}

void StoreAdapter::start(std::uint8_t member, bool guardian, std::uint64_t incarnation,
                         const model::Effect& effect, Duration renew) {
    StoreOp op;
    op.member = member;
    op.guardian = guardian;
    op.repeatable = is_repeatable(effect);
    op.incarnation = incarnation;
    op.sent = hub_.local(member);
    const auto attempt = std::clamp<Duration>(renew / 2, 250ms, 500ms);
    op.deadline = hub_.now + (op.repeatable ? std::clamp<Duration>(renew, 600ms, 1s) : attempt);
    op.effect = effect;
    const auto at = ops_.put(std::move(op));
    later(ops_[at].deadline, Job::kStoreTimeout, at);
    launch(at);
}

void StoreAdapter::later(Time when, Job job, std::uint32_t at, std::uint64_t b) {
    auto& op = ops_[at];
    ++op.pending;
    hub_.schedule.add(when, job, op.member, at, b);
}

Duration StoreAdapter::way(const Link& link) {
    auto d = hub_.rng.between(Duration{100us}, Duration{600us});
    if (link.slow > Duration{}) d += hub_.rng.between(Duration{0}, link.slow);
    return d;
}

void StoreAdapter::launch(std::uint32_t at) {
    auto& op = ops_[at];
    const auto& link = hub_.links[op.member];
    ++op.attempts;
    auto delay = way(link);
    if (link.late_permille && hub_.rng.chance(link.late_permille))
        delay += hub_.rng.between(Duration{300ms}, Duration{8s});
    const bool lost = link.requests_lost > 0 || hub_.rng.chance(link.loss_permille);
    const auto life = hub_.store_life;
    if (!lost) later(hub_.now + delay, Job::kStoreArrive, at, life);
    if (!lost && link.twice_permille && hub_.rng.chance(link.twice_permille))
        later(hub_.now + delay + hub_.rng.between(Duration{0}, Duration{2s}), Job::kStoreArrive, at,
              life);
    if (op.repeatable) later(hub_.now + 250ms, Job::kStoreHedge, at);
}

void StoreAdapter::run(const Task& task) {
    --ops_[task.a].pending;
    switch (task.job) {
        case Job::kStoreArrive:
            // Nothing that was under way outlives the servers that it was sent to.
            if (task.b == hub_.store_life) arrive(task.a);
            break;
        case Job::kStoreReply:
            complete(ops_[task.a], hub_.events.take(static_cast<std::uint32_t>(task.b)));
            break;
        case Job::kStoreHedge:
            if (!ops_[task.a].done && ops_[task.a].attempts < 4) launch(task.a);
            break;
        case Job::kStoreTimeout:
            if (!ops_[task.a].done)
                complete(ops_[task.a],
                         failed_completion(ops_[task.a].effect, StoreOutcome::kUnknown));
            break;
        default:
            break;
    }
    if (ops_[task.a].pending == 0) ops_.drop(task.a);
}

void StoreAdapter::arrive(std::uint32_t at) {
    if (hub_.etcd_serves()) return serve(at);
    const auto fate = hub_.rng.below(3);
    if (fate == 0) return;  // lost with the stream
    if (fate == 1) return unavailable(at);
    // Queued by a member of etcd: executed when there is a leader again, asked for or not.
    later(hub_.etcd_serves_from + hub_.rng.between(Duration{0}, Duration{150ms}), Job::kStoreArrive,
          at, hub_.store_life);
}

/// "No leader": a read is tried again, a write's outcome is unknown.
void StoreAdapter::unavailable(std::uint32_t at) {
    const auto& op = ops_[at];
    if (op.repeatable || op.done) return;  // the next attempt is the hedge's
    reply(at, failed_completion(op.effect, StoreOutcome::kUnknown));
}

void StoreAdapter::serve(std::uint32_t at) {
    auto& op = ops_[at];
    if (const auto* alive = std::get_if<model::KeepLeaseAlive>(&op.effect)) {
        // An expired lease answers only when it is revoked.
        const auto id = alive->lease.value;
        const bool stale = hub_.links[op.member].stale_lease == id;
        if (!stale && hub_.etcd.has_lease(id) && hub_.etcd.keep_alive(id, hub_.now) == 0) {
            if (hub_.now < op.deadline)
                later(hub_.now + 100ms, Job::kStoreArrive, at, hub_.store_life);
            return;
        }
    }
    const bool withheld = hub_.mutant == Mutant::kUnfencedLate &&
                          std::holds_alternative<model::MarkUnfenced>(op.effect) &&
                          withhold_unfenced(op);
    if (withheld || (hub_.links[op.member].refuses && writes(op.effect)))
        return reply(at, failed_completion(op.effect, StoreOutcome::kRefused));
    auto event = execute(op);
    observer_.on_executed(op, event);
    observer_.on_store_changed();
    reply(at, std::move(event));
}

void StoreAdapter::reply(std::uint32_t at, model::Event event) {
    const auto& op = ops_[at];
    const auto& link = hub_.links[op.member];
    if (op.done || link.replies_lost > 0 || hub_.rng.chance(link.loss_permille)) return;
    const auto slot = hub_.events.put(std::move(event));
    later(hub_.now + way(link), Job::kStoreReply, at, slot);
}

void StoreAdapter::complete(StoreOp& op, model::Event event) {
    if (op.done) return;
    op.done = true;
    observer_.on_completed(op, std::move(event));
}

/// UNFENCED as it would be after a fence that takes twenty seconds.
bool StoreAdapter::withhold_unfenced(const StoreOp& op) {
    const auto& nonce = std::get<model::MarkUnfenced>(op.effect).record.nonce;
    auto& since = unfenced_since_[nonce.value];
    if (since == Time{}) since = hub_.now;
    return hub_.now < since + 20s;
}

/// DRAIN as it would be without its guard: over whatever the record says.
void StoreAdapter::drop_guard(model::Drain& drain) const {
    const auto* kv = hub_.etcd.get(hub_.keys.holder);
    drain.found =
        kv ? model::StoredRecord{{kv->mod_revision}, kv->value, {}} : model::StoredRecord{};
}

model::Event StoreAdapter::execute(StoreOp& op) {
    auto* drain = std::get_if<model::Drain>(&op.effect);
    if (drain && hub_.mutant == Mutant::kDrainGuard) drop_guard(*drain);
    return std::visit(
        [&](const auto& e) -> model::Event {
            using E = std::decay_t<decltype(e)>;
            if constexpr (Transaction<E>) {
                const auto answer = hub_.etcd.txn(etcd::to_txn(hub_.keys, e));
                if (answer.error == StoreError::kLeaseNotFound)
                    return etcd::failed_event(e, StoreOutcome::kLeaseGone);
                if (answer.error != StoreError::kNone) {
                    hub_.fail("transaction", "a transaction writes one key twice");
                    return etcd::failed_event(e, StoreOutcome::kRefused);
                }
                return etcd::to_event(hub_.keys, e, answer.reply);
            } else if constexpr (std::is_same_v<E, model::GrantLease>) {
                const auto seconds = whole_seconds(e.ttl);
                const auto granted = hub_.etcd.grant(e.lease.value, seconds, hub_.now);
                const auto ttl = granted.error == StoreError::kLeaseExists
                                     ? std::max(seconds, EtcdModel::kMinTtlSeconds)
                                     : granted.ttl_seconds;
                return model::LeaseAnswered{e.op, StoreOutcome::kDone, std::chrono::seconds{ttl}};
            } else if constexpr (std::is_same_v<E, model::KeepLeaseAlive>) {
                auto ttl = hub_.etcd.keep_alive(e.lease.value, hub_.now);
                if (hub_.links[op.member].stale_lease == e.lease.value) ttl = 5;
                return model::LeaseAnswered{e.op, StoreOutcome::kDone, std::chrono::seconds{ttl}};
            } else if constexpr (std::is_same_v<E, model::RevokeLease>) {
                const bool gone = hub_.etcd.revoke(e.lease.value) != StoreError::kNone;
                return model::LeaseRevoked{e.op,
                                           gone ? StoreOutcome::kLeaseGone : StoreOutcome::kDone};
            } else {
                return model::Woke{};
            }
        },
        op.effect);
}

}  // namespace elector::sim
