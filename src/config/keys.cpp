#include "config/keys.hpp"

#include <array>

#include "config/budget.hpp"
#include "config/fields.hpp"

namespace elector::config {
namespace {

using fields::boolean;
using fields::choice;
using fields::duration;
using fields::integer;
using fields::NotifySlot;
using fields::parsed;
using fields::Slot;
using fields::text;
using fields::texts;
using std::chrono::hours;
using std::chrono::minutes;

constexpr auto kLive = ReloadClass::kLive;
constexpr auto kNextHolding = ReloadClass::kNextHolding;
constexpr auto kRefused = ReloadClass::kRefused;

template <auto Member>
using InMember = Slot<&Config::member, Member>;
template <auto Member>
using InElection = Slot<&Config::election, Member>;
template <auto Member>
using InEtcd = Slot<&Config::etcd, Member>;
template <auto Member>
using InNode = Slot<&Config::node, Member>;
template <auto Member>
using InHealth = Slot<&Config::health, Member>;
template <auto Member>
using InFence = Slot<&Config::fence, Member>;
template <auto Member>
using InApi = Slot<&Config::api, Member>;
template <auto Member>
using InLog = Slot<&Config::log, Member>;

std::string url_text(const Url& url) { return url.text(); }

Parsed<Url> parse_node_address(std::string_view written) {
    Parsed<Url> url = parse_url(written);
    if (std::holds_alternative<Bad>(url)) return url;
    std::string fault = node_address_fault(std::get<Url>(url));
    if (!fault.empty()) return Bad{std::move(fault)};
    return url;
}

Parsed<Url> parse_api_listen(std::string_view written) {
    if (written.empty()) return Url{};
    return parse_listen(written);
}

std::string listen_text(const Url& url) { return url.authority(); }

std::string store_web3(Config& config, std::string_view written) {
    if (written == "auto" || written.empty()) {
        config.node.web3_mode = written.empty() ? Web3Mode::kOff : Web3Mode::kAuto;
        config.node.web3 = Url{};
        return "";
    }
    auto url = parse_node_address(written);
    if (auto* bad = std::get_if<Bad>(&url)) return bad->why + "; or \"auto\", or \"\" for none";
    config.node.web3_mode = Web3Mode::kUrl;
    config.node.web3 = std::get<Url>(std::move(url));
    return "";
}

std::string web3_text(const Config& config) {
    if (config.node.web3_mode == Web3Mode::kAuto) return "auto";
    return config.node.web3_mode == Web3Mode::kOff ? "" : config.node.web3.text();
}

std::string add_endpoint(Config& config, std::string_view written) {
    auto url = parse_url(written);
    if (auto* bad = std::get_if<Bad>(&url)) return bad->why;
    for (const Url& other : config.etcd.endpoints) {
        if (other == std::get<Url>(url)) return "is given twice";
    }
    config.etcd.endpoints.push_back(std::get<Url>(std::move(url)));
    return "";
}

std::vector<std::string> endpoint_texts(const Config& config) {
    std::vector<std::string> out;
    for (const Url& url : config.etcd.endpoints) out.push_back(url.text());
    return out;
}

const std::array kMemberKeys{
    KeySpec{"member.name", kRefused, "\"delegate-a\"", "host name",
            "1 to 64 bytes; no \"/\", no control characters",
            "This elector's name, different on every host of the group.",
            text<InMember<&Member::name>, member_name_fault>()},
    KeySpec{
        "member.mode", kRefused, "\"control\"", "", "\"control\" or \"observe\"",
        "\"observe\" decides and logs everything but touches nothing: to be run beside an older "
        "elector first.",
        choice<InMember<&Member::mode>, kModes>()},
    KeySpec{"member.priority", kLive, "10", "", "", "A larger priority is preferred as leader.",
            integer<InMember<&Member::priority>>(-1000, 1000)},
    KeySpec{"member.nofailover", kLive, "true", "", "", "true: this member never leads.",
            boolean<InMember<&Member::nofailover>>()},
};

const std::array kElectionKeys{
    KeySpec{"election.key", kRefused, "\"/iotex-server\"", "",
            "not empty; must not end in \"/\" or \".d\"",
            "The group's key in etcd, the same on every member. Groups that share an etcd need "
            "different keys, none of them below another's.",
            text<InElection<&Election::key>, election_key_fault>()},
    KeySpec{"election.profile", kNextHolding, "\"standard\"", "",
            "\"fast\", \"standard\" or \"wan\"",
            "Sets hold to 3 s, 5 s or 15 s; single values below override. Use the same on every "
            "member.",
            choice<InElection<&Election::profile>, kProfiles>()},
    KeySpec{"election.failback", kLive, "\"after 10m\"", "",
            "\"manual\", or \"after\" and 5s to 24h",
            "Whether this member takes the lead from one of lower priority by itself: after so "
            "long in the queue, fit all the while.",
            parsed<InElection<&Election::failback_after>, parse_failback, format_failback>()},
    KeySpec{"election.hold", kNextHolding, "\"5s\"", "by profile",
            "whole seconds, at least 3 x renew",
            "How long a holding lives without confirmation; also the lease's time-to-live. "
            "Longer survives longer etcd outages, shorter replaces a lost host sooner.",
            duration<InElection<&Election::hold>>(kMinHold, kMaxHold)},
    KeySpec{"election.renew", kNextHolding, "\"1s\"", "hold / 5", "at most hold / 3",
            "Time between two confirmations of the holding.",
            duration<InElection<&Election::renew>>(milliseconds{100}, seconds{5})},
    KeySpec{
        "election.margin", kNextHolding, "\"250ms\"", "", "",
        "Within this of a deadline the holder's host must get to act. Lower only on hosts whose "
        "scheduling is known.",
        duration<InElection<&Election::margin>>(milliseconds{100}, seconds{1})},
    KeySpec{"election.quiesce", kNextHolding, "\"11s\"", "4 x node.block_interval + 1 s",
            "not under its default",
            "After this a node told to stop is silent, even when an activation was under way. Too "
            "short means two signers.",
            duration<InElection<&Election::quiesce>>(seconds{1}, minutes{10})},
    KeySpec{
        "election.settle", kNextHolding, "\"6.5s\"", "node.block_interval + 1.5 s + overtime",
        "not under its default",
        "After this a node confirmed standby has no proposal left. Too short means two signers.",
        duration<InElection<&Election::settle>>(seconds{1}, minutes{10})},
    KeySpec{
        "election.overtime", kNextHolding, "\"2.5s\"", "2 s + node_skew", "not under its default",
        "The age of a round that a fresh activation may still join. Too short means two signers.",
        duration<InElection<&Election::overtime>>(seconds{1}, minutes{1})},
    KeySpec{"election.node_skew", kNextHolding, "\"500ms\"", "", "",
            "The most by which the wall clocks of the group's hosts may differ. Lower only where "
            "time synchronisation is watched.",
            duration<InElection<&Election::node_skew>>(milliseconds{50}, seconds{5})},
    KeySpec{"election.clock_drift", kNextHolding, "\"1%\"", "", "more than 0%, at most 5%",
            "The most by which the clock rates of two hosts may differ.",
            parsed<InElection<&Election::clock_drift_ppm>, parse_percent, format_percent>()},
};

const std::array kEtcdKeys{
    KeySpec{
        "etcd.endpoints", kLive, "[\"http://127.0.0.1:2379\"]", "",
        "1 to 16 addresses, all http or all https",
        "The members of the etcd cluster. Name all of them, or losing one may cost the holding.",
        ListField{[](Config& config) { config.etcd.endpoints.clear(); }, add_endpoint,
                  endpoint_texts, 16}},
    KeySpec{"etcd.ca_file", kLive, "\"/etc/iotex-elector/etcd-ca.pem\"", "the system's roots",
            "absolute path; https only",
            "Certificate authorities that may sign etcd's certificate.",
            text<InEtcd<&Etcd::ca_file>, path_fault>()},
    KeySpec{"etcd.cert_file", kLive, "\"/etc/iotex-elector/etcd-client.pem\"", "none",
            "absolute path; with key_file", "Client certificate.",
            text<InEtcd<&Etcd::cert_file>, path_fault>()},
    KeySpec{"etcd.key_file", kLive, "\"/etc/iotex-elector/etcd-client.key\"", "none",
            "absolute path; with cert_file; not readable by everybody",
            "Private key of the client certificate.", text<InEtcd<&Etcd::key_file>, path_fault>()},
    KeySpec{"etcd.server_name", kLive, "\"etcd.example.org\"", "the endpoint's host", "https only",
            "The name to expect in etcd's certificate.",
            text<InEtcd<&Etcd::server_name>, plain_fault>()},
    KeySpec{"etcd.username", kLive, "\"elector\"", "none", "needs a password",
            "User of etcd's own authentication.", text<InEtcd<&Etcd::username>, plain_fault>()},
    KeySpec{"etcd.password_file", kLive, "\"/etc/iotex-elector/etcd-password\"", "none",
            "absolute path; not readable by everybody",
            "File that holds that user's password, on one line; or set $ELECTOR_ETCD_PASSWORD.",
            text<InEtcd<&Etcd::password_file>, path_fault>()},
    KeySpec{"etcd.request_timeout", kLive, "\"500ms\"", "hold / 6, at most 500ms",
            "at most hold / 6", "Time for one attempt at one endpoint, before the next is tried.",
            duration<InEtcd<&Etcd::request_timeout>>(milliseconds{250}, milliseconds{2500})},
    KeySpec{"etcd.dial_timeout", kLive, "\"1s\"", "", "", "Time to set up a connection.",
            duration<InEtcd<&Etcd::dial_timeout>>(milliseconds{100}, seconds{10})},
};

const std::array kNodeKeys{
    KeySpec{"node.admin", kRefused, "\"http://127.0.0.1:9009\"", "", "http on this host's loopback",
            "The node's admin port (system.httpAdminPort). Write 127.0.0.1: the node binds nothing "
            "else.",
            parsed<InNode<&Node::admin>, parse_node_address, url_text>()},
    KeySpec{"node.probe", kLive, "\"http://127.0.0.1:8080\"", "", "http on this host's loopback",
            "The same node's probe port (system.httpStatsPort).",
            parsed<InNode<&Node::probe>, parse_node_address, url_text>()},
    KeySpec{
        "node.web3", kLive, "\"auto\"", "", "\"auto\", \"\" or http on this host's loopback",
        "Where the same node tells its exact tip. \"auto\" tries port 15014 beside admin; \"\" is "
        "off: then a hand-over waits the whole settle time.",
        TextField{store_web3, web3_text}},
    KeySpec{"node.block_interval", kNextHolding, "\"2.5s\"", "", "",
            "The chain's block interval: 2.5 s on mainnet, 5 s or 10 s on older private nets. Too "
            "short means two signers.",
            duration<InNode<&Node::block_interval>>(seconds{1}, minutes{1})},
    KeySpec{"node.poll_interval", kLive, "\"1s\"", "", "",
            "Time between two status queries in steady state; each makes the node log a line.",
            duration<InNode<&Node::poll_interval>>(milliseconds{500}, seconds{10})},
    KeySpec{"node.request_timeout", kLive, "\"4s\"", "block_interval + 1.5 s",
            "at least block_interval + 1 s",
            "Time for one request to the node. The node may rightly take block_interval + 1 s.",
            duration<InNode<&Node::request_timeout>>(seconds{2}, minutes{5})},
    KeySpec{"node.refused_grace", kLive, "\"200ms\"", "", "",
            "A node whose admin and probe port both refuse for this long is dead.",
            duration<InNode<&Node::refused_grace>>(milliseconds{100}, seconds{10})},
    KeySpec{"node.start_delay", kLive, "\"10s\"", "", "",
            "The node's rollDPoS.delay, or more: how long after its start it may begin to sign.",
            duration<InNode<&Node::start_delay>>(seconds{0}, minutes{10})},
};

const std::array kHealthKeys{
    KeySpec{"health.fall", kLive, "3", "", "",
            "Failed checks in a row until a leader gives up, when another member is fit.",
            integer<InHealth<&Health::fall>>(1, 100)},
    KeySpec{"health.rise", kLive, "2", "", "", "Good checks in a row until a member counts as fit.",
            integer<InHealth<&Health::rise>>(1, 100)},
    KeySpec{"health.max_lag", kLive, "2", "", "",
            "Blocks a member's tip may be behind the best and still lead.",
            integer<InHealth<&Health::max_lag>>(0, 1000)},
    KeySpec{"health.max_tip_age", kLive, "\"10s\"", "4 x node.block_interval",
            "at least 2 x node.block_interval",
            "Age of the newest block up to which a node is fresh.",
            duration<InHealth<&Health::max_tip_age>>(seconds{2}, hours{1})},
};

const std::array kFenceKeys{
    KeySpec{
        "fence.policy", kLive, "\"require\"", "", "\"none\", \"try\" or \"require\"",
        "What to do when the node cannot be confirmed standby: go on telling it, run the command "
        "too, or do that and never lead while the command cannot be run.",
        choice<InFence<&Fence::policy>, kFencePolicies>()},
    KeySpec{"fence.command", kLive, "[\"/usr/local/sbin/fence-node\", \"--now\"]", "",
            "at most 64 words and 3000 bytes; the first an absolute path; needed by \"try\" and "
            "\"require\"",
            "Program and arguments that end the node's process. No shell, no search in PATH; "
            "ELECTOR_* in its environment. It counts as done when both ports of the node refuse.",
            texts<InFence<&Fence::command>, plain_fault>(64)},
    KeySpec{"fence.timeout", kLive, "\"10s\"", "", "",
            "Time the command gets before it and all of its process group are killed.",
            duration<InFence<&Fence::timeout>>(seconds{1}, minutes{10})},
};

const std::array kOtherKeys{
    KeySpec{"guardian.enabled", kRefused, "true", "", "false needs fence.policy = \"require\"",
            "false runs without the process that demotes the node when the elector fails: for "
            "debugging only.",
            boolean<Slot<&Config::guardian, &Guardian::enabled>>()},
    KeySpec{"state.dir", kRefused, "\"/var/lib/iotex-elector\"", "or $STATE_DIRECTORY",
            "absolute path", "Directory for the cluster id pin and dumps; created with mode 0700.",
            text<Slot<&Config::state, &State::dir>, path_fault>()},
};

const std::array kApiKeys{
    KeySpec{"api.listen", kLive, "\"127.0.0.1:9010\"", "",
            "IP address and port; \"\" is off; off loopback only with token and TLS",
            "Where the HTTP API and the dashboard listen. Port 0 takes any free one.",
            parsed<InApi<&Api::listen>, parse_api_listen, listen_text>()},
    KeySpec{"api.token_file", kLive, "\"/etc/iotex-elector/api-token\"", "none",
            "absolute path; not readable by everybody; 16 bytes or more inside",
            "File that holds the bearer token that changing requests must carry; or set "
            "$ELECTOR_API_TOKEN.",
            text<InApi<&Api::token_file>, path_fault>()},
    KeySpec{"api.cert_file", kLive, "\"/etc/iotex-elector/api.pem\"", "none",
            "absolute path; with key_file", "Certificate of the API; turns TLS on.",
            text<InApi<&Api::cert_file>, path_fault>()},
    KeySpec{"api.key_file", kLive, "\"/etc/iotex-elector/api.key\"", "none",
            "absolute path; with cert_file; not readable by everybody",
            "Private key of that certificate.", text<InApi<&Api::key_file>, path_fault>()},
    KeySpec{"api.client_ca_file", kLive, "\"/etc/iotex-elector/api-clients.pem\"", "none",
            "absolute path; with cert_file",
            "Authorities whose client certificates are demanded of every caller.",
            text<InApi<&Api::client_ca_file>, path_fault>()},
};

const std::array kLogKeys{
    KeySpec{"log.level", kLive, "\"info\"", "",
            "\"trace\", \"debug\", \"info\", \"warn\" or \"error\"",
            "The least severe line to write.", choice<InLog<&Log::level>, kLogLevels>()},
    KeySpec{"log.format", kLive, "\"logfmt\"", "", "\"logfmt\" or \"json\"", "Form of a line.",
            choice<InLog<&Log::format>, kLogFormats>()},
    KeySpec{"log.file", kLive, "\"/var/log/iotex-elector.log\"", "stderr", "absolute path",
            "File to write to.", text<InLog<&Log::file>, path_fault>()},
};

const std::array kNotifyKeys{
    KeySpec{"notify.url", kLive, "\"https://hooks.example.org/elector\"", "none",
            "http:// or https://; not with command", "Address that gets the event by POST.",
            text<NotifySlot<&Notify::url>, webhook_fault>()},
    KeySpec{"notify.command", kLive, "[\"/usr/local/bin/page-me\"]", "",
            "at most 64 words; the first an absolute path; not with url",
            "Program and arguments to run; the event is on its standard input, and as ELECTOR_* in "
            "its environment. No shell.",
            texts<NotifySlot<&Notify::command>, plain_fault>(64)},
    KeySpec{"notify.format", kLive, "\"json\"", "", "\"json\" or \"slack\"",
            "What is sent: an object with every field, or {\"text\": …} for chat programs.",
            choice<NotifySlot<&Notify::format>, kNotifyFormats>()},
    KeySpec{"notify.events", kLive, "[\"role\", \"alarm\"]", "",
            "\"role\", \"alarm\", \"warning\", \"node\", names of events; not empty",
            "What to report.", texts<NotifySlot<&Notify::events>, notify_event_fault>(64)},
    KeySpec{"notify.timeout", kLive, "\"5s\"", "", "", "Time one attempt may take.",
            duration<NotifySlot<&Notify::timeout>>(milliseconds{100}, minutes{1})},
    KeySpec{"notify.token_file", kLive, "\"/etc/iotex-elector/hook-token\"", "none",
            "absolute path; with url; not readable by everybody",
            "File that holds a bearer token to send along, on one line.",
            text<NotifySlot<&Notify::token_file>, path_fault>()},
    KeySpec{"notify.ca_file", kLive, "\"/etc/iotex-elector/hook-ca.pem\"", "the system's roots",
            "absolute path; https only", "Certificate authorities that may sign its certificate.",
            text<NotifySlot<&Notify::ca_file>, path_fault>()},
};

std::vector<KeySpec> all_keys() {
    std::vector<KeySpec> out;
    const auto append = [&out](std::span<const KeySpec> some) {
        out.insert(out.end(), some.begin(), some.end());
    };
    append(kMemberKeys);
    append(kElectionKeys);
    append(kEtcdKeys);
    append(kNodeKeys);
    append(kHealthKeys);
    append(kFenceKeys);
    append(kOtherKeys);
    append(kApiKeys);
    append(kLogKeys);
    return out;
}

std::vector<std::string_view> all_tables() {
    std::vector<std::string_view> out;
    for (const KeySpec& key : keys()) {
        if (out.empty() || out.back() != key.table()) out.push_back(key.table());
    }
    out.emplace_back("notify");
    out.emplace_back("group");
    return out;
}

}  // namespace

std::span<const KeySpec> keys() {
    static const std::vector<KeySpec> all = all_keys();
    return all;
}

std::span<const KeySpec> notify_keys() { return kNotifyKeys; }

std::span<const std::string_view> group_table_names() {
    static constexpr std::array<std::string_view, 4> all{"election", "node", "health", "fence"};
    return all;
}

std::span<const std::string_view> table_names() {
    static const std::vector<std::string_view> all = all_tables();
    return all;
}

}  // namespace elector::config
