// Owns the plain values of a configuration: one field per key of the TOML file, already derived and
// checked when it comes from load(). Must never do I/O or judge a value (load.hpp does).
// Thread rule: values only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.hpp"
#include "config/shared_text.hpp"
#include "config/url.hpp"
#include "model/clock.hpp"

namespace elector::config {

using model::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Mode { kControl, kObserve };
enum class Profile { kFast, kStandard, kWan };
enum class Web3Mode { kAuto, kOff, kUrl };
enum class FencePolicy { kNone, kTry, kRequire };
enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };
enum class NotifyFormat { kJson, kSlack };

/// [member]: who this elector is.
struct Member {
    std::string name;  ///< never empty once loaded; default: host name
    Mode mode = Mode::kControl;
    std::int64_t priority = 0;  ///< larger is preferred
    bool nofailover = false;
    bool operator==(const Member&) const = default;
};

/// [election]: timing of a holding. All safety bounds are in budget.hpp.
struct Election {
    std::string key = "/iotex-server";
    Profile profile = Profile::kStandard;
    std::optional<Duration> failback_after;  ///< nothing: failback = "manual"
    Duration hold = seconds{5};              ///< whole seconds; also the TTL asked of etcd
    Duration renew = seconds{1};
    Duration margin = milliseconds{250};
    Duration quiesce = seconds{11};
    Duration settle = milliseconds{6500};
    Duration overtime = milliseconds{2500};
    Duration node_skew = milliseconds{500};
    std::int64_t clock_drift_ppm = 10'000;  ///< "1%" is 10000 parts per million

    std::int64_t ttl_seconds() const { return std::chrono::duration_cast<seconds>(hold).count(); }
    bool operator==(const Election&) const = default;
};

/// [etcd]. Paths are absolute or empty.
struct Etcd {
    std::vector<Url> endpoints = {Url{false, "127.0.0.1", 2379}};
    std::string ca_file;
    std::string cert_file;
    std::string key_file;
    std::string server_name;
    std::string username;
    std::string password_file;
    Duration request_timeout = milliseconds{500};  ///< of one attempt at one endpoint
    Duration dial_timeout = seconds{1};
    // What the files hold; not keys of their own.
    SharedText ca_pem;
    SharedText cert_pem;
    Secret key_pem;
    Secret password;  ///< from password_file or $ELECTOR_ETCD_PASSWORD

    /// Endpoints are all https or all http once loaded.
    bool tls() const { return !endpoints.empty() && endpoints.front().tls; }
    bool operator==(const Etcd&) const = default;
};

/// [node]: the node beside this elector; always on this host's loopback.
struct Node {
    Url admin{false, "127.0.0.1", 9009};
    Url probe{false, "127.0.0.1", 8080};
    Web3Mode web3_mode = Web3Mode::kAuto;
    Url web3{false, "127.0.0.1", 15014};  ///< where to ask in modes kAuto and kUrl; empty in kOff
    Duration block_interval = milliseconds{2500};
    Duration poll_interval = seconds{1};
    Duration request_timeout = seconds{4};
    Duration refused_grace = milliseconds{200};
    Duration start_delay = seconds{10};  ///< the node's rollDPoS.delay
    bool operator==(const Node&) const = default;
};

/// [health]
struct Health {
    std::int64_t fall = 3;     ///< checks in a row
    std::int64_t rise = 2;     ///< checks in a row
    std::int64_t max_lag = 2;  ///< blocks
    Duration max_tip_age = seconds{10};
    bool operator==(const Health&) const = default;
};

/// [fence]: `command` is argv, run without a shell; never empty unless the policy is kNone.
struct Fence {
    FencePolicy policy = FencePolicy::kNone;
    std::vector<std::string> command;
    Duration timeout = seconds{10};
    bool operator==(const Fence&) const = default;
};

/// [guardian]
struct Guardian {
    bool enabled = true;
    bool operator==(const Guardian&) const = default;
};

/// [state]
struct State {
    std::string dir = "/var/lib/iotex-elector";  ///< absolute once loaded
    bool operator==(const State&) const = default;
};

/// [api]: `listen` empty means off; port 0 any free one.
struct Api {
    Url listen{false, "127.0.0.1", 9010};
    std::string token_file;
    std::string cert_file;
    std::string key_file;
    std::string client_ca_file;
    Secret token;  ///< from token_file or $ELECTOR_API_TOKEN; not a key of its own

    bool enabled() const { return !listen.empty(); }
    bool tls() const { return !cert_file.empty(); }
    bool operator==(const Api&) const = default;
};

/// [log]: `file` empty means stderr.
struct Log {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kLogfmt;
    std::string file;
    bool operator==(const Log&) const = default;
};

/// One [[notify]] table: exactly one of `url` and `command` is given; neither: it was left out.
struct Notify {
    std::string url{};  ///< parse_web_address() takes it
    std::vector<std::string> command{};
    NotifyFormat format = NotifyFormat::kJson;
    std::vector<std::string> events = {"role", "alarm"};  ///< classes, and names of events
    Duration timeout = seconds{5};
    std::string token_file{};
    std::string ca_file{};
    // What the files hold; not keys of their own.
    Secret token{};
    SharedText ca_pem{};
    bool operator==(const Notify&) const = default;
};

/// What one group of members needs to know; without [[group]] tables, the whole file. A
/// default-constructed one is the standard profile without a member name.
struct Config {
    Member member;
    Election election;
    Etcd etcd;
    Node node;
    Health health;
    Fence fence;
    Guardian guardian;
    State state;
    Api api;
    Log log;
    std::vector<Notify> notify;
    std::string group;  ///< the name of its [[group]] table; empty: the file has none
    /// Of the whole file only: one whole configuration for each [[group]] table, in the order of
    /// the file. Empty: this one is all there is; otherwise its own election, node, health and
    /// fence say nothing, its key and addresses are empty.
    std::vector<Config> groups;

    /// Every group of the file: this one itself if it has no tables.
    std::span<const Config> each() const {
        return groups.empty() ? std::span(this, 1) : std::span<const Config>(groups);
    }
    /// The group of that name; none: there is none. By name and not by place, since a file that is
    /// loaded for a demotion or a record may lack a group that cannot be used.
    const Config* find(std::string_view name) const {
        for (const Config& one : each())
            if (one.group == name) return &one;
        return nullptr;
    }
    bool operator==(const Config&) const = default;
};

/// How many [[group]] tables a file may have.
inline constexpr std::size_t kMostGroups = 1024;

}  // namespace elector::config
