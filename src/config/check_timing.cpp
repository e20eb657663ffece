#include "config/budget.hpp"
#include "config/check.hpp"
#include "config/duration.hpp"
#include "config/text.hpp"

namespace elector::config {
namespace {

std::string written(Duration span) { return quoted(format_duration(span)); }

void check_renew(const Election& e, Report& report) {
    if (3 * e.renew <= e.hold) return;
    if (report.is_given("election.hold") || !report.is_given("election.renew")) {
        report.fault("election.hold", "must be at least 3 x " +
                                          report.mention("election.renew", written(e.renew)) +
                                          "; raise hold or lower renew");
    } else {
        report.fault("election.renew", "must be at most a third of " +
                                           report.mention("election.hold", written(e.hold)) +
                                           "; lower renew or raise hold");
    }
}

void check_tolerance(const Election& e, Report& report) {
    if (!report.sound(
            {"election.hold", "election.renew", "election.margin", "election.clock_drift"})) {
        return;
    }
    const Duration tolerance = blip_tolerance(e);
    const std::string leaves = "leaves a blip tolerance of " + format_duration(tolerance);
    const std::string_view blamed =
        report.blame({"election.hold", "election.renew", "election.margin", "election.clock_drift",
                      "election.profile"});
    if (tolerance < kMinTolerance) {
        report.fault(blamed, leaves +
                                 " (hold less drift, renew, 2 x margin and 250 ms); it must be "
                                 "at least 1.5s; raise hold, or lower renew or margin");
    } else if (tolerance < kEtcdElection) {
        report.warn(blamed,
                    leaves + "; losing the etcd leader takes 2.2 to 3 s and may end the holding");
    }
}

void check_hold(const Config& config, Report& report) {
    const Election& e = config.election;
    // Without a known profile there is no telling which hold the other values are meant for.
    if (!report.is_given("election.hold") && !report.sound({"election.profile"})) return;
    if (report.sound({"election.hold"}) && e.hold % seconds{1} != Duration::zero()) {
        report.fault("election.hold", "must be whole seconds; etcd counts leases in seconds");
    }
    if (report.sound({"election.hold", "election.renew"})) check_renew(e, report);
    check_tolerance(e, report);
    if (report.sound({"election.hold", "etcd.request_timeout"}) &&
        6 * config.etcd.request_timeout > e.hold) {
        report.fault("etcd.request_timeout",
                     "must be at most a sixth of " +
                         report.mention("election.hold", written(e.hold)) +
                         "; a lost reply must leave time for other endpoints");
    }
}

void check_waits(const Config& config, Report& report) {
    const Election& e = config.election;
    const Duration block = config.node.block_interval;
    const auto at_least = [&report](std::string_view path, Duration value, Duration floor,
                                    const std::string& rule, std::string_view why) {
        if (value >= floor || !report.sound({path})) return;
        report.fault(path,
                     "must be at least " + rule + " = " + written(floor) + "; " + std::string(why));
    };
    if (report.sound({"election.node_skew"})) {
        at_least("election.overtime", e.overtime, overtime_floor(e.node_skew),
                 "2 s + election.node_skew", "a fresh activation may join a round that old");
    }
    if (!report.sound({"node.block_interval"})) return;
    at_least("election.quiesce", e.quiesce, quiesce_floor(block), "4 x node.block_interval + 1 s",
             "a node may still sign that long after it was told to stop");
    if (report.sound({"election.overtime", "election.node_skew"})) {
        at_least("election.settle", e.settle, settle_floor(block, e.overtime),
                 "node.block_interval + 1.5 s + election.overtime",
                 "a proposal may be left over that long after a confirmed standby");
    }
    at_least("node.request_timeout", config.node.request_timeout, block + seconds{1},
             "node.block_interval + 1 s", "a healthy node may take that long to answer");
    at_least("health.max_tip_age", config.health.max_tip_age, 2 * block, "2 x node.block_interval",
             "a healthy node's newest block may be older than one interval");
}

void warn_of_assumptions(const Config& config, Report& report) {
    const Election standard;
    const Election& e = config.election;
    const Duration block = config.node.block_interval;
    if (e.margin < standard.margin) {
        report.warn("election.margin",
                    "is below \"250ms\": safe only where nothing on the host can "
                    "hold the elector up for longer");
    }
    if (e.node_skew < standard.node_skew) {
        report.warn("election.node_skew",
                    "is below \"500ms\": safe only where time synchronisation is watched");
    }
    if (e.clock_drift_ppm < standard.clock_drift_ppm) {
        report.warn("election.clock_drift",
                    "is below \"1%\": safe only on hosts whose clock rates are known");
    }
    if (block != milliseconds{2500} && block != seconds{5} && block != seconds{10}) {
        report.warn("node.block_interval",
                    "is none of the chain's known intervals (2.5s, 5s, 10s); too short a one means "
                    "two signers");
    }
    if (config.node.poll_interval < seconds{1}) {
        report.warn("node.poll_interval",
                    "is below \"1s\": the node writes a log line for every query");
    }
}

}  // namespace

void check_timing(const Config& config, Report& report) {
    check_hold(config, report);
    check_waits(config, report);
    warn_of_assumptions(config, report);
}

}  // namespace elector::config
