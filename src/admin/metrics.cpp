// The only source file that includes prometheus-cpp: what is told is a table of names, each
// written by its serializer, some groups at a time.
#include "admin/metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <sstream>
#include <utility>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "admin/turn.hpp"
#include "admin/verdict.hpp"

namespace elector::admin {
namespace {

using model::Duration;
using model::Role;
using prometheus::ClientMetric;
using Kind = prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::string_view kPrefix = "iotex_elector_";
constexpr std::array kRoles{Role::kFollower, Role::kCandidate, Role::kLeader, Role::kDraining};

double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }
double number(std::uint64_t count) { return static_cast<double>(count); }

bool answered(int grpc_code) {
    constexpr int kDeadlineExceeded = 4;
    constexpr int kUnavailable = 14;
    return grpc_code != kDeadlineExceeded && grpc_code != kUnavailable;
}

/// The values of one name, until they are written.
class Rows {
  public:
    Rows(std::string_view name, Kind kind, const char* help) : kind_(kind) {
        family_.name = std::string(kPrefix) + std::string(name);
        family_.help = help;
        family_.type = kind;
    }

    /// What follows is of this group; empty: the file has none.
    void of(const std::string& group) { group_ = &group; }
    bool named() const { return group_ && !group_->empty(); }

    void add(double value, Labels labels = {}) {
        auto& metric = next(std::move(labels));
        (kind_ == Kind::Counter ? metric.counter.value : metric.gauge.value) = value;
    }
    void add(std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum,
             Labels labels = {}) {
        auto& histogram = next(std::move(labels)).histogram;
        histogram.sample_sum = sum;
        for (std::size_t i = 0; i <= bounds.size(); ++i) {
            if (!counts.empty()) histogram.sample_count += counts[i];
            if (i < bounds.size()) histogram.bucket.push_back({histogram.sample_count, bounds[i]});
        }
    }
    /// One of many groups begins with its first value: most of them never lead.
    void add(std::span<const double> bounds, const Spread& spread, Labels labels = {}) {
        if (named() && spread.counts.empty()) return;
        add(bounds, spread.counts, spread.sum, std::move(labels));
    }

    void write(std::string& page) {
        if (family_.metric.empty()) return;
        std::vector<prometheus::MetricFamily> one(1);
        one.front() = {family_.name, family_.help, family_.type, std::exchange(family_.metric, {})};
        std::ostringstream out;
        prometheus::TextSerializer().Serialize(out, one);
        const auto text = std::move(out).str();
        page += std::string_view(text).substr(begun_ ? heading(text) : 0);
        begun_ = true;
    }

  private:
    ClientMetric& next(Labels labels) {
        auto& metric = family_.metric.emplace_back();
        if (named()) metric.label.push_back({"group", *group_});
        std::move(labels.begin(), labels.end(), std::back_inserter(metric.label));
        return metric;
    }
    /// Its lines come once for each name.
    static std::size_t heading(std::string_view text) {
        std::size_t end = 0;
        while (end < text.size() && text[end] == '#')
            end = std::min(text.find('\n', end), text.size() - 1) + 1;
        return end;
    }

