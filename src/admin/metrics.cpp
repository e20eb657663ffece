// The only source file that includes prometheus-cpp.
#include "admin/metrics.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "admin/verdict.hpp"

namespace elector::admin {
namespace {

using model::Duration;
using model::Instant;
using model::Role;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;
using Bounds = Histogram::BucketBoundaries;

constexpr std::string_view kPrefix = "iotex_elector_";
constexpr std::array kRoles{Role::kFollower, Role::kCandidate, Role::kLeader, Role::kDraining};

double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

std::string full(std::string_view name) { return std::string(kPrefix) + std::string(name); }

Family<Gauge>& gauges(Registry& r, std::string_view name, const char* help) {
    return prometheus::BuildGauge().Name(full(name)).Help(help).Register(r);
}
Gauge& gauge(Registry& r, std::string_view name, const char* help) {
    return gauges(r, name, help).Add({});
}
Family<Counter>& counters(Registry& r, std::string_view name, const char* help) {
    return prometheus::BuildCounter().Name(full(name)).Help(help).Register(r);
}
Family<Histogram>& histograms(Registry& r, std::string_view name, const char* help) {
    return prometheus::BuildHistogram().Name(full(name)).Help(help).Register(r);
}

const Bounds kConfirmBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
const Bounds kPhaseBounds{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 60};

Bounds lag_bounds() {
    Bounds bounds;
    for (const auto end : support::LoopLag::kEnds) bounds.push_back(seconds(end));
    return bounds;
}

bool answered(int grpc_code) {
    constexpr int kDeadlineExceeded = 4;
    constexpr int kUnavailable = 14;
    return grpc_code != kDeadlineExceeded && grpc_code != kUnavailable;
}

void set_counter(Counter& counter, double value) {
    if (value > counter.Value()) counter.Increment(value - counter.Value());
}

struct RpcCounter {
    std::string method;
    int code;
    Counter* counter;
};

/// What a notification's target had come to at the last scrape.
struct Told {
    Counter* sent;
    Counter* failed;
    Counter* dropped;
    notify::Counters seen;
};

/// A target that a reload has replaced counts anew.
void add_new(Counter& counter, std::uint64_t& seen, std::uint64_t now) {
    counter.Increment(static_cast<double>(now >= seen ? now - seen : now));
    seen = now;
}

struct EndpointGauge {
    std::string endpoint;
    Gauge* gauge;
};

}  // namespace

struct Metrics::All {
    Registry registry;
    Family<Gauge>& role = gauges(registry, "role", "1 for the member's role, 0 for the others.");
    std::array<Gauge*, kRoles.size()> roles{};
    Gauge& term = gauge(registry, "term", "Term of the holder record, as known; 0: none.");
    Gauge& node_active =
        gauge(registry, "node_active", "1 while the node is verified active by a recent answer.");
    Gauge& node_up = gauge(registry, "node_up", "1 while the node answers for its status.");
    Gauge& node_tip_height =
        gauge(registry, "node_tip_height", "Height of the node's newest block; 0: not known.");
    Gauge& node_lag_blocks =
        gauge(registry, "node_lag_blocks", "Blocks that the node is behind the best known tip.");
    Gauge& holding_remaining = gauge(registry, "holding_remaining_seconds",
                                     "Until the holding ends unless confirmed; 0: none is held.");
    Histogram& confirm = histograms(registry, "confirm_seconds",
                                    "From sending a confirmation of the holding to its answer.")
                             .Add({}, kConfirmBounds);
    Family<Counter>& renewals =
        counters(registry, "renewals_total", "Confirmations of the holding, by their end.");
    Counter& confirmed = renewals.Add({{"result", "confirmed"}});
    Counter& refused = renewals.Add({{"result", "refused"}});
    Counter& unknown = renewals.Add({{"result", "unknown"}});
    Family<Counter>& role_changes =
        counters(registry, "role_changes_total", "Changes of the member's role, with the reason.");
    Family<Histogram>& phases =
        histograms(registry, "handover_phase_seconds",
                   "Phases of handing over: standby, marker; of taking over: activation.");
    Histogram& standby_phase = phases.Add({{"phase", "standby"}}, kPhaseBounds);
    Histogram& marker_phase = phases.Add({{"phase", "marker"}}, kPhaseBounds);
    Histogram& activation_phase = phases.Add({{"phase", "activation"}}, kPhaseBounds);
    Counter& double_active = counters(registry, "double_active_observed_total",
                                      "Times that two nodes were published as active at once.")
                                 .Add({});
    Gauge& unfenced = gauge(registry, "unfenced",
                            "1 while the holder record says that a node could not be confirmed "
                            "standby: nobody may take over.");
    Gauge& guardian_up = gauge(registry, "guardian_up", "1 while a guardian answers.");
    Family<Counter>& guardian_actions =
        counters(registry, "guardian_actions_total", "What this elector asked of its guardian.");
    Counter& arm = guardian_actions.Add({{"action", "arm"}});
    Counter& draining = guardian_actions.Add({{"action", "draining"}});
    Counter& disarm = guardian_actions.Add({{"action", "disarm"}});
    Counter& fence = guardian_actions.Add({{"action", "fence"}});
    Family<Counter>& rpcs =
        counters(registry, "etcd_requests_total",
                 "Attempts of calls to etcd, by method and gRPC status code; a stream counts when "
                 "it ends.");
    std::vector<RpcCounter> rpc_counters;
    Family<Gauge>& endpoint_up = gauges(registry, "etcd_endpoint_up",
                                        "1 when the last attempt at the endpoint was answered.");
    std::vector<EndpointGauge> endpoints;
    Histogram& lag = histograms(registry, "event_loop_lag_seconds",
                                "How late the event loop was when it had something to do.")
                         .Add({}, lag_bounds());
    std::array<std::uint64_t, support::LoopLag::kEnds.size() + 1> lag_counts{};
    double lag_sum = 0;
    Family<Counter>& reloads =
        counters(registry, "config_reloads_total", "Reloads of the configuration, by their end.");
    Counter& applied = reloads.Add({{"result", "applied"}});
    Counter& reload_refused = reloads.Add({{"result", "refused"}});
    Family<Counter>& notifications =
        counters(registry, "notifications_total",
                 "Notifications: messages sent and dropped, and failed attempts, by target.");
    std::map<std::string, Told> told;
    Gauge& paused = gauge(registry, "paused", "1 while the election is paused.");
    Family<Gauge>& build = gauges(registry, "build_info", "1, with the version of the program.");

