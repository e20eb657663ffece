#include "admin/api.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>
#include <variant>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "admin/choice.hpp"
#include "admin/verdict.hpp"
#include "admin/web.hpp"
#include "config/url.hpp"

namespace elector::admin {
namespace json = boost::json;

namespace {

/// 200 {"<what>": true}, or 503 with the reasons.
Answer of_verdict(std::string_view what, const Reasons& reasons, json::object object = {}) {
    object[what] = reasons.empty();
    json::array list;
    for (const auto& reason : reasons) list.emplace_back(reason);
    object["reasons"] = std::move(list);
    return of_json(reasons.empty() ? 200 : 503, object);
}

std::string_view node_word(const core::State& s) {
    if (s.node.process.dead) return "dead";
    if (s.node.activity == model::NodeActivity::kActive) return "active";
    return s.node.activity == model::NodeActivity::kStandby ? "standby" : "unknown";
}

double seconds_of(model::Duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

/// What answers a path: about the process, about one group, or about one or all.
struct Route {
    std::string_view name;  ///< "GET /livez"
    std::variant<Api::Handler, Api::Waiter, Api::AllWaiter> run;
    Api::AllWaiter all = nullptr;  ///< where no group is named, and there are many
};

struct Routes {
    using Row = Route;
    static constexpr std::array kAll{
        Row{"GET /livez", &Api::livez},
        Row{"GET /readyz", &Api::readyz, &Api::all_ready},
        Row{"GET /leader", &Api::leader},
        Row{"GET /standby", &Api::standby},
        Row{"GET /status", &Api::status, &Api::all_status},
        Row{"GET /explain", &Api::explain},
        Row{"GET /history", &Api::history},
        Row{"GET /metrics", &Api::metrics},
        Row{"GET /events", &Api::events, &Api::all_events},
        Row{"POST /reload", &Api::reload},
        Row{"POST /switchover", &Api::switchover},
        Row{"POST /pause", &Api::pause},
        Row{"POST /resume", &Api::resume},
        Row{"POST /resign", &Api::resign},
        Row{"POST /rejoin", &Api::rejoin},
    };
};

std::span<const std::string_view> served() {
    static const auto names = [] {
        std::array<std::string_view, Routes::kAll.size()> list;
        std::transform(Routes::kAll.begin(), Routes::kAll.end(), list.begin(),
                       [](const auto& row) { return row.name; });
        return list;
    }();
    return names;
}

boost::asio::awaitable<Answer> Api::answer(const Request& request) {
    Answer answer;
    try {
        answer = co_await dispatch(request);
    } catch (const std::exception& e) {
        answer = refusal(500, std::string("cannot answer: ") + e.what() + " [api:defect]",
                         "tell the makers of iotex-elector");
    }
    co_return answer;
}

boost::asio::awaitable<Answer> Api::dispatch(const Request& request) {
    const auto wanted = request.method + " " + request.path;
    std::string allowed;
    if (const auto* file = find_web_file(request.path)) {
        if (request.method == "GET") co_return to_answer(*file);
        allowed = "GET, HEAD";
    }
    for (const auto& row : Routes::kAll) {
        const auto cut = row.name.find(' ');
        const auto method = row.name.substr(0, cut);
        if (row.name.substr(cut + 1) != request.path) continue;
        if (row.name == wanted) {
            const auto& api = house_.api();
            const bool loopback = config::host_kind(api.listen.host) == config::HostKind::kLoopback;
            if (method != "GET")
                if (auto refused = judge(request, {api.token.reveal(), loopback}))
                    co_return *refused;
            auto running = run(row, request);
            auto answer = co_await std::move(running);
            co_return answer;
        }
        allowed += (allowed.empty() ? "" : ", ") + std::string(method);
        if (method == "GET") allowed += ", HEAD";
    }
    if (allowed.empty())
        co_return refusal(404, "there is no such path [api:path]", "docs/api.md lists all paths");
    auto answer =
        refusal(405, "this path does not take that method [api:method]", "use " + allowed);
    answer.fields.emplace_back("Allow", allowed);
    co_return answer;
}

boost::asio::awaitable<Answer> Api::run(const Route& route, const Request& request) {
    auto whole = std::get_if<AllWaiter>(&route.run);
    auto chosen = whole ? decltype(choose(house_, request, true)){Everyone{}}
                        : choose(house_, request, route.all != nullptr);
    if (auto* refused = std::get_if<Answer>(&chosen)) co_return std::move(*refused);
    if (std::holds_alternative<Everyone>(chosen)) {
        auto waiting = (this->*(whole ? *whole : route.all))(request);
        auto answer = co_await std::move(waiting);
        co_return answer;
    }
    auto& host = *std::get<Host*>(chosen);
    if (const auto* at_once = std::get_if<Handler>(&route.run))
        co_return (this->**at_once)(request, host);
    auto waiting = (this->*std::get<Waiter>(route.run))(request, host);
    auto answer = co_await std::move(waiting);
    co_return answer;
}

boost::asio::awaitable<Answer> Api::livez(const Request&) {
    json::object object;
    object["alive"] = true;
    co_return of_json(200, object);
}

Answer Api::readyz(const Request&, Host& host) {
    return of_verdict("ready", unready(host), {{"resigned", host.resigned_unix_ms().has_value()}});
}
Answer Api::leader(const Request&, Host& host) { return of_verdict("leader", not_leader(host)); }
Answer Api::standby(const Request&, Host& host) { return of_verdict("standby", not_standby(host)); }

boost::asio::awaitable<Answer> Api::metrics(const Request&) {
    Answer answer;
    if (house_.named()) {
        answer.place = long_place();
        if (!answer.place) co_return too_many();
    }
    answer.type = "text/plain; version=0.0.4; charset=utf-8";
    auto writing = metrics_.text(house_);
    auto text = co_await std::move(writing);
    answer.body = std::move(text);
    co_return answer;
}

Answer Api::events(const Request&, Host& host) {
    return events_from(status_event(host), host.config().group);
}

boost::asio::awaitable<Answer> Api::reload(const Request&) {
    const auto problems = house_.reload();
    json::object object;
    object["reloaded"] = problems.empty();
    if (problems.empty()) co_return of_json(200, object);
    std::string all;
    for (const auto& problem : problems) all += (all.empty() ? "" : "; ") + problem;
    co_return refusal(409, "cannot reload the configuration: " + all, "nothing was changed");
}

std::string status_event(const Host& host) {
    const auto& s = host.state();
    const bool leads = s.role == model::Role::kLeader;
    const auto left = leads ? s.holding.valid_until - host.now() : model::Duration{};
    json::object object;
    if (!host.config().group.empty()) object["group"] = host.config().group;
    object["member"] = host.policy().member;
    object["role"] = model::name(s.role);
    object["term"] = s.holding.term.value;
    object["node"] = node_word(s);
    object["node_verified"] = status_is_recent(host);
    object["holding_remaining_seconds"] = std::max(0.0, seconds_of(left));
    if (s.health.tip) object["tip"] = s.health.tip->value;
    object["lag_blocks"] = s.health.lag;
    object["paused"] = s.known.view.pause.has_value();
    object["resigned"] = host.resigned_unix_ms().has_value();
    return json::serialize(object);
}

}  // namespace elector::admin
