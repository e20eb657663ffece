#include "config/budget.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "config/duration.hpp"
#include "config/values.hpp"

namespace elector::config {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::size_t kLabelWidth = 52;
constexpr std::size_t kFigureWidth = 8;

// Expiry is looked for every 500 ms by etcd; half a second more covers what follows it.
constexpr Duration kLeaseScan = milliseconds{500};
constexpr Duration kReaction = milliseconds{500};
constexpr Duration kEtcdLeaderLoss = seconds{4};
// Silent for this long a delegate is put on probation.
constexpr Duration kProbation = std::chrono::minutes{10};
// A healthy node's answer to a deactivation, measured: median 0.7 s, at most 2.5 s.
constexpr Duration kDrainTypical = milliseconds{700};
constexpr Duration kDrainHealthy = milliseconds{2500};

enum class Round { kUp, kDown };

/// "24.7 s"
std::string tenths(Duration span, Round round) {
    constexpr std::int64_t tenth = 100'000'000;
    const std::int64_t extra = round == Round::kUp ? tenth - 1 : 0;
    const std::int64_t count = (span.count() + extra) / tenth;
    return std::to_string(count / 10) + "." + std::to_string(count % 10) + " s";
}

std::string line(std::string_view label, std::string_view figure, std::string_view remark) {
    std::string out = "  " + std::string(label);
    out.resize(std::max(out.size(), kLabelWidth - std::min(figure.size(), kFigureWidth)), ' ');
    out += figure;
    if (!remark.empty()) out += "  " + std::string(remark);
    return out + "\n";
}

std::string wait(std::string_view label, Duration span, std::string_view remark = "") {
    return line(label, tenths(span, Round::kUp), remark);
}

/// "hold 5s + quiesce 11s": where a figure comes from.
using Term = std::pair<std::string_view, Duration>;
std::string sum(const std::vector<Term>& terms) {
    std::string out;
    for (const auto& [name, span] : terms)
        out += (out.empty() ? "" : " + ") + std::string(name) + " " + format_duration(span);
    return out;
}

std::string percent(std::int64_t ppm) {
    const auto whole = std::to_string(ppm / 10'000);
    const auto rest = ppm % 10'000;
    return rest == 0 ? whole + "%" : std::to_string(ppm) + " ppm";
}

/// What a clock at the edge of the drift makes of it.
std::string widened(const std::vector<Term>& terms, const Election& e) {
    const auto inside = terms.size() > 1 ? "(" + sum(terms) + ")" : sum(terms);
    return e.clock_drift_ppm == 0 ? inside : inside + " + " + percent(e.clock_drift_ppm) + " drift";
}

std::string holding_lines(const Budget& b, const Election& e) {
    const bool survives = b.tolerance >= kEtcdElection;
    return wait("hold (lease time-to-live)", b.hold) + wait("renew", b.renew) +
           line("etcd outage survived", tenths(b.tolerance, Round::kDown),
                "hold - " + percent(e.clock_drift_ppm) + " - " + sum({{"renew", e.renew}}) +
                    " - 2 x " + sum({{"margin", e.margin}}) + " - " +
                    sum({{"hedge", kHedgeDelay}})) +
           line("", "",
                survives ? "the loss of an etcd leader (2.2 to 3.0 s) included"
                         : "the loss of an etcd leader (2.2 to 3.0 s) may end the holding");
}

std::string planned_lines(const Budget& b, const Config& c) {
    const bool web3 = c.node.web3_mode != Web3Mode::kOff;
    const Term drain{"drain", b.drain_healthy};
    std::string out = wait("drain, typical", b.drain_typical, "measured") +
                      wait("drain, healthy node, at most", b.drain_healthy, "measured") +
                      wait("then the gate, without web3", b.gate_without_tip,
                           widened({{"settle", c.election.settle}}, c.election));
    if (web3) out += wait("then the gate, with web3", b.gate_with_tip, "one block; often at once");
    // A block that comes late keeps the gate closed, until the time opens it.
    if (web3)
        out += wait("hand-over, healthy node, next block in time", b.clean_handover,
                    sum({drain, {"block", b.gate_with_tip}}));
    return out + wait("hand-over, healthy node, at most", b.clean_handover_blind,
                      sum({drain, {"gate", b.gate_without_tip}}));
}

std::string failure_lines(const Budget& b, const Config& c) {
    const Election& e = c.election;
    const auto after = [&e](Duration hold) {
        return widened({{"hold", hold}, {"quiesce", e.quiesce}, {"overtime", e.overtime}}, e);
    };
    return wait("node process gone", b.node_crash,
                sum({{"refused_grace", c.node.refused_grace}}) + " + " +
                    widened({{"overtime", e.overtime}}, e)) +
           wait("host lost", b.host_loss,
                sum({{"hold", e.hold}, {"lease scan", kLeaseScan}}) + " + " + after(e.hold) +
                    " + " + sum({{"reaction", kReaction}})) +
           wait("host lost, the etcd leader with it", b.host_loss_with_etcd,
                sum({{"the same", b.host_loss}, {"etcd election", kEtcdLeaderLoss}})) +
           wait("group's first start, or record lost", b.unknown_wait,
                after(kMaxHold) + ": the longest hold there may be") +
           wait("idle head of the queue deposed after", b.depose_after,
                sum({{"the same", b.unknown_wait}, {"patience", seconds{5}}})) +
           wait("deactivation unconfirmed: unfenced after", b.unfenced_after,
                sum({{"block", c.node.block_interval}, {"its end", milliseconds{1500}}})) +
           wait("draining elector killed after", b.drain_deadline, "quiesce");
}

/// The longest of all waits beside what a delegate may be silent for.
std::string bound_lines(const Budget& b) {
    const auto longest =
        std::max({b.clean_handover_blind, b.host_loss_with_etcd, b.unknown_wait, b.depose_after});
    const auto share = (longest.count() * 100 + kProbation.count() - 1) / kProbation.count();
    return wait("silence that puts a delegate on probation", kProbation, "ten minutes") +
           wait("the longest wait of those above", longest,
                std::to_string(share) + "% of it, at most");
}

std::string stop_sum(const Config& c) {
    std::vector<Term> terms{{"quiesce", c.election.quiesce}, {"settle", c.election.settle}};
    if (c.fence.policy != FencePolicy::kNone) terms.push_back({"fence.timeout", c.fence.timeout});
    return sum(terms);
}

}  // namespace

Duration stretched(Duration span, std::int64_t drift_ppm) {
    return span + Duration{(span.count() * drift_ppm + kMillion - 1) / kMillion};
}

Duration shrunk(Duration span, std::int64_t drift_ppm) {
    return span - Duration{(span.count() * drift_ppm + kMillion - 1) / kMillion};
}

Duration blip_tolerance(const Election& election) {
    return shrunk(election.hold, election.clock_drift_ppm) - election.renew - 2 * election.margin -
           kHedgeDelay;
}

Budget budget_of(const Config& config) {
    const Election& e = config.election;
    const Duration block = config.node.block_interval;
    const auto wide = [&e](Duration span) { return stretched(span, e.clock_drift_ppm); };
    const bool fenced = config.fence.policy != FencePolicy::kNone;
    Budget b{};
    b.hold = e.hold;
    b.renew = e.renew;
    b.tolerance = blip_tolerance(e);
    b.dirty_wait = wide(e.hold + e.quiesce + e.overtime);
    b.unknown_wait = wide(kMaxHold + e.quiesce + e.overtime);
    b.depose_after = b.unknown_wait + seconds{5};
    b.host_loss = e.hold + kLeaseScan + b.dirty_wait + kReaction;
    b.host_loss_with_etcd = b.host_loss + kEtcdLeaderLoss;
    b.node_crash = config.node.refused_grace + wide(e.overtime);
    b.drain_typical = kDrainTypical;
    b.drain_healthy = kDrainHealthy;
    b.unfenced_after = block + milliseconds{1500};
    b.drain_deadline = e.quiesce;
    b.gate_with_tip = block;
    b.gate_without_tip = wide(e.settle);
    b.clean_handover = b.drain_healthy + b.gate_with_tip;
    b.clean_handover_blind = b.drain_healthy + b.gate_without_tip;
    b.stop_timeout = e.quiesce + e.settle + (fenced ? config.fence.timeout : Duration::zero());
    return b;
}

std::string render_budget(const Config& config) {
    const Budget b = budget_of(config);
    const auto profile = kProfiles.at(static_cast<std::size_t>(config.election.profile));
    return "Time budget, profile " + std::string(profile) + ", blocks every " +
           format_duration(config.node.block_interval) + "\nholding\n" +
           holding_lines(b, config.election) +
           "planned hand-over, elector crashed or frozen, node unhealthy\n" +
           planned_lines(b, config) + "failures: time until another member may activate\n" +
           failure_lines(b, config) + "service manager\n" +
           wait("TimeoutStopSec must be more than", b.stop_timeout, stop_sum(config)) + "bounds\n" +
           bound_lines(b);
}

}  // namespace elector::config
