#include "guardian/process.hpp"

#include "guardian/household.hpp"
#include "guardian/room.hpp"

namespace elector::guardian {

void tell_too_few_descriptors(const Log& log, const Options& options) {
    const auto nodes = options.wards.size();
    const auto room = make_room(nodes);
    std::string next = "iotex-elector fence";
    for (const auto& word : options.closer_tail) next += " " + word;
    next += " brings the nodes to standby with what there is";
    log(Level::kError, "too_few_descriptors",
        {{"nodes", Number(static_cast<std::int64_t>(nodes))},
         {"limit", Number(room.limit)},
         {"needed", Number(room.needed)},
         {"error",
          "cannot guard so many nodes with so few descriptors; nothing was done; raise "
          "LimitNOFILE of the service, or ulimit -Hn"},
         {"next", next}});
}

std::string cannot_take(const std::string& why) {
    return "cannot take control of the node: " + why +
           "; nothing was done; stop the other elector first";
}

int guard(const Options& options, NodeLocks& locks, ServiceManager& manager, const Log& log) {
    if (!make_room(options.wards.size()).enough()) {
        tell_too_few_descriptors(log, options);
        return 1;
    }
    Household household(options, locks, manager, log, false);
    return household.run();
}

std::vector<Fenced> fence_nodes(const Options& options, NodeLocks& locks, const Log& log) {
    make_room(options.wards.size());  // with too little some are told later, not none
    // Called by the unit too, whose word it must not take.
    ServiceManager nobody("", Duration{});
    Household household(options, locks, nobody, log, true);
    return household.run_once();
}

}  // namespace elector::guardian