    Kind kind_;
    prometheus::MetricFamily family_;
    const std::string* group_ = nullptr;
    bool begun_ = false;
};

const model::HolderRecord* record_of(const Host& host) {
    const auto& record = host.state().known.view.holder.record;
    return record ? &*record : nullptr;
}

void add_renewals(const Host&, const Tally& t, Rows& rows) {
    rows.add(number(t.confirmed), {{"result", "confirmed"}});
    rows.add(number(t.refused), {{"result", "refused"}});
    rows.add(number(t.unknown), {{"result", "unknown"}});
}

void add_role_changes(const Host&, const Tally& t, Rows& rows) {
    for (const auto& [row, count] : t.role_changes)
        rows.add(number(count), {{"from", std::string(model::name(row->from))},
                                 {"reason", std::string(row->code)},
                                 {"to", std::string(model::name(row->to))}});
}

void add_double_active(const Host& host, const Tally&, Rows& rows) {
    rows.add(number(host.state().sentinel.observed));
}

void add_guardian_actions(const Host&, const Tally& t, Rows& rows) {
    rows.add(number(t.arm), {{"action", "arm"}});
    rows.add(number(t.disarm), {{"action", "disarm"}});
    rows.add(number(t.draining), {{"action", "draining"}});
    rows.add(number(t.fence), {{"action", "fence"}});
}

void add_roles(const Host& host, const Tally&, Rows& rows) {
    for (const auto role : kRoles)
        rows.add(role == host.state().role ? 1 : 0, {{"role", std::string(model::name(role))}});
}

void add_term(const Host& host, const Tally&, Rows& rows) {
    const auto* record = record_of(host);
    rows.add(record ? static_cast<double>(record->term.value) : 0);
}

void add_node_active(const Host& host, const Tally&, Rows& rows) {
    const bool active = host.state().node.activity == model::NodeActivity::kActive;
    rows.add(active && status_is_recent(host) ? 1 : 0);
}

void add_node_up(const Host& host, const Tally&, Rows& rows) {
    rows.add(status_is_recent(host) && !host.state().node.process.dead ? 1 : 0);
}

void add_tip(const Host& host, const Tally&, Rows& rows) {
    const auto& tip = host.state().health.tip;
    rows.add(tip ? number(tip->value) : 0);
}

void add_lag_blocks(const Host& host, const Tally&, Rows& rows) {
    rows.add(number(host.state().health.lag));
}

void add_holding(const Host& host, const Tally&, Rows& rows) {
    const auto& holding = host.state().holding;
    const auto left = holding.held() ? holding.valid_until - host.now() : Duration{};
    rows.add(std::max(0.0, seconds(left)));
}

void add_unfenced(const Host& host, const Tally&, Rows& rows) {
    const auto* record = record_of(host);
    rows.add(record && record->state == model::HolderRecord::State::kUnfenced ? 1 : 0);
}

void add_paused(const Host& host, const Tally&, Rows& rows) {
    rows.add(host.state().known.view.pause ? 1 : 0);
}

void add_confirm(const Host&, const Tally& t, Rows& rows) {
    rows.add(Tally::kConfirmBounds, t.confirm);
}

void add_phases(const Host&, const Tally& t, Rows& rows) {
    rows.add(Tally::kPhaseBounds, t.activation_phase, {{"phase", "activation"}});
    rows.add(Tally::kPhaseBounds, t.marker_phase, {{"phase", "marker"}});
    rows.add(Tally::kPhaseBounds, t.standby_phase, {{"phase", "standby"}});
}

}  // namespace

struct Names {
    struct One {
        std::string_view name;
        Kind kind;
        const char* help;
        void (*of_group)(const Host&, const Tally&, Rows&);
        void (*of_process)(const Metrics&, const House&, Rows&) = nullptr;
    };

    static void add_rpcs(const Metrics& m, const House&, Rows& rows) {
        for (const auto& rpc : m.rpcs_)
            rows.add(number(rpc.count),
                     {{"code", std::to_string(rpc.code)}, {"method", rpc.method}});
    }
    static void add_endpoints(const Metrics& m, const House&, Rows& rows) {
        for (const auto& one : m.endpoints_) rows.add(one.up ? 1 : 0, {{"endpoint", one.address}});
    }
    static void add_reloads(const Metrics& m, const House&, Rows& rows) {
        rows.add(number(m.applied_), {{"result", "applied"}});
        rows.add(number(m.refused_), {{"result", "refused"}});
    }
    static void add_notifications(const Metrics& m, const House&, Rows& rows) {
        for (const auto& [target, told] : m.told_) {
            rows.add(number(told.shown.dropped), {{"result", "dropped"}, {"target", target}});
            rows.add(number(told.shown.failed), {{"result", "failed"}, {"target", target}});
            rows.add(number(told.shown.sent), {{"result", "sent"}, {"target", target}});
        }
    }
    static void add_guardian(const Metrics&, const House& house, Rows& rows) {
        const auto all = house.groups();
        rows.add(std::all_of(all.begin(), all.end(),
                             [](const Host* host) { return host->guardian_answers(); })
                     ? 1
                     : 0);
    }
    static void add_build(const Metrics& m, const House&, Rows& rows) {
        rows.add(1, {{"version", m.version_}});
    }
    static void add_lag(const Metrics&, const House& house, Rows& rows) {
        std::vector<double> bounds;
        for (const auto end : support::LoopLag::kEnds) bounds.push_back(seconds(end));
        const auto& lag = house.lag();
        rows.add(bounds, lag.counts(), seconds(lag.sum()));
    }

    static const std::array<One, 22> kAll;
};

