#include "app/admin_api.hpp"

#include <chrono>
#include <random>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/policy_of.hpp"
#include "cli/group.hpp"
#include "cli/session.hpp"
#include "etcd/error.hpp"

namespace elector::app {
namespace json = boost::json;

namespace {

constexpr std::chrono::seconds kStatusEvery{2};
/// Of one call to etcd: an order is three, and a request may take ten seconds.
constexpr std::chrono::seconds kPatience{3};

std::string_view word(model::Severity severity) {
    return severity == model::Severity::kAlarm     ? "alarm"
           : severity == model::Severity::kWarning ? "warning"
                                                   : "info";
}

}  // namespace

AdminApi::AdminApi(boost::asio::io_context& io, Groups& groups, Log& log,
                   std::function<std::vector<std::string>()> reload)
    : groups_(groups),
      member_(groups.member(0)),
      log_(log),
      reload_(std::move(reload)),
      desk_(member_.store(), member_.keys(), std::random_device{}(), kPatience),
      resignation_(member_.config().state.dir),
      metrics_(version()),
      hub_(io),
      api_(*this, metrics_),
      server_(io,
              {[this](const admin::Request& request) { return api_.answer(request); },
               [this] { return hub_.subscribe(); }},
              telling()),
      timer_(io) {
    member_.listener = [this](const model::Event& e) { listen(e); };
    member_.observer = [this](const model::Effect& e) { on_effect(e); };
    groups_.etcd().on_rpc = [this](const etcd::RpcStat& stat) {
        metrics_.on_rpc(stat.method, stat.endpoint, stat.grpc_code);
        if (stat.grpc_code == 0) heard_etcd_ = member_.now();
    };
    member_.set_resigned(resignation_.unix_ms().has_value());
}

void AdminApi::listen(const model::Event& event) {
    metrics_.on_event(event, member_.now());
    // A stream's answers are no calls that end.
    const auto* lease = std::get_if<model::LeaseAnswered>(&event);
    const bool alive = lease && lease->outcome == model::StoreOutcome::kDone;
    if (alive || std::holds_alternative<model::StoreChanged>(event)) heard_etcd_ = member_.now();
}

std::int64_t AdminApi::wall_clock_ms() const { return cli::wall_clock_ms(); }

boost::asio::awaitable<admin::HistoryRead> AdminApi::history() {
    auto read = co_await cli::newest_history(member_.store(), member_.keys(), cli::kHistoryRows);
    admin::HistoryRead result;
    if (read) {
        result.entries = std::move(*read);
    } else {
        result.error = etcd::to_string(read.error());
    }
    co_return result;
}

std::string AdminApi::resign() {
    const bool was = resignation_.unix_ms().has_value();
    auto problem = resignation_.set(cli::wall_clock_ms());
    if (!problem.empty() || was) return problem;
    member_.set_resigned(true);
    tell_resigned();
    return {};
}

std::string AdminApi::rejoin() {
    const bool was = resignation_.unix_ms().has_value();
    auto problem = resignation_.clear();
    if (!problem.empty() || !was) return problem;
    member_.set_resigned(false);
    log_(Level::kInfo, "rejoined");
    return {};
}

void AdminApi::tell_resigned() {
    log_(Level::kWarn, "resigned",
         {{"file", resignation_.path()},
          {"why",
           "This member leaves the lead to others, also over restarts, until iotex-elector "
           "rejoin."}});
}

admin::Server::Tell AdminApi::telling() {
    return {[this](const std::string& url) {
                log_(Level::kInfo, "api_listening", {{"url", url}});
            },
            [this](const std::string& error) {
                log_(Level::kError, "api_unavailable",
                     {{"alarm", "true"},
                      {"error", error},
                      {"next",
                       "the election goes on without the API, which is tried again every 2 s; free "
                       "the port, or set api.listen and send SIGHUP"}});
            },
            [this](const std::string& what) {
                log_(Level::kError, "task_failed", {{"task", "api"}, {"what", what}});
            }};
}

void AdminApi::start() {
    if (resignation_.unix_ms()) tell_resigned();
    server_.set(member_.config().api);
    tell_regularly();
}

void AdminApi::reloaded(bool applied) {
    metrics_.on_reload(applied);
    if (applied) server_.set(member_.config().api);
}

void AdminApi::stop() {
    timer_.cancel();
    hub_.close(R"({"why":"this elector ends"})");
    server_.stop();
}

void AdminApi::tell_regularly() {
    timer_.expires_after(kStatusEvery);
    timer_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        if (hub_.has_readers()) hub_.publish("status", admin::status_event(*this));
        tell_regularly();
    });
}

void AdminApi::on_effect(const model::Effect& effect) {
    metrics_.on_effect(effect, member_.state(), member_.now());
    if (const auto* change = std::get_if<model::RoleChanged>(&effect)) publish(*change);
    if (const auto* told = std::get_if<model::Announce>(&effect)) publish(*told);
    if (std::holds_alternative<model::QueryStatus>(effect)) look_at_node();
}

void AdminApi::publish(const model::RoleChanged& e) {
    if (!hub_.has_readers()) return;
    json::object o;
    o["from"] = model::name(e.row->from);
    o["to"] = model::name(e.row->to);
    o["reason"] = e.row->code;
    o["why"] = e.row->sentence;
    hub_.publish("role_change", json::serialize(o));
}

void AdminApi::publish(const model::Announce& e) {
    if (!hub_.has_readers()) return;
    const auto& row = model::describe(e.notice);
    json::object o;
    o["name"] = row.name;
    o["severity"] = word(row.severity);
    o["detail"] = e.detail;
    o["why"] = row.sentence;
    hub_.publish(row.severity == model::Severity::kAlarm ? "alarm" : "notice", json::serialize(o));
}

void AdminApi::look_at_node() {
    const auto& n = member_.state().node;
    const std::string now = n.process.dead                                ? "dead"
                            : n.activity == model::NodeActivity::kActive  ? "active"
                            : n.activity == model::NodeActivity::kStandby ? "standby"
                                                                          : "unknown";
    const auto before = std::exchange(node_, now);
    if (before == now || !hub_.has_readers()) return;
    json::object o;
    o["from"] = before.empty() ? "unknown" : before;
    o["to"] = now;
    hub_.publish("node_change", json::serialize(o));
}

}  // namespace elector::app
