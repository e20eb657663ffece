// The operators' fence command: who runs it, what it does to a node, who starts that again.
#include <utility>

#include "sim/simulation.hpp"

namespace elector::sim {

void Simulation::order_fence(std::uint8_t m, const model::RunFence& order) {
    auto& member = members_[m];
    member.fence = order.op;
    member.runs_fence = !guardians_[m].works() || member.state.guardian_lost;
    if (!member.runs_fence) return guardians_[m].receive(order);
    hub_.schedule.add(hub_.now + hub_.plan.fence_takes, Job::kFence, m, 0, member.incarnation);
}

void Simulation::run_fence(std::uint8_t m, std::uint64_t life) {
    hub_.schedule.add(hub_.now + hub_.plan.fence_takes, Job::kFence, m, 1, life);
}

void Simulation::fence_answered(std::uint8_t m, bool success) {
    auto& member = members_[m];
    const auto op = std::exchange(member.fence, model::OpId{});
    member.runs_fence = false;
    if (op == model::OpId{}) return;
    const auto slot = hub_.events.put(model::FenceAnswered{op, success});
    hub_.schedule.add(hub_.now + 50us, Job::kDeliver, m, slot, member.incarnation);
}

void Simulation::fence_job(const Task& task) {
    task.job == Job::kFence ? fence_over(task) : bring_back(task.member);
}

/// It acts whoever is still there to hear of it.
void Simulation::fence_over(const Task& task) {
    const auto m = task.member;
    auto& member = members_[m];
    if (!member.host_up) return;
    if (member.host_frozen) {
        hub_.schedule.add(hub_.now + 100ms, Job::kFence, m, task.a, task.b);
        return;
    }
    const auto plan = hub_.plan.fence;
    const bool success = plan != FencePlan::kFails;
    if (hub_.story.told())
        hub_.story.line(hub_.now, "FENCE", member_name(m) + (success ? " success" : " failed"));
    checks_.fence_run();
    if (plan == FencePlan::kKills && !nodes_[m].down) {
        hub_.world->crash(m, hub_.now);
        read_log();
        nodes_[m].down = nodes_[m].fenced = true;
        nodes_[m].frozen = false;
        hub_.schedule.add(hub_.now + hub_.rng.between(Duration{1s}, Duration{12s}), Job::kNodeBack,
                          m);
    }
    if (task.a == 1) {
        if (guardians_[m].alive() && guardians_[m].life() == task.b)
            guardians_[m].fence_ended(success);
    } else if (member.incarnation == task.b) {
        fence_answered(m, success);
    }
}

/// The service manager of the node, or its operator.
void Simulation::bring_back(std::uint8_t m) {
    if (!std::exchange(nodes_[m].fenced, false) || !members_[m].host_up || !nodes_[m].down) return;
    hub_.world->restart(m, hub_.now);
    nodes_[m].down = false;
}

}  // namespace elector::sim