    // what is under way
    model::OpId confirming;
    Instant confirm_sent;
    std::optional<Instant> began;    ///< the present draining
    std::optional<Instant> standby;  ///< its confirmation
    std::optional<Instant> claimed;

    explicit All(std::string_view version) {
        for (std::size_t i = 0; i < kRoles.size(); ++i)
            roles[i] = &role.Add({{"role", std::string(model::name(kRoles[i]))}});
        build.Add({{"version", std::string(version)}}).Set(1);
    }

    void on_role(const model::Transition& row, Instant now) {
        role_changes
            .Add({{"from", std::string(model::name(row.from))},
                  {"to", std::string(model::name(row.to))},
                  {"reason", std::string(row.code)}})
            .Increment();
        claimed.reset();
        if (row.to == Role::kLeader) claimed = now;
        if (row.from == Role::kDraining && standby) marker_phase.Observe(seconds(now - *standby));
        began.reset();
        standby.reset();
        if (row.to == Role::kDraining) began = now;
    }

    void on_notice(model::Notice notice, Instant now) {
        if (notice == model::Notice::kStandbyConfirmed && began && !standby) {
            standby = now;
            standby_phase.Observe(seconds(now - *began));
        }
        if (notice == model::Notice::kActive && claimed) {
            activation_phase.Observe(seconds(now - *claimed));
            claimed.reset();
        }
    }

    void read_told(const std::vector<notify::Standing>& standings) {
        for (const auto& now : standings) {
            auto place = told.find(now.target);
            if (place == told.end()) {
                const auto of = [&](const char* result) {
                    return &notifications.Add({{"target", now.target}, {"result", result}});
                };
                place = told.emplace(now.target, Told{of("sent"), of("failed"), of("dropped"), {}})
                            .first;
            }
            auto& t = place->second;
            add_new(*t.sent, t.seen.sent, now.counters.sent);
            add_new(*t.failed, t.seen.failed, now.counters.failed);
            add_new(*t.dropped, t.seen.dropped, now.counters.dropped);
        }
    }

