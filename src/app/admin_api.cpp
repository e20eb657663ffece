#include "app/admin_api.hpp"

#include <chrono>
#include <utility>

#include <boost/json/serialize.hpp>

#include "app/admin_seat.hpp"
#include "app/policy_of.hpp"

namespace elector::app {
namespace json = boost::json;

namespace {

constexpr std::chrono::seconds kStatusEvery{2};

std::string_view word(model::Severity severity) {
    return severity == model::Severity::kAlarm     ? "alarm"
           : severity == model::Severity::kWarning ? "warning"
                                                   : "info";
}

std::string_view node_word(const core::State& s) {
    return s.node.process.dead                                ? "dead"
           : s.node.activity == model::NodeActivity::kActive  ? "active"
           : s.node.activity == model::NodeActivity::kStandby ? "standby"
                                                              : "unknown";
}

}  // namespace

AdminApi::AdminApi(boost::asio::io_context& io, Groups& groups, Log& log,
                   std::function<std::vector<std::string>()> reload)
    : groups_(groups),
      log_(log),
      reload_(std::move(reload)),
      metrics_(version(), groups.size()),
      hub_(io),
      api_(*this, metrics_),
      server_(io,
              {[this](const admin::Request& request) { return api_.answer(request); },
               [this](const std::string& group) {
                   auto reader = hub_.subscribe(group);
                   if (!stopped_ && !std::exchange(telling_, true)) tell_regularly();
                   return reader;
               }},
              telling()),
      timer_(io) {
    for (std::size_t i = 0; i < groups_.size(); ++i) follow(i);
    groups_.etcd().on_rpc = [this](const etcd::RpcStat& stat) { on_rpc(stat); };
}

AdminApi::~AdminApi() = default;

void AdminApi::follow(std::size_t group) {
    auto& member = groups_.member(group);
    seats_.push_back(
        std::make_unique<Seat>(member, log_.for_group(groups_.name(group)), heard_etcd_));
    hosts_.push_back(seats_.back().get());
    member.listener = [this, group](const model::Event& event) { on_event(group, event); };
    member.observer = [this, group](const model::Effect& effect) { on_effect(group, effect); };
}

void AdminApi::on_event(std::size_t group, const model::Event& event) {
    const auto now = seats_[group]->now();
    metrics_.on_event(group, event, now);
    // A stream's answers are no calls that end.
    const auto* lease = std::get_if<model::LeaseAnswered>(&event);
    const bool alive = lease && lease->outcome == model::StoreOutcome::kDone;
    if (alive || std::holds_alternative<model::StoreChanged>(event)) heard_etcd_ = now;
}

void AdminApi::on_rpc(const etcd::RpcStat& stat) {
    metrics_.on_rpc(stat.method, stat.endpoint, stat.grpc_code);
    if (stat.grpc_code == 0) heard_etcd_ = seats_.front()->now();
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
    for (const auto& seat : seats_) seat->tell_if_resigned();
    server_.set(api());
}

void AdminApi::reloaded(bool applied) {
    metrics_.on_reload(applied);
    if (applied) server_.set(api());
}

void AdminApi::stop() {
    timer_.cancel();
    stopped_ = true;
    hub_.close(R"({"why":"this elector ends"})");
    server_.stop();
}

void AdminApi::tell_regularly() {
    timer_.expires_after(kStatusEvery);
    timer_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled || stopped_) return;
        telling_ = hub_.has_readers();
        if (!telling_) return;
        publish_status();
        tell_regularly();
    });
}

/// Of each group that somebody follows; who follows all is told in one line, or a thousand would
/// push everything else out.
void AdminApi::publish_status() {
    if (!named()) return hub_.publish("status", admin::status_event(*hosts_.front()));
    const auto followed = hub_.followed();
    if (followed.contains({})) hub_.publish_only({}, "status", admin::status_event(*this));
    for (const auto& seat : seats_)
        if (followed.contains(seat->group()))
            hub_.publish_only(seat->group(), "status", admin::status_event(*seat));
}

void AdminApi::on_effect(std::size_t group, const model::Effect& effect) {
    auto& seat = *seats_[group];
    metrics_.on_effect(group, effect, seat.now());
    if (const auto* change = std::get_if<model::RoleChanged>(&effect)) publish(seat, *change);
    if (const auto* told = std::get_if<model::Announce>(&effect)) publish(seat, *told);
    if (std::holds_alternative<model::QueryStatus>(effect)) look_at_node(seat);
}

void AdminApi::publish(const Seat& seat, std::string_view event, json::object object) {
    if (!seat.group().empty()) object["group"] = seat.group();
    hub_.publish(event, json::serialize(object), seat.group());
}

void AdminApi::publish(const Seat& seat, const model::RoleChanged& e) {
    if (!hub_.has_readers()) return;
    json::object o;
    o["from"] = model::name(e.row->from);
    o["to"] = model::name(e.row->to);
    o["reason"] = e.row->code;
    o["why"] = e.row->sentence;
    publish(seat, "role_change", std::move(o));
}

void AdminApi::publish(const Seat& seat, const model::Announce& e) {
    if (!hub_.has_readers()) return;
    const auto& row = model::describe(e.notice);
    json::object o;
    o["name"] = row.name;
    o["severity"] = word(row.severity);
    o["detail"] = e.detail;
    o["why"] = row.sentence;
    publish(seat, row.severity == model::Severity::kAlarm ? "alarm" : "notice", std::move(o));
}

void AdminApi::look_at_node(Seat& seat) {
    const auto now = node_word(seat.state());
    const auto before = std::exchange(seat.node, now);
    if (before == now || !hub_.has_readers()) return;
    json::object o;
    o["from"] = before.empty() ? "unknown" : before;
    o["to"] = now;
    publish(seat, "node_change", std::move(o));
}

}  // namespace elector::app
