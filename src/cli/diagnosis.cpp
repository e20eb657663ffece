#include "cli/diagnosis.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "config/budget.hpp"
#include "config/etcd_files.hpp"
#include "report/text.hpp"

namespace elector::cli {

using namespace std::chrono_literals;
using std::to_string;

namespace {

/// A delegate that is silent for this long is put on probation and slashed.
constexpr model::Duration kProbation = 10min;
constexpr std::int64_t kSoonSeconds = 30 * 24 * 3600;
constexpr unsigned kOthers = 0007;
constexpr unsigned kGroup = 0070;
constexpr unsigned kWritableByOthers = 0022;

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
    return all;
}

/// Of a bound nothing may be cut off.
std::string at_most(model::Duration span) {
    return to_string(std::chrono::ceil<std::chrono::seconds>(span).count()) + " s";
}

Finding judge_budget(const config::Config& c) {
    const auto b = config::budget_of(c);
    const auto longest = std::max({b.host_loss_with_etcd, b.unknown_wait, b.depose_after});
    const auto text = "host lost: another may lead after " + at_most(b.host_loss) +
                      "; the longest wait is " + at_most(longest) +
                      " of the ten minutes that cost a delegate its standing";
    if (longest > kProbation / 2)
        return error("budget", text, "Shorten node.block_interval or election.hold; see check.");
    if (b.tolerance < config::kEtcdElection)
        return warning("budget",
                       "an etcd outage of " + report::span_text(b.tolerance) +
                           " is survived; the loss of an etcd leader takes up to 3 s and may end "
                           "a holding",
                       "Use profile standard or wan, unless that is what you want.");
    return ok("budget", text);
}

Finding judge_fence(const config::Config& c) {
    if (c.fence.policy == config::FencePolicy::kNone)
        return ok("fence",
                  "no fence command: a node that does not confirm standby keeps the group "
                  "waiting for you");
    return ok("fence", "the fence command " + c.fence.command.front() + " can be run");
}

// ---- the node

/// What is wrong; the rest is what a running elector makes of it.
std::string clause(const std::string& error) { return error.substr(0, error.find("; ")); }

Finding judge_bind(const config::Config& c, const NodeFacts& node) {
    const auto where = c.node.admin.text();
    if (node.listens.empty()) return ok("node_bind", "cannot be told for " + where + " here");
    const bool loopback = std::all_of(node.listens.begin(), node.listens.end(), is_loopback);
    if (loopback) return ok("node_bind", "the admin port listens on loopback only");
    return warning("node_bind",
                   "the admin port of " + where +
                       " listens on the network too: whoever reaches it can make the node sign",
                   "Run a node of v2.4.2 or later, or close port " + to_string(c.node.admin.port) +
                       " in the firewall.");
}

const model::MemberRecord* own_record(const config::Config& c, const EtcdFacts& etcd) {
    if (!etcd.group.value) return nullptr;
    const auto* entry = model::find_member(*etcd.group.value->view, c.member.name);
    return entry ? &entry->record : nullptr;
}

bool holds(const config::Config& c, const EtcdFacts& etcd) {
    if (!etcd.group.value) return false;
    const auto& record = etcd.group.value->view->holder.record;
    return record && record->member == c.member.name &&
           record->state != model::HolderRecord::State::kDrained;
}

Finding judge_activity(const config::Config& c, const NodeFacts& node, const EtcdFacts& etcd) {
    const char* const remedy =
        "Set system.active: false in the node's configuration and restart it while it is standby; "
        "look for another elector, and for a consensus scheme other than ROLLDPOS.";
    const auto* own = own_record(c, etcd);
    const auto blocked = own ? "," + own->blocked_by + "," : std::string{};
    if (!node.active.value)
        return error("node_standby", "the node does not say what it is", remedy);
    if (*node.active.value && holds(c, etcd))
        return ok("node_standby", "the node is active, and this member holds the lead");
    if (*node.active.value && !etcd.group.value)
        return warning("node_standby", "the node is active; who holds the lead is not known",
                       "See that etcd answers.");
    if (*node.active.value)
        return error("node_standby", "the node is active, and this member does not hold the lead",
                     remedy);
    if (blocked.find(",seen_active,") != std::string::npos)
        return error("node_standby", "the node was active on its own not long ago", remedy);
    return ok("node_standby",
              "the node is standby; whether it also starts so stands in its file alone "
              "(system.active: false)");
}

Findings judge_health(const NodeFacts& node) {
    Findings found;
    if (!node.ready.value) {
        found.push_back(error("node_health", clause(node.ready.error),
                              "Set system.httpStatsPort in the node's configuration, or "
                              "node.probe here."));
    } else if (!*node.ready.value) {
        found.push_back(error("node_health", "the node does not say ready",
                              "See the node's own log; it says ready when a fresh block is in."));
    } else {
        found.push_back(ok("node_health", "the node says ready"));
    }
    if (node.metrics.value && node.metrics.value->connected_peers == 0U)
        found.push_back(warning("node_peers", "the node has no peers",
                                "See its p2p settings, and that its network.masterKey is no "
                                "other node's."));
    return found;
}

Finding judge_tip(const config::Config& c, const NodeFacts& node, const EtcdFacts& etcd,
                  std::int64_t unix_ms) {
    std::uint64_t best = 0;
    if (etcd.group.value)
        for (const auto& m : etcd.group.value->view->members)
            if (m.record.tip) best = std::max(best, m.record.tip->value);
    if (node.metrics.value) best = std::max(best, node.metrics.value->target_height.value_or(0));
    if (!node.tip.value && !node.tip.error.empty())
        return warning("node_lag",
                       clause(node.tip.error) + "; every hand-over waits for the time gate",
                       "Turn the node's web3 port on, or set node.web3 to it, or to \"\".");
    std::optional<std::uint64_t> own;
    if (node.tip.value) own = node.tip.value->height;
    if (!own && node.metrics.value) own = node.metrics.value->tip_height;
    if (!own)
        return error("node_lag", "the node does not say how far it is",
                     "See that node.probe or node.web3 answers.");
    const auto lag = best > *own ? best - *own : 0;
    if (lag > static_cast<std::uint64_t>(c.health.max_lag))
        return error("node_lag",
                     "the node is " + to_string(lag) + " blocks behind the best known tip " +
                         to_string(best),
                     "Wait until it has caught up; if it does not, see that it has peers.");
    if (node.tip.value && unix_ms > 0) {
        const auto age =
            std::chrono::milliseconds(unix_ms) -
            std::chrono::duration_cast<std::chrono::milliseconds>(node.tip.value->timestamp);
        if (age > c.health.max_tip_age)
            return error("node_lag",
                         "the node's newest block " + to_string(*own) + " is " +
                             report::span_text(age) + " old",
                         "See that the node has peers, and that the chain goes on.");
    }
    return ok("node_lag", "the node is at block " + to_string(*own) + ", " + to_string(lag) +
                              " behind the best known");
}

Finding judge_address(const config::Config& c, const NodeFacts& node, const EtcdFacts& etcd) {
    const char* const remedy =
        "Give all nodes of the group the same operator key, or use another election.key.";
    if (!node.metrics.value)
        return warning("operator_address", clause(node.metrics.error),
                       "See that node.probe answers /metrics.");
    const auto& mine = node.metrics.value->operator_addresses;
    if (mine.empty())
        return warning("operator_address", "the node does not name its operator address",
                       "Run a node version that does; the elector cannot compare it.");
    if (mine.size() > 1)
        return warning("operator_address", "the node names several: " + joined(mine),
                       "Restart it after a change of keys, so that it names one.");
    std::vector<std::string> others;
    int same = 0;
    if (etcd.group.value)
        for (const auto& m : etcd.group.value->view->members) {
            const auto& r = m.record;
            if (r.name == c.member.name || r.operator_address.empty()) continue;
            if (r.operator_address == mine.front()) {
                ++same;
            } else {
                others.push_back(r.name + " has " + r.operator_address);
            }
        }
    if (!others.empty())
        return error("operator_address",
                     "this node signs with " + mine.front() + "; " + joined(others), remedy);
    return ok("operator_address", mine.front() + ", the same as at " + to_string(same) +
                                      " other member" + (same == 1 ? "" : "s"));
}

}  // namespace

