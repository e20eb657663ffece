#include "guardian/process.hpp"

#include <algorithm>

#include <sys/resource.h>

#include "guardian/household.hpp"

namespace elector::guardian {
namespace {

/// What one process has open beside its nodes' own: places for children, logs, sockets.
constexpr rlim_t kOwn = 300;
/// The lock, its copy for the elector, and the connections to a node that is being demoted.
constexpr rlim_t kPerNode = 10;

/// Room for so many nodes, in this process and its children. False: there is too little.
bool make_room(std::size_t nodes, const Log& log) {
    const auto wanted = kOwn + kPerNode * nodes;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return true;
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max >= wanted && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) return true;
    log(Level::kError, "too_few_descriptors",
        {{"nodes", Number(static_cast<std::int64_t>(nodes))},
         {"limit", Number(static_cast<std::int64_t>(limit.rlim_max))},
         {"needed", Number(static_cast<std::int64_t>(wanted))},
         {"error",
          "cannot guard so many nodes with so few descriptors; nothing was done; raise "
          "LimitNOFILE of the service, or ulimit -Hn"}});
    return false;
}

}  // namespace

int guard(const Options& options, NodeLocks& locks, ServiceManager& manager, const Log& log) {
    // One node needs no more than any process may have.
    if (options.wards.size() > 1 && !make_room(options.wards.size(), log)) return 1;
    Household household(options, locks, manager, log, false);
    return household.run();
}

std::vector<Fenced> fence_nodes(const Options& options, NodeLocks& locks, const Log& log) {
    if (options.wards.size() > 1 && !make_room(options.wards.size(), log))
        return std::vector<Fenced>(options.wards.size());
    // Called by the unit too, whose word it must not take.
    ServiceManager nobody("", Duration{});
    Household household(options, locks, nobody, log, true);
    return household.run_once();
}

}  // namespace elector::guardian
