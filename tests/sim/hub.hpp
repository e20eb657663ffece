// Owns what all parts of one run share: time, dice, schedule, store, chain, links, outcome.
// Must never decide what a part does. Thread rule: one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "etcd/transactions.hpp"
#include "model/event.hpp"
#include "sim/etcd_model.hpp"
#include "sim/mutants.hpp"
#include "sim/plan.hpp"
#include "sim/schedule.hpp"
#include "sim/story.hpp"
#include "sim/time.hpp"
#include "simnode/model/world.hpp"

namespace elector::sim {

/// The way between one member and etcd.
struct Link {
    int requests_lost = 0;  ///< counts the faults that ask for it
    int replies_lost = 0;
    int watch_cut = 0;
    std::uint64_t loss_permille = 0;
    std::uint64_t late_permille = 0;   ///< requests that arrive long after their time-out
    std::uint64_t twice_permille = 0;  ///< requests that arrive, and are executed, twice
    Duration slow{};                   ///< at most this much more, each way
    Duration watch_lag{};
    std::int64_t stale_lease = 0;  ///< acknowledged although it may be gone
    bool refuses = false;          ///< writes are refused (quota, rights)
    bool broken() const { return requests_lost > 0 || replies_lost > 0; }
};

struct Violation {
    std::string check;
    std::string text;
    Time at{};
};

struct Hub {
    explicit Hub(const Plan& p)
        : plan(p), rng(p.seed ^ 0x51ed270b9f3c1a77ULL), links(p.members), now(p.start) {}

    void fail(std::string check, std::string text) {
        if (!violation) violation = Violation{std::move(check), std::move(text), now};
    }
    model::Instant local(std::uint8_t member) const { return plan.hosts[member].clock.at(now); }
    bool etcd_serves() const { return now >= etcd_serves_from; }

    const Plan& plan;
    Rng rng;
    Schedule schedule;
    EventPool events;
    EtcdModel etcd;
    etcd::Keys keys{"/iotex-server"};
    std::optional<simnode::World> world;
    std::vector<Link> links;
    Time etcd_serves_from{};
    std::uint64_t store_life = 0;     ///< counts the times that all servers were stopped at once
    std::optional<EtcdModel> backup;  ///< of the store, taken now and then
    std::vector<Duration> wall_step = std::vector<Duration>(plan.members);
    Mutant mutant = Mutant::kNone;
    Story story;
    std::optional<Violation> violation;
    Time now{};
};

}  // namespace elector::sim
