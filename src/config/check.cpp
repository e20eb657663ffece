#include "config/check.hpp"

#include <algorithm>

#include "config/text.hpp"
#include "config/values.hpp"

namespace elector::config {
namespace {

void check_member(const Config& config, Report& report) {
    if (report.is_given("member.name")) return;
    const std::string fault = member_name_fault(config.member.name);
    if (fault.empty()) return;
    report.problem({}, "member.name",
                   "member.name is not set, and this host's name " + shown(config.member.name) +
                       " cannot stand in: it " + fault + "; set member.name");
}

void check_node(const Config& config, Report& report) {
    const Node& node = config.node;
    if (report.sound({"node.admin", "node.probe"}) && node.admin == node.probe) {
        report.fault(report.blame({"node.probe", "node.admin"}),
                     "must differ from " +
                         report.mention(report.is_given("node.probe") ? "node.admin" : "node.probe",
                                        quoted(node.admin.text())) +
                         "; they are two ports of the node");
    }
    const bool web3_taken = node.web3 == node.admin || node.web3 == node.probe;
    if (report.sound({"node.web3"}) && node.web3_mode == Web3Mode::kUrl && web3_taken) {
        report.fault("node.web3", "must differ from node.admin and node.probe");
    }
    const auto warn_of_name = [&report](std::string_view path, const Url& url) {
        if (!report.is_given(path) || host_kind(url.host) != HostKind::kLocalhostName) return;
        report.warn(path, "names localhost, which may be tried as ::1; the node binds 127.0.0.1");
    };
    warn_of_name("node.admin", node.admin);
    warn_of_name("node.probe", node.probe);
    if (node.web3_mode == Web3Mode::kUrl) warn_of_name("node.web3", node.web3);
}

void check_pair(std::string_view cert, std::string_view key, bool has_cert, bool has_key,
                Report& report) {
    if (has_cert == has_key) return;
    const std::string_view present = has_cert ? cert : key;
    const std::string_view missing = has_cert ? key : cert;
    report.fault(present, "needs " + std::string(missing) + " beside it");
}

/// What is said to etcd can be heard and changed on a network.
bool in_clear(const Etcd& etcd) {
    return std::any_of(etcd.endpoints.begin(), etcd.endpoints.end(), [](const Url& url) {
        const HostKind kind = host_kind(url.host);
        return !url.tls && kind != HostKind::kLoopback && kind != HostKind::kLocalhostName;
    });
}

void check_endpoints(const Etcd& etcd, Report& report) {
    if (!report.sound({"etcd.endpoints"})) return;
    if (etcd.endpoints.empty()) {
        return report.fault("etcd.endpoints", "must name at least one address");
    }
    const auto same_scheme = [&](const Url& url) { return url.tls == etcd.tls(); };
    if (!std::all_of(etcd.endpoints.begin(), etcd.endpoints.end(), same_scheme)) {
        return report.fault("etcd.endpoints", "must be all http:// or all https://");
    }
    if (in_clear(etcd)) {
        report.warn("etcd.endpoints",
                    "talks to other hosts without TLS: anyone on that network can elect a leader");
    }
}

void check_etcd(const Config& config, Report& report) {
    const Etcd& etcd = config.etcd;
    check_endpoints(etcd, report);
    check_pair("etcd.cert_file", "etcd.key_file", !etcd.cert_file.empty(), !etcd.key_file.empty(),
               report);
    const auto needs_tls = [&](std::string_view path, const std::string& value) {
        if (value.empty() || etcd.tls() || !report.sound({"etcd.endpoints"})) return;
        report.fault(path, "would have no effect: etcd.endpoints are http://; write https://");
    };
    needs_tls("etcd.ca_file", etcd.ca_file);
    needs_tls("etcd.cert_file", etcd.cert_file);
    needs_tls("etcd.server_name", etcd.server_name);
    if (!etcd.username.empty() && in_clear(etcd)) {
        report.warn("etcd.username", "shows its password to that network; write https://");
    }
    if (!etcd.password_file.empty() && etcd.username.empty()) {
        report.fault("etcd.password_file", "needs etcd.username beside it");
    }
    if (!etcd.username.empty() && etcd.password.empty() && report.sound({"etcd.password_file"})) {
        report.fault("etcd.username",
                     "needs a password: set etcd.password_file or $ELECTOR_ETCD_PASSWORD");
    }
}

/// What is sent to the guardian in one piece, with room for the probe's address.
constexpr std::size_t kMaxCommandBytes = 3000;

void check_fence(const Config& config, Report& report) {
    const Fence& fence = config.fence;
    std::size_t bytes = 0;
    for (const std::string& word : fence.command) bytes += word.size() + 1;
    if (bytes > kMaxCommandBytes) {
        report.fault("fence.command", "has more than " + std::to_string(kMaxCommandBytes) +
                                          " bytes; put what it does into a file and name that");
    }
    const bool used = fence.policy != FencePolicy::kNone;
    if (used && fence.command.empty() && report.sound({"fence.command", "fence.policy"})) {
        report.fault("fence.policy", "needs fence.command");
    }
    if (!used && !fence.command.empty() && report.sound({"fence.policy"})) {
        report.warn("fence.command", "is never run while fence.policy is \"none\"");
    }
}

void check_guardian(const Config& config, Report& report) {
    if (config.guardian.enabled) return;
    if (config.fence.policy != FencePolicy::kRequire) {
        return report.fault(
            "guardian.enabled",
            "is refused unless fence.policy is \"require\": nothing else would stop "
            "the node when the elector fails");
    }
    report.warn("guardian.enabled", "is for debugging: a failed elector is fenced by others only");
}

/// What an api that other hosts can reach still lacks: "a token and TLS".
std::string missing_protection(const Api& api) {
    if (api.token.empty() && !api.tls()) {
        return "a token and TLS; set api.token_file, api.cert_file and api.key_file";
    }
    if (api.token.empty()) return "a token; set api.token_file";
    return api.tls() ? "" : "TLS; set api.cert_file and api.key_file";
}

void check_api(const Config& config, Report& report) {
    const Api& api = config.api;
    check_pair("api.cert_file", "api.key_file", !api.cert_file.empty(), !api.key_file.empty(),
               report);
    if (!api.client_ca_file.empty() && !api.tls()) {
        report.fault("api.client_ca_file", "needs api.cert_file and api.key_file beside it");
    }
    const bool exposed = api.enabled() && host_kind(api.listen.host) != HostKind::kLoopback;
    const std::string missing = missing_protection(api);
    if (exposed && !missing.empty() && report.sound({"api.token_file", "api.cert_file"})) {
        report.fault("api.listen", "can be reached from other hosts and needs " + missing +
                                       ", or listen on 127.0.0.1");
    }
}

void check_state(const Config& config, Report& report) {
    if (report.is_given("state.dir")) return;
    const std::string fault = path_fault(config.state.dir);
    if (fault.empty()) return;
    report.problem(
        {}, "state.dir",
        "state.dir is not set, and $STATE_DIRECTORY = " + shown(config.state.dir) + " " + fault);
}

/// What a target of a webhook may have besides.
void check_webhook(const Notify& notify, const std::string& name, Report& report) {
    const auto parsed = parse_web_address(notify.url);
    const auto* address = std::get_if<WebAddress>(&parsed);
    if (!notify.token_file.empty() && notify.url.empty()) {
        report.fault(name + ".token_file", "needs url beside it");
    }
    if (!notify.ca_file.empty() && !(address && address->server.tls)) {
        report.fault(name + ".ca_file", "would have no effect: there is no https:// url beside it");
    }
    if (!address || notify.token_file.empty() || address->server.tls) return;
    const HostKind kind = host_kind(address->server.host);
    if (kind == HostKind::kLoopback || kind == HostKind::kLocalhostName) return;
    report.warn(name + ".token_file", "shows its token to the network; write https://");
}

void check_notify(const Config& config, Report& report) {
    for (std::size_t i = 0; i < config.notify.size(); ++i) {
        const Notify& notify = config.notify[i];
        const std::string name = "notify[" + std::to_string(i) + "]";
        if (!report.sound({name + ".url", name + ".command"})) continue;
        if (notify.url.empty() == notify.command.empty()) {
            report.fault(name, "must have either url or command");
        }
        check_webhook(notify, name, report);
        if (notify.events.empty() && report.sound({name + ".events"})) {
            report.fault(name + ".events", "must not be empty");
        }
    }
}

}  // namespace

void check_group(const Config& config, Report& report) {
    check_node(config, report);
    check_fence(config, report);
    check_guardian(config, report);
}

void check_file(const Config& config, Report& report) {
    check_member(config, report);
    check_etcd(config, report);
    check_state(config, report);
    check_api(config, report);
    check_notify(config, report);
}

}  // namespace elector::config
