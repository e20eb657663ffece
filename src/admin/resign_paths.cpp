// A member that is to be worked on: it hands the lead over, and leaves it to others until it is
// back.
#include <string>

#include <boost/json.hpp>

#include "admin/api.hpp"
#include "admin/group_view.hpp"
#include "etcd/error.hpp"
#include "orders/json.hpp"
#include "report/text.hpp"

namespace elector::admin {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// Who such an order is by, in the store, the log and the history.
constexpr const char* kActor = "resign";

std::optional<Answer> with_body(const Request& request) {
    if (request.body.empty()) return std::nullopt;
    return refusal(400, "cannot read the body: this path takes none [api:body]", "send no body");
}

Answer refused(const std::vector<report::Condition>& refusals) {
    const auto& first = refusals.front();
    return of_json(409,
                   {{"error", "cannot resign: " + first.sentence + " [orders:" + first.code + "]"},
                    {"next", first.remedy},
                    {"refusals", orders::to_json(refusals)}});
}

Answer not_written(const std::string& what, const std::string& problem) {
    return refusal(500, "cannot " + what + ": " + problem,
                   "nothing was changed; see that state.dir can be written to");
}

json::object resigned_now(const Host& host, bool handing_over) {
    const auto since = host.resigned_unix_ms();
    json::object object{{"v", 1}, {"resigned", since.has_value()}};
    object["since"] = since ? json::value(report::utc_text(*since)) : json::value(nullptr);
    object["handing_over"] = handing_over;
    return object;
}

Answer resign_at_once(Host& host) {
    const auto problem = host.resign();
    return problem.empty() ? of_json(200, resigned_now(host, false))
                           : not_written("resign", problem);
}

}  // namespace

/// Whatever may be refused is refused before anything is changed: an upgrade that goes on after a
/// refusal would take the last signer down.
asio::awaitable<Answer> Api::resign(const Request& request, Host& host) {
    if (auto wrong = with_body(request)) co_return *wrong;
    if (host.policy().observe)
        co_return refusal(409, "cannot resign: this member observes only [api:observes]",
                          "it never leads; nothing is left to do");
    if (host.state().role != model::Role::kLeader) co_return resign_at_once(host);
    auto view = co_await host.orders().look();
    if (!view)
        co_return refusal(503, "cannot resign: " + etcd::to_string(view.error()),
                          "nothing was changed; see that etcd answers, and ask again");
    if (host.state().role != model::Role::kLeader) co_return resign_at_once(host);
    put_own_word(host, *view);
    const orders::Request wanted{"", kActor, "this member resigns"};
    const auto judged = orders::judge(host.policy(), *view, wanted);
    if (!judged.refusals.empty()) co_return refused(judged.refusals);
    const bool was = host.resigned_unix_ms().has_value();
    const auto problem = host.resign();
    if (!problem.empty()) co_return not_written("resign", problem);
    const auto placed = co_await host.orders().place(judged.plan.order, judged.plan.basis);
    if (placed && placed->done) {
        auto object = resigned_now(host, true);
        object["plan"] = orders::to_json(judged.plan, host.config());
        object["next"] = "wait until GET /leader of another member says 200; rejoin takes it back";
        co_return of_json(202, object);
    }
    if (!placed && placed.error().outcome_unknown)
        co_return refusal(
            503, "cannot say whether the lead is handed over: " + etcd::to_string(placed.error()),
            "this member has resigned: look with status; POST /rejoin takes it back");
    if (!was) static_cast<void>(host.rejoin());
    if (!placed)
        co_return refusal(503, "cannot resign: " + etcd::to_string(placed.error()),
                          "nothing was changed; see that etcd answers, and ask again");
    co_return refusal(409, "cannot resign: the group has changed meanwhile [orders:changed]",
                      "nothing was changed; ask again");
}

Answer Api::rejoin(const Request& request, Host& host) {
    if (auto wrong = with_body(request)) return *wrong;
    const bool was = host.resigned_unix_ms().has_value();
    const auto problem = host.rejoin();
    if (!problem.empty()) return not_written("rejoin", problem);
    json::object object{{"v", 1}, {"resigned", false}, {"was_resigned", was}};
    return of_json(200, object);
}

}  // namespace elector::admin
