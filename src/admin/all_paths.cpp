// What is told of all groups at once: some of them in each turn of the loop, so that a thousand
// hold nobody up.
#include <array>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include "admin/api.hpp"
#include "admin/group_view.hpp"
#include "admin/turn.hpp"
#include "admin/verdict.hpp"
#include "report/many.hpp"

namespace elector::admin {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// Nobody reads more of them, and each is of 200 bytes.
constexpr std::size_t kMostReasons = 32;

}  // namespace

std::shared_ptr<const void> Api::long_place() const {
    // The first one is the API's own.
    if (long_answers_.use_count() > kMostLong) return nullptr;
    return long_answers_;
}

asio::awaitable<Answer> Api::all_ready(const Request&) {
    Portion portion(kGroupsAtOnce);
    json::array reasons;
    std::size_t not_ready = 0;
    for (const auto* host : house_.groups()) {
        if (portion.full()) co_await give_way();
        const auto found = unready(*host);
        if (found.empty()) continue;
        if (++not_ready > kMostReasons) continue;
        reasons.emplace_back("group \"" + host->config().group + "\": " + found.front());
    }
    if (not_ready > kMostReasons)
        reasons.emplace_back("and " + std::to_string(not_ready - kMostReasons) + " more groups");
    json::object object{{"groups", house_.groups().size()}, {"ready", not_ready == 0}};
    object["reasons"] = std::move(reasons);
    co_return of_json(not_ready == 0 ? 200 : 503, object);
}

asio::awaitable<Answer> Api::all_status(const Request&) {
    auto place = long_place();
    if (!place) co_return too_many();
    Portion portion(kGroupsAtOnce);
    std::string rows;
    int exit_code = 0;
    for (const auto* host : house_.groups()) {
        if (portion.full()) co_await give_way();
        const auto status = report::group_status(host->policy(), group_input(*host));
        const auto row = report::brief(host->config().group, status);
        exit_code = report::exit_code_of_all(exit_code, row);
        rows += (rows.empty() ? "" : ",") + json::serialize(report::to_json(row));
    }
    const json::string member(house_.groups().front()->policy().member);
    Answer answer;
    answer.place = std::move(place);
    answer.body = R"({"v":1,"exit_code":)" + std::to_string(exit_code) + R"(,"member":)" +
                  json::serialize(member) + R"(,"groups":[)" + rows + "]}\n";
    co_return answer;
}

asio::awaitable<Answer> Api::all_events(const Request&) {
    co_return events_from(status_event(house_), {});
}

std::string status_event(const House& house) {
    std::array<std::size_t, 4> roles{};
    for (const auto* host : house.groups()) ++roles[static_cast<std::size_t>(host->state().role)];
    json::object object{{"member", house.groups().front()->policy().member},
                        {"groups", house.groups().size()}};
    for (const auto role : {model::Role::kFollower, model::Role::kCandidate, model::Role::kLeader,
                            model::Role::kDraining})
        object[model::name(role)] = roles.at(static_cast<std::size_t>(role));
    return json::serialize(object);
}

}  // namespace elector::admin
