// Owns the operations on the store that are under way: requests, hedges, time-outs, replies.
// Does what the gRPC client does: a write of unknown outcome is never repeated; every operation has
// exactly one completion. Must never decide. Thread rule: one thread.
#pragma once

#include <map>

#include "model/effect.hpp"
#include "sim/hub.hpp"

namespace elector::sim {

struct StoreOp {
    std::uint8_t member = 0;
    bool guardian = false;
    bool repeatable = false;  ///< reads, grants and revocations
    bool done = false;
    std::uint8_t attempts = 0;
    std::uint32_t pending = 0;  ///< jobs that still name this operation
    std::uint64_t incarnation = 0;
    model::Instant sent;  ///< by the member's clock
    Time deadline{};
    model::Effect effect = model::DisarmGuardian{};
};

/// Who wants to know what the store did.
class StoreObserver {
  public:
    virtual ~StoreObserver() = default;
    /// The store has executed `op`; `event` says with what result. The reply may never arrive.
    virtual void on_executed(const StoreOp& op, const model::Event& event) = 0;
    /// The one completion of `op`.
    virtual void on_completed(const StoreOp& op, model::Event event) = 0;
    /// The store's history may have grown.
    virtual void on_store_changed() = 0;
};

class StoreAdapter {
  public:
    StoreAdapter(Hub& hub, StoreObserver& observer) : hub_(hub), observer_(observer) {}

    void start(std::uint8_t member, bool guardian, std::uint64_t incarnation,
               const model::Effect& effect, Duration renew);
    void run(const Task& task);

  private:
    void launch(std::uint32_t at);
    void arrive(std::uint32_t at);
    void serve(std::uint32_t at);
    void reply(std::uint32_t at, model::Event event);
    void complete(StoreOp& op, model::Event event);
    void later(Time when, Job job, std::uint32_t at, std::uint64_t b = 0);
    void unavailable(std::uint32_t at);
    Duration way(const Link& link);
    model::Event execute(StoreOp& op);
    void drop_guard(model::Drain& drain) const;
    bool withhold_unfenced(const StoreOp& op);

    std::map<std::uint64_t, Time> unfenced_since_;  ///< by nonce, for a variant
    Hub& hub_;
    StoreObserver& observer_;
    Pool<StoreOp> ops_;
};

/// The completion of an operation whose outcome nobody knows, or that was refused.
model::Event failed_completion(const model::Effect& effect, model::StoreOutcome outcome);
bool is_store_effect(const model::Effect& effect);

}  // namespace elector::sim
