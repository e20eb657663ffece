#include "app/policy_of.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include <unistd.h>

namespace elector::app {
namespace {

std::string boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

std::string network_namespace() {
    std::array<char, 64> target{};
    const auto n = ::readlink("/proc/self/ns/net", target.data(), target.size() - 1);
    return n > 0 ? std::string(target.data(), static_cast<std::size_t>(n))
                 : std::string("net:[unknown]");
}

/// Where other hosts find the API; empty: nowhere, or at no one address.
std::string api_url_of(const config::Api& api) {
    const auto& at = api.listen;
    const bool anywhere = at.host == "0.0.0.0" || at.host == "::";
    if (!api.enabled() || at.port == 0 || anywhere) return {};
    if (config::host_kind(at.host) == config::HostKind::kLoopback) return {};
    auto url = at;
    url.tls = api.tls();
    return url.text();
}

iotex::Url to_iotex(const config::Url& url) { return iotex::Url{url.host, url.port}; }

}  // namespace

std::string instance_of(const config::Config& config) {
    return boot_id() + " " + network_namespace() + " " + config.node.admin.text();
}

model::Policy policy_of(const config::Config& c, const std::string& instance) {
    model::Policy p;
    p.member = c.member.name;
    p.instance = instance;
    p.queue_prefix = c.election.key + "/";
    p.version = std::string(version());
    p.api_url = api_url_of(c.api);
    p.priority = static_cast<int>(c.member.priority);
    p.nofailover = c.member.nofailover;
    p.observe = c.member.mode == config::Mode::kObserve;
    p.fence = c.fence.policy != config::FencePolicy::kNone;
    p.hold = c.election.hold;
    p.renew = c.election.renew;
    p.margin = c.election.margin;
    p.drift_ppm = c.election.clock_drift_ppm;
    p.block_interval = c.node.block_interval;
    p.quiesce = c.election.quiesce;
    p.settle = c.election.settle;
    p.overtime = c.election.overtime;
    p.start_delay = c.node.start_delay;
    p.poll_interval = c.node.poll_interval;
    p.refused_grace = c.node.refused_grace;
    p.web3 = c.node.web3_mode != config::Web3Mode::kOff;
    p.fall = static_cast<int>(c.health.fall);
    p.rise = static_cast<int>(c.health.rise);
    p.max_lag = static_cast<std::uint64_t>(c.health.max_lag);
    p.max_tip_age = c.health.max_tip_age;
    return p;
}

model::Duration beat_of(std::uint64_t chance, std::size_t group, std::size_t groups) {
    constexpr std::size_t kTogether = 16;
    constexpr std::size_t kMostSlots = 50;  // of a second
    constexpr std::size_t kSeconds = 10;    // of what is done so seldom
    const auto slots = std::clamp((groups + kTogether - 1) / kTogether, std::size_t{1}, kMostSlots);
    const std::chrono::milliseconds begin(chance % (1000 * kSeconds));
    const std::chrono::milliseconds slot(1000 * (group % slots) / slots);
    return begin + slot + std::chrono::seconds(group / slots % kSeconds);
}

etcd::Access etcd_access_of(const config::Etcd& c) {
    using std::chrono::milliseconds;
    etcd::Access access;
    for (const auto& url : c.endpoints) access.endpoints.push_back(url.text());
    access.request_timeout = std::chrono::duration_cast<milliseconds>(c.request_timeout);
    access.dial_timeout = std::chrono::duration_cast<milliseconds>(c.dial_timeout);
    access.tls = etcd::Tls{c.ca_pem, c.cert_pem, c.key_pem.reveal(), c.server_name};
    access.username = c.username;
    return access;
}

etcd::ClientOptions etcd_options_of(const config::Config& c) {
    etcd::ClientOptions options;
    static_cast<etcd::Access&>(options) = etcd_access_of(c.etcd);
    options.password = [secret = c.etcd.password] { return secret.reveal(); };
    return options;
}

iotex::NodeEndpoints node_endpoints_of(const config::Config& c) {
    iotex::NodeEndpoints endpoints{to_iotex(c.node.admin), to_iotex(c.node.probe), std::nullopt};
    if (c.node.web3_mode != config::Web3Mode::kOff) endpoints.web3 = to_iotex(c.node.web3);
    return endpoints;
}

std::string_view version() { return ELECTOR_VERSION; }

}  // namespace elector::app
