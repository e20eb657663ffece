#include "guardian/room.hpp"

#include <algorithm>

#include <sys/resource.h>

namespace elector::guardian {
namespace {

/// What one process has open beside its nodes' own: places for children, logs, sockets.
constexpr rlim_t kOwn = 300;
/// The lock, a question to who has it, its copy for the elector, and the connections to a node that
/// is being demoted.
constexpr rlim_t kPerNode = 10;

}  // namespace

Room make_room(std::size_t nodes) {
    const auto wanted = nodes > 1 ? kOwn + kPerNode * nodes : 0;
    const auto number = [](rlim_t n) { return static_cast<std::int64_t>(n); };
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return {number(wanted), number(wanted)};
    limit.rlim_cur = limit.rlim_max;
    const bool raised = ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= wanted;
    return {number(wanted), number(raised ? wanted : limit.rlim_max)};
}

}  // namespace elector::guardian
