// What this member knows of the group, in the same documents as the commands show.
#include <utility>

#include <boost/json.hpp>

#include "admin/api.hpp"
#include "admin/group_view.hpp"
#include "report/json.hpp"

namespace elector::admin {
namespace asio = boost::asio;
namespace json = boost::json;

Answer Api::status(const Request&, Host& host) {
    auto object = report::to_json(report::group_status(host.policy(), group_input(host)));
    if (!host.config().group.empty()) object["group"] = host.config().group;
    return of_json(200, object);
}

Answer Api::explain(const Request&, Host& host) {
    return of_json(200, report::to_json(report::explain(host.policy(), group_input(host),
                                                        host.policy().member)));
}

asio::awaitable<Answer> Api::history(const Request&, Host& host) {
    auto read = co_await host.history();
    if (!read.error.empty())
        co_return refusal(503, "cannot read the history: " + read.error,
                          "see that etcd answers, and ask again");
    const auto& holder = host.state().known.view.holder.record;
    co_return of_json(200, report::to_json(report::history(std::move(read.entries), holder)));
}

}  // namespace elector::admin
