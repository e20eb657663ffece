#include "cli/group_read.hpp"

#include <utility>

#include "cli/group.hpp"

namespace elector::cli {
namespace asio = boost::asio;

asio::awaitable<etcd::Result<report::GroupInput>> read_group(Session& session,
                                                             const std::string& key) {
    report::GroupInput in;
    in.key = key;
    auto view = co_await session.look();
    if (!view) co_return view.error();
    auto last = co_await newest_history(session.client(), session.keys, 1);
    if (!last) co_return last.error();
    in.now_unix_ms = wall_clock_ms();
    in.view = std::move(*view);
    if (!last->empty()) in.last = last->front().entry;
    co_return in;
}

}  // namespace elector::cli