Findings judge_configuration(const config::Config& c, const std::vector<std::string>& faults,
                             const std::vector<std::string>& warnings, std::int64_t unix_ms) {
    Findings found;
    for (const auto& fault : faults)
        found.push_back(error("configuration", fault, "Mend it, then run check on the file."));
    for (const auto& w : warnings)
        found.push_back(warning("configuration", w, "Change it, or leave it if it is meant."));
    for (const auto& soon : config::expiring(c.etcd, unix_ms / 1000 + kSoonSeconds))
        found.push_back(warning("certificates", soon,
                                "Write a new one to the same file; the elector takes it by "
                                "itself."));
    if (found.empty()) found.push_back(ok("configuration", "can be used, and its files too"));
    found.push_back(judge_budget(c));
    const bool left_out = c.fence.policy != config::FencePolicy::kNone && c.fence.command.empty();
    if (!left_out) found.push_back(judge_fence(c));
    return found;
}

Findings judge_node(const config::Config& c, const NodeFacts& node, const EtcdFacts& etcd,
                    std::int64_t unix_ms) {
    Findings found;
    const auto admin = c.node.admin.text();
    if (node.active.value) {
        found.push_back(ok("node_admin", "the node answers at " + admin));
        found.push_back(judge_bind(c, node));
        found.push_back(judge_activity(c, node, etcd));
    } else {
        found.push_back(error(
            "node_admin", clause(node.active.error),
            "Start the node, set system.httpAdminPort in its configuration, and run the elector in "
            "its network namespace."));
    }
    for (auto& f : judge_health(node)) found.push_back(std::move(f));
    found.push_back(judge_tip(c, node, etcd, unix_ms));
    found.push_back(judge_address(c, node, etcd));
    return found;
}