    void read_lag(const support::LoopLag& now) {
        std::vector<double> more(lag_counts.size());
        for (std::size_t i = 0; i < more.size(); ++i)
            more[i] = static_cast<double>(now.counts()[i] - lag_counts[i]);
        lag.ObserveMultiple(more, seconds(now.sum()) - lag_sum);
        lag_counts = now.counts();
        lag_sum = seconds(now.sum());
    }
};

Metrics::Metrics(std::string_view version) : all_(std::make_unique<All>(version)) {}
Metrics::~Metrics() = default;

void Metrics::on_effect(const model::Effect& effect, const core::State&, Instant now) {
    auto& all = *all_;
    if (const auto* confirm = std::get_if<model::Confirm>(&effect)) {
        all.confirming = confirm->op;
        all.confirm_sent = now;
    } else if (const auto* change = std::get_if<model::RoleChanged>(&effect)) {
        all.on_role(*change->row, now);
    } else if (const auto* told = std::get_if<model::Announce>(&effect)) {
        all.on_notice(told->notice, now);
    } else if (std::holds_alternative<model::ArmGuardian>(effect)) {
        all.arm.Increment();
    } else if (std::holds_alternative<model::TellGuardianDraining>(effect)) {
        all.draining.Increment();
    } else if (std::holds_alternative<model::DisarmGuardian>(effect)) {
        all.disarm.Increment();
    } else if (std::holds_alternative<model::RunFence>(effect)) {
        all.fence.Increment();
    }
}

void Metrics::on_event(const model::Event& event, Instant now) {
    auto& all = *all_;
    const auto* answer = std::get_if<model::RecordAnswered>(&event);
    if (!answer || answer->op != all.confirming || answer->op == model::OpId{}) return;
    all.confirming = {};
    all.confirm.Observe(seconds(now - all.confirm_sent));
    const bool done = answer->outcome == model::StoreOutcome::kDone;
    const bool known = done || answer->outcome == model::StoreOutcome::kGuardFailed;
    (done ? all.confirmed : known ? all.refused : all.unknown).Increment();
}

void Metrics::on_rpc(std::string_view method, std::string_view endpoint, int grpc_code) {
    auto& known = all_->rpc_counters;
    auto counter = std::find_if(known.begin(), known.end(), [&](const RpcCounter& one) {
        return one.code == grpc_code && one.method == method;
    });
    if (counter == known.end()) {
        auto& made =
            all_->rpcs.Add({{"method", std::string(method)}, {"code", std::to_string(grpc_code)}});
        counter = known.insert(known.end(), {std::string(method), grpc_code, &made});
    }
    counter->counter->Increment();
    auto& places = all_->endpoints;
    auto place = std::find_if(places.begin(), places.end(),
                              [&](const EndpointGauge& one) { return one.endpoint == endpoint; });
    if (place == places.end()) {
        auto& made = all_->endpoint_up.Add({{"endpoint", std::string(endpoint)}});
        place = places.insert(places.end(), {std::string(endpoint), &made});
    }
    place->gauge->Set(answered(grpc_code) ? 1 : 0);
}

void Metrics::on_reload(bool applied) {
    (applied ? all_->applied : all_->reload_refused).Increment();
}

std::string Metrics::text(const Host& host) {
    auto& all = *all_;
    const auto& s = host.state();
    const auto& record = s.known.view.holder.record;
    const bool recent = status_is_recent(host);
    for (std::size_t i = 0; i < kRoles.size(); ++i) all.roles[i]->Set(kRoles[i] == s.role ? 1 : 0);
    all.term.Set(record ? static_cast<double>(record->term.value) : 0);
    all.node_active.Set(recent && s.node.activity == model::NodeActivity::kActive ? 1 : 0);
    all.node_up.Set(recent && !s.node.process.dead ? 1 : 0);
    all.node_tip_height.Set(s.health.tip ? static_cast<double>(s.health.tip->value) : 0);
    all.node_lag_blocks.Set(static_cast<double>(s.health.lag));
    const auto left = s.holding.held() ? s.holding.valid_until - host.now() : Duration{};
    all.holding_remaining.Set(std::max(0.0, seconds(left)));
    set_counter(all.double_active, static_cast<double>(s.sentinel.observed));
    all.unfenced.Set(record && record->state == model::HolderRecord::State::kUnfenced ? 1 : 0);
    all.guardian_up.Set(host.guardian_answers() ? 1 : 0);
    all.paused.Set(s.known.view.pause ? 1 : 0);
    all.read_told(host.told());
    all.read_lag(host.lag());
    return prometheus::TextSerializer().Serialize(all.registry.Collect());
}

}  // namespace elector::admin
