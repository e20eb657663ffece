// Owns what `doctor` makes of what it has seen: one finding for each question, with its remedy.
// Must never look at anything itself. Thread rule: pure functions over values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "cli/table.hpp"
#include "config/config.hpp"
#include "etcd/client.hpp"
#include "etcd/cluster_pin.hpp"
#include "iotex/node_client.hpp"
#include "report/group.hpp"

namespace elector::cli {

enum class Level { kOk, kWarning, kError };

struct Finding {
    Level level = Level::kOk;
    std::string check;   ///< stable, as documented in docs/commands.md
    std::string text;    ///< what was found
    std::string remedy;  ///< what to do; empty when it is well
    bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

inline Finding ok(std::string check, std::string text) {
    return {Level::kOk, std::move(check), std::move(text), {}};
}
inline Finding warning(std::string check, std::string text, std::string remedy) {
    return {Level::kWarning, std::move(check), std::move(text), std::move(remedy)};
}
inline Finding error(std::string check, std::string text, std::string remedy) {
    return {Level::kError, std::move(check), std::move(text), std::move(remedy)};
}

/// An answer, or why there is none.
template <class T>
struct Seen {
    std::optional<T> value;
    std::string error;
};

struct NodeFacts {
    Seen<bool> active;
    Seen<bool> ready;
    Seen<iotex::NodeMetrics> metrics;
    Seen<iotex::Tip> tip;              ///< neither value nor error: web3 is off
    std::vector<std::string> listens;  ///< where the admin port listens, hexadecimal as in /proc
};

struct EndpointFacts {
    std::string url;
    Seen<etcd::StatusReply> status;
};

struct EtcdFacts {
    std::vector<EndpointFacts> endpoints;
    Seen<etcd::MemberListReply> members;
    std::optional<etcd::Error> refusal;  ///< of the rights that the elector needs
    Seen<std::int64_t> granted_seconds;  ///< for a lease of `hold`
    Seen<report::GroupInput> group;
};

struct HostFacts {
    std::int64_t unix_ms = 0;
    std::optional<bool> clock_synchronised;
    // state.dir
    bool state_is_there = false;
    bool state_is_folder = false;
    bool state_can_be_judged = true;  ///< we are its owner or root
    bool state_is_writable = false;
    unsigned state_mode = 0;
    etcd::ClusterPin::Reading pin;
    // the service that controls this node
    std::optional<int> service;              ///< its process id; 0: in another container
    std::optional<std::int64_t> locked_kib;  ///< memory that cannot be paged out
    std::optional<int> oom_adjustment;
    std::string unit;  ///< of systemd; empty: it was started otherwise
};

/// By how much another member's wall clock must be off at least.
struct ClockFacts {
    std::string member;
    std::optional<std::chrono::milliseconds> off;  ///< positive: ahead; none: it wrote nothing
};

/// `faults`: what is wrong with it and was spared; `warnings` as load() gives them.
Findings judge_configuration(const config::Config& config, const std::vector<std::string>& faults,
                             const std::vector<std::string>& warnings, std::int64_t unix_ms);
Findings judge_node(const config::Config& config, const NodeFacts& node, const EtcdFacts& etcd,
                    std::int64_t unix_ms);
Findings judge_etcd(const config::Config& config, const EtcdFacts& etcd, const HostFacts& host);
Findings judge_group(const config::Config& config, const report::GroupStatus& group);
Findings judge_host(const config::Config& config, const HostFacts& host);
Findings judge_clocks(const config::Config& config, const std::vector<ClockFacts>& clocks);

/// Local addresses, hexadecimal, of the sockets that listen on `port`, by /proc/net/tcp or tcp6.
std::vector<std::string> listening(const std::string& table, std::uint16_t port);
bool is_loopback(const std::string& hexadecimal);

/// What the samples say of a clock that wrote `written`, between the two instants of ours.
std::chrono::milliseconds clock_off(std::int64_t written, std::int64_t after, std::int64_t before);

struct Diagnosis {
    std::string member;
    Findings findings;

    std::size_t count(Level level) const;
    std::string verdict() const;
    int exit_code() const { return count(Level::kError) > 0 ? 1 : 0; }
};

/// Of one group of a file.
struct GroupDiagnosis {
    std::string group;
    Diagnosis diagnosis;
};

std::string_view word(Level level);
/// One finding after the other, without a verdict.
std::string lines_of(const Findings& findings, const Look& look);
std::string render(const Diagnosis& diagnosis, const Look& look);
boost::json::object to_json(const Diagnosis& diagnosis);

/// What is found in every group is told once; of the rest only what is not well.
std::string render(const std::vector<GroupDiagnosis>& groups, const Look& look);
boost::json::object to_json(const std::vector<GroupDiagnosis>& groups);
int exit_code_of(const std::vector<GroupDiagnosis>& groups);

}  // namespace elector::cli