Findings judge_host(const config::Config& c, const HostFacts& h) {
    Findings found;
    if (h.clock_synchronised == false)
        found.push_back(warning("clock", "the kernel says that the clock is not synchronised",
                                "Run chrony or systemd-timesyncd; in a container, on its host."));
    else if (h.clock_synchronised)
        found.push_back(ok("clock", "the kernel says that the clock is synchronised"));
    const auto& dir = c.state.dir;
    if (!h.state_is_there) {
        found.push_back(warning("state_dir", dir + " is not there yet",
                                "Start the service, which makes it; under systemd it is "
                                "StateDirectory."));
    } else if (!h.state_is_folder) {
        found.push_back(error("state_dir", dir + " is no folder", "Name a folder in state.dir."));
    } else if (!h.state_can_be_judged) {
        found.push_back(warning("state_dir", dir + " belongs to another user",
                                "Run doctor as the user of the service, or as root."));
    } else if (!h.state_is_writable) {
        found.push_back(error("state_dir", dir + " cannot be written to",
                              "Give it to the user of the service: chown, chmod 0700."));
    } else if ((h.state_mode & kWritableByOthers) != 0) {
        found.push_back(
            error("state_dir", dir + " can be written to by others", "chmod 0700 " + dir));
    } else if ((h.state_mode & (kOthers | kGroup)) != 0) {
        found.push_back(
            warning("state_dir", dir + " can be looked into by others", "chmod 0700 " + dir));
    } else {
        found.push_back(ok("state_dir", dir + " can be written to, by its owner alone"));
    }
    const bool observes = c.member.mode == config::Mode::kObserve;
    if (!c.guardian.enabled && !observes)
        found.push_back(
            warning("guardian",
                    "guardian.enabled is false: nothing brings the node to standby when "
                    "the elector dies or freezes",
                    "Set guardian.enabled = true and restart the service."));
    else if (h.service)
        found.push_back(
            ok("guardian", "a guardian watches over this node, process " + to_string(*h.service)));
    else if (!observes)
        found.push_back(warning("guardian", "no guardian of this node runs here",
                                "Start the service: systemctl start iotex-elector"));
    if (!h.service || *h.service == 0) return found;
    if (h.locked_kib == 0)
        found.push_back(warning("service",
                                "the guardian's memory is not locked: it may be paged out",
                                "Set LimitMEMLOCK=infinity in the unit, or the ulimit."));
    if (h.oom_adjustment && *h.oom_adjustment >= 0)
        found.push_back(warning("service",
                                "the guardian is as good as any other when memory runs out "
                                "(oom_score_adj " +
                                    to_string(*h.oom_adjustment) + ")",
                                "Set OOMScoreAdjust=-900 in the unit."));
    const auto stop = at_most(config::budget_of(c).stop_timeout);
    found.push_back(
        ok("service", h.unit.empty()
                          ? "not under systemd: what stops it must give it more than " + stop
                          : "runs as " + h.unit + "; TimeoutStopSec must be more than " + stop));
    return found;
}

