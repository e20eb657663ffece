// What is ordered of the group by the API: judged and written as the commands do it.
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include <boost/json.hpp>

#include "admin/api.hpp"
#include "admin/group_view.hpp"
#include "etcd/error.hpp"
#include "orders/json.hpp"

namespace elector::admin {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr const char* kActor = "api";
constexpr std::size_t kLongestReason = 1000;

Answer bad_body(const std::string& why, std::string_view next) {
    return refusal(400, "cannot read the body: " + why + " [api:body]", next);
}

/// The words of a body, which is an object of texts and of nothing but these fields; or a refusal.
using Words = std::map<std::string, std::string>;
std::variant<Words, Answer> words_of(const Request& request, const std::vector<std::string>& fields,
                                     std::string_view next) {
    Words words;
    if (request.body.empty()) return words;
    boost::system::error_code failure;
    const auto document = json::parse(request.body, failure);
    if (failure || !document.is_object()) return bad_body("it is no JSON object", next);
    for (const auto& field : document.get_object()) {
        const std::string name(field.key());
        if (std::find(fields.begin(), fields.end(), name) == fields.end())
            return bad_body("there is no field of that name here", next);
        if (!field.value().is_string()) return bad_body(name + " is no text", next);
        words[name] = std::string(field.value().get_string());
    }
    return words;
}

Answer failed(const char* what, const etcd::Error& error) {
    return refusal(503, "cannot " + std::string(what) + ": " + etcd::to_string(error),
                   error.outcome_unknown
                       ? "it may have been done: look with GET /status, or the command status"
                       : "nothing was changed; see that etcd answers, and ask again");
}

Answer refused(const std::vector<report::Condition>& refusals) {
    const auto& first = refusals.front();
    return of_json(
        409, {{"error", "cannot hand over: " + first.sentence + " [orders:" + first.code + "]"},
              {"next", first.remedy},
              {"refusals", orders::to_json(refusals)}});
}

}  // namespace

asio::awaitable<Answer> Api::switchover(const Request& request, Host& host) {
    constexpr std::string_view next = R"(send {"to": "NAME"}, or {} for whoever is next)";
    auto read = words_of(request, {"to", "at"}, next);
    if (auto* wrong = std::get_if<Answer>(&read)) co_return std::move(*wrong);
    auto& words = std::get<Words>(read);
    if (words.contains("at") && words["at"] != "now")
        co_return bad_body(R"("at" can only be "now")",
                           "for the moment after our own block use the command: iotex-elector "
                           "switchover --at best");
    auto view = co_await host.orders().look();
    if (!view) co_return failed("hand over", view.error());
    put_own_word(host, *view);
    const orders::Request wanted{words["to"], kActor, "ordered by POST /switchover"};
    const auto judged = orders::judge(host.policy(), *view, wanted);
    if (!judged.refusals.empty()) co_return refused(judged.refusals);
    const auto placed = co_await host.orders().place(judged.plan.order, judged.plan.basis);
    if (!placed) co_return failed("hand over", placed.error());
    if (!placed->done)
        co_return refusal(409, "cannot hand over: the group has changed meanwhile [orders:changed]",
                          "nothing was ordered; ask again");
    json::object object{{"v", 1}, {"ordered", true}};
    object["plan"] = orders::to_json(judged.plan, host.config());
    object["next"] = "follow it with GET /events, or with the commands status and history";
    co_return of_json(202, object);
}

asio::awaitable<Answer> Api::pause(const Request& request, Host& host) {
    constexpr std::string_view next =
        R"(send {"reason": "TEXT", "for": "30m"}; "for" may be left out)";
    auto read = words_of(request, {"reason", "for"}, next);
    if (auto* wrong = std::get_if<Answer>(&read)) co_return std::move(*wrong);
    auto& words = std::get<Words>(read);
    if (words["reason"].empty() || words["reason"].size() > kLongestReason)
        co_return bad_body(
            "a reason of 1 to " + std::to_string(kLongestReason) + " bytes is missing", next);
    model::PauseOrder order{kActor, words["reason"], 0};
    std::optional<std::chrono::seconds> span;
    if (words.contains("for")) {
        const auto parsed = orders::pause_span(words["for"]);
        if (const auto* wrong = std::get_if<std::string>(&parsed))
            co_return bad_body("\"for\" " + *wrong, next);
        span = std::get<std::chrono::seconds>(parsed);
        order.until_unix_ms = host.wall_clock_ms() + std::chrono::milliseconds(*span).count();
    }
    const auto done = co_await host.orders().pause(order, span);
    if (!done) co_return failed("pause the election", done.error());
    co_return of_json(200, orders::to_json(*done));
}

asio::awaitable<Answer> Api::resume(const Request& request, Host& host) {
    auto read = words_of(request, {}, "send no body");
    if (auto* wrong = std::get_if<Answer>(&read)) co_return std::move(*wrong);
    const auto done = co_await host.orders().resume();
    if (!done) co_return failed("resume the election", done.error());
    co_return of_json(200, {{"v", 1}, {"paused", false}, {"was_paused", *done}});
}

}  // namespace elector::admin