const std::array<Names::One, 22> Names::kAll{{
    {"renewals_total", Kind::Counter, "Confirmations of the holding, by their end.", &add_renewals},
    {"role_changes_total", Kind::Counter, "Changes of the member's role, with the reason.",
     &add_role_changes},
    {"double_active_observed_total", Kind::Counter,
     "Times that two nodes were published as active at once.", &add_double_active},
    {"guardian_actions_total", Kind::Counter, "What this elector asked of its guardian.",
     &add_guardian_actions},
    {"etcd_requests_total", Kind::Counter,
     "Attempts of calls to etcd, by method and gRPC status code; a stream counts when it ends.",
     nullptr, &Names::add_rpcs},
    {"config_reloads_total", Kind::Counter, "Reloads of the configuration, by their end.", nullptr,
     &Names::add_reloads},
    {"notifications_total", Kind::Counter,
     "Notifications: messages sent and dropped, and failed attempts, by target.", nullptr,
     &Names::add_notifications},
    {"role", Kind::Gauge, "1 for the member's role, 0 for the others.", &add_roles},
    {"term", Kind::Gauge, "Term of the holder record, as known; 0: none.", &add_term},
    {"node_active", Kind::Gauge, "1 while the node is verified active by a recent answer.",
     &add_node_active},
    {"node_up", Kind::Gauge, "1 while the node answers for its status.", &add_node_up},
    {"node_tip_height", Kind::Gauge, "Height of the node's newest block; 0: not known.", &add_tip},
    {"node_lag_blocks", Kind::Gauge, "Blocks that the node is behind the best known tip.",
     &add_lag_blocks},
    {"holding_remaining_seconds", Kind::Gauge,
     "Until the holding ends unless confirmed; 0: none is held.", &add_holding},
    {"unfenced", Kind::Gauge,
     "1 while the holder record says that a node could not be confirmed standby: nobody may take "
     "over.",
     &add_unfenced},
    {"guardian_up", Kind::Gauge, "1 while a guardian answers.", nullptr, &Names::add_guardian},
    {"etcd_endpoint_up", Kind::Gauge, "1 when the last attempt at the endpoint was answered.",
     nullptr, &Names::add_endpoints},
    {"paused", Kind::Gauge, "1 while the election is paused.", &add_paused},
    {"build_info", Kind::Gauge, "1, with the version of the program.", nullptr, &Names::add_build},
    {"confirm_seconds", Kind::Histogram,
     "From sending a confirmation of the holding to its answer.", &add_confirm},
    {"handover_phase_seconds", Kind::Histogram,
     "Phases of handing over: standby, marker; of taking over: activation.", &add_phases},
    {"event_loop_lag_seconds", Kind::Histogram,
     "How late the event loop was when it had something to do.", nullptr, &Names::add_lag},
}};

void Metrics::on_rpc(std::string_view method, std::string_view endpoint, int grpc_code) {
    auto rpc = std::find_if(rpcs_.begin(), rpcs_.end(), [&](const Rpc& one) {
        return one.code == grpc_code && one.method == method;
    });
    if (rpc == rpcs_.end()) rpc = rpcs_.insert(rpcs_.end(), {std::string(method), grpc_code, 0});
    ++rpc->count;
    auto place = std::find_if(endpoints_.begin(), endpoints_.end(),
                              [&](const Endpoint& one) { return one.address == endpoint; });
    if (place == endpoints_.end())
        place = endpoints_.insert(endpoints_.end(), {std::string(endpoint), false});
    place->up = answered(grpc_code);
}

void Metrics::read_told(const std::vector<notify::Standing>& standings) {
    const auto add_new = [](std::uint64_t& shown, std::uint64_t& seen, std::uint64_t now) {
        shown += now >= seen ? now - seen : now;
        seen = now;
    };
    for (const auto& now : standings) {
        auto& told = told_[now.target];
        add_new(told.shown.sent, told.seen.sent, now.counters.sent);
        add_new(told.shown.failed, told.seen.failed, now.counters.failed);
        add_new(told.shown.dropped, told.seen.dropped, now.counters.dropped);
    }
}

boost::asio::awaitable<std::string> Metrics::text(const House& house) {
    read_told(house.told());
    const auto groups = house.groups();
    std::string page;
    Portion portion(kGroupsAtOnce);
    for (const auto& one : Names::kAll) {
        Rows rows(one.name, one.kind, one.help);
        if (one.of_process) one.of_process(*this, house, rows);
        for (std::size_t i = 0; one.of_group && i < groups.size(); ++i) {
            rows.of(groups[i]->config().group);
            one.of_group(*groups[i], tallies_[i], rows);
            if (!portion.full()) continue;
            rows.write(page);
            co_await give_way();
        }
        rows.write(page);
    }
    co_return page;
}

}  // namespace elector::admin