Findings judge_clocks(const config::Config& c, const std::vector<ClockFacts>& clocks) {
    Findings found;
    // What a slow write looks like cannot be told from a clock that is behind.
    const auto allowed = c.election.node_skew + 500ms;
    for (const auto& clock : clocks) {
        if (!clock.off) {
            found.push_back(warning("clock_offset", clock.member + " has written nothing meanwhile",
                                    "Run doctor again while the chain goes on."));
            continue;
        }
        const auto size = clock.off->count() < 0 ? -*clock.off : *clock.off;
        if (size <= allowed) {
            found.push_back(ok("clock_offset", "the clock of " + clock.member + " agrees"));
            continue;
        }
        found.push_back(error("clock_offset",
                              "the clock of " + clock.member + " is at least " +
                                  report::span_text(size) +
                                  (clock.off->count() > 0 ? " ahead of ours" : " behind ours"),
                              "Synchronise the clocks of both hosts, or raise election.node_skew "
                              "everywhere."));
    }
    return found;
}

std::vector<std::string> listening(const std::string& table, std::uint16_t port) {
    std::vector<std::string> found;
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string number, local, remote, state;
        if (!(words >> number >> local >> remote >> state) || state != "0A") continue;
        const auto colon = local.find(':');
        if (colon == std::string::npos) continue;
        if (std::strtoul(local.c_str() + colon + 1, nullptr, 16) != port) continue;
        found.push_back(local.substr(0, colon));
    }
    return found;
}

bool is_loopback(const std::string& hexadecimal) {
    // Words of four bytes, each as this host (little endian) has it in memory.
    if (hexadecimal.size() == 8) return hexadecimal.ends_with("7F");
    return hexadecimal == "00000000000000000000000001000000" ||
           (hexadecimal.starts_with("0000000000000000FFFF0000") && hexadecimal.ends_with("7F"));
}

std::chrono::milliseconds clock_off(std::int64_t written, std::int64_t after, std::int64_t before) {
    if (written > before) return std::chrono::milliseconds(written - before);
    if (written < after) return std::chrono::milliseconds(written - after);
    return 0ms;
}

std::size_t Diagnosis::count(Level level) const {
    return static_cast<std::size_t>(std::count_if(
        findings.begin(), findings.end(), [level](const Finding& f) { return f.level == level; }));
}

std::string Diagnosis::verdict() const {
    const auto errors = count(Level::kError);
    const auto warnings = count(Level::kWarning);
    const auto and_warnings =
        warnings == 0 ? std::string{}
                      : ", " + to_string(warnings) + " warning" + (warnings == 1 ? "" : "s");
    if (errors == 0) return "Well: nothing here should cost a block" + and_warnings + ".";
    return "Not well: " + to_string(errors) + " error" + (errors == 1 ? "" : "s") + and_warnings +
           "; mend the errors first.";
}

std::string_view word(Level level) {
    return level == Level::kOk ? "ok" : level == Level::kWarning ? "warning" : "error";
}

std::string lines_of(const Findings& findings, const Look& look) {
    constexpr std::size_t kIndent = 27;
    std::string out;
    for (const auto& f : findings) {
        const auto tone = f.level == Level::kOk        ? Tone::kGood
                          : f.level == Level::kWarning ? Tone::kPlain
                                                       : Tone::kBad;
        auto level = std::string(word(f.level));
        level.resize(9, ' ');
        auto check = f.check;
        check.resize(std::max<std::size_t>(check.size() + 1, kIndent - 9), ' ');
        out += toned(level, tone, look) + check + folded(plain(f.text), kIndent, look.width);
        if (!f.remedy.empty())
            out += std::string(kIndent, ' ') + folded("-> " + plain(f.remedy), kIndent, look.width);
    }
    return out;
}

std::string render(const Diagnosis& d, const Look& look) {
    return lines_of(d.findings, look) + "\n" +
           toned(d.verdict(), d.exit_code() == 0 ? Tone::kGood : Tone::kBad, look) + "\n";
}

boost::json::object to_json(const Diagnosis& d) {
    boost::json::array findings;
    for (const auto& f : d.findings)
        findings.push_back({{"check", f.check},
                            {"level", boost::json::string(word(f.level))},
                            {"finding", f.text},
                            {"remedy", f.remedy.empty() ? boost::json::value(nullptr)
                                                        : boost::json::value(f.remedy)}});
    return {{"v", 1},
            {"member", d.member},
            {"verdict", d.verdict()},
            {"exit_code", d.exit_code()},
            {"errors", d.count(Level::kError)},
            {"warnings", d.count(Level::kWarning)},
            {"findings", findings}};
}

}  // namespace elector::cli
