#include "group.hpp"

#include <algorithm>
#include <stdexcept>

#include "config/load.hpp"
#include "core/eligibility.hpp"
#include "etcd/records.hpp"
#include "etcd_calls.hpp"
#include "model/overloaded.hpp"

namespace elector::bench {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using model::Instant;

constexpr const char* kElectionKey = "/bench-group";
constexpr std::uint64_t kSeed = 0x6265'6e63'68;
constexpr auto kPatience = 60s;  // on a busy machine, for any one step

constexpr const char* kUser = "elector";
constexpr const char* kPassword = "of-the-bench";

std::string name_of(std::size_t i) { return std::string("member-") + static_cast<char>('a' + i); }

std::string local_url(std::uint16_t port) {
    return "\"http://127.0.0.1:" + std::to_string(port) + "\"";
}

}  // namespace

const char* name(Way way) {
    switch (way) {
        case Way::kPlain:
            return "plain";
        case Way::kTls:
            return "TLS";
        case Way::kMutual:
            return "TLS, client certificates";
        case Way::kUsers:
            return "TLS, users";
    }
    return "";
}

Group::Group(asio::io_context& io, model::Duration block_interval, Way way)
    : io_(io),
      block_interval_(block_interval),
      way_(way),
      etcd_(demands()),
      nodes_(kMembers, block_interval),
      tasks_(io,
             [](const std::string& name, const std::string& what) {
                 throw std::runtime_error("task " + name + ": " + what);
             }),
      keys_(kElectionKey),
      operator_(io, (make_users(), client_options())) {}

test::EtcdOptions Group::demands() {
    test::EtcdOptions options;
    options.fsync = true;
    if (way_ == Way::kPlain) return options;
    authority_.issue("etcd");
    const auto file = [this](const char* name) { return (authority_.folder() / name).string(); };
    options.tls = true;
    options.more = {"--cert-file=" + file("issued.pem"), "--key-file=" + file("issued.key")};
    if (way_ == Way::kMutual) {
        options.more.push_back("--client-cert-auth");
        options.more.push_back("--trusted-ca-file=" + file("ca.pem"));
    }
    return options;
}

void Group::make_users() {
    if (way_ != Way::kUsers) return;
    const std::string key = kElectionKey;
    const std::vector<std::vector<std::string>> commands{
        {"user", "add", std::string("root:") + kPassword},
        {"role", "add", "r"},
        {"role", "grant-permission", "r", "readwrite", key + ".d/", key + "0"},
        {"role", "grant-permission", "r", "readwrite", "--prefix=true", "bench/"},
        {"user", "add", std::string(kUser) + ":" + kPassword},
        {"user", "grant-role", kUser, "r"},
        {"user", "grant-role", "root", "root"},
        {"auth", "enable"},
    };
    for (const auto& command : commands) test::etcdctl(etcd_.plain_endpoint(0), command);
}

etcd::ClientOptions Group::client_options() const {
    etcd::ClientOptions options;
    options.endpoints = etcd_.endpoints();
    if (way_ != Way::kPlain) options.tls = authority_.trusting();
    if (way_ == Way::kMutual) options.tls = authority_.issued();
    if (way_ == Way::kUsers) options.username = kUser;
    options.password = [] { return std::string(kPassword); };
    return options;
}

Group::~Group() = default;

config::Config Group::config_of(std::size_t i) const {
    const auto& ports = nodes_.ports(i);
    const auto block = std::chrono::duration_cast<std::chrono::milliseconds>(block_interval_);
    const std::string text = "[member]\nname = \"" + name_of(i) + "\"\n[election]\nkey = \"" +
                             kElectionKey + "\"\nprofile = \"fast\"\n[etcd]\nendpoints = [\"" +
                             etcd_.endpoint(0) + "\"]\n[node]\nadmin = " + local_url(ports.admin) +
                             "\nprobe = " + local_url(ports.probe) +
                             "\nweb3 = " + local_url(ports.web3) + "\nblock_interval = \"" +
                             std::to_string(block.count()) + "ms\"\n[api]\nlisten = \"\"\n";
    const auto loaded = config::load(text, "bench", config::empty_environment());
    if (!loaded.config) throw std::runtime_error(loaded.problems.front().render());
    config::Config config = *loaded.config;
    const auto client = client_options();
    config.etcd.ca_pem = client.tls.ca_pem;
    config.etcd.cert_pem = client.tls.cert_pem;
    config.etcd.key_pem = config::Secret(client.tls.key_pem);
    config.etcd.username = client.username;
    config.etcd.password = config::Secret(kPassword);
    return config;
}

void Group::start_member(std::size_t i) {
    auto on_exit = [i](int code) {
        throw std::runtime_error(name_of(i) + " ended with exit code " + std::to_string(code));
    };
    const auto config = config_of(i);
    links_[i] = std::make_unique<app::EtcdLink>(io_, config.etcd, log_, tasks_, kSeed + i);
    const app::Member::Commons commons{io_, clock_, *links_[i]};
    members_[i] = std::make_unique<app::Member>(
        commons, std::make_shared<const config::Config>(config), log_, kSeed + i, on_exit);
    members_[i]->observer = [this, i](const model::Effect& effect) { on_effect(i, effect); };
    members_[i]->start();
    links_[i]->start(config.election.hold / 2);
}

void Group::start() {
    for (std::size_t i = 0; i < kMembers; ++i) start_member(i);
    wait_for("three members with verified standby nodes", [this] { return standby_everywhere(); });
    create_first_record();
    wait_for("a leader with two successors", [this] { return settled(); });
}

// A group that nobody knows anything of waits for the longest possible holding; here every node is
// known to be standby, and none has ever been active.
void Group::create_first_record() {
    const auto& policy = members_.front()->policy();
    model::HolderRecord first;
    first.state = model::HolderRecord::State::kDrained;
    first.hold = policy.hold;
    first.quiesce = policy.quiesce;
    first.gate = model::Gate{std::nullopt, policy.settle};
    first.reason = "bootstrap";
    require(test::run(io_, operator_.put({keys_.holder, etcd::to_json(first), 0})));
}

Handover Group::planned() {
    const auto old = leader();
    if (!old) throw std::runtime_error("nobody leads");
    model::SwitchoverOrder order;
    order.term = members_[*old]->state().holding.term;
    order.who = "bench";
    order.why = "planned hand-over";
    handover_ = {};
    handover_.began = clock_.now();
    require(test::run(io_, operator_.put({keys_.switchover, etcd::to_json(order), 0})));
    return finish(*old);
}

Handover Group::crash() {
    const auto old = leader();
    if (!old) throw std::runtime_error("nobody leads");
    handover_ = {};
    handover_.began = nodes_.fault("crash", *old);
    wait_for("another leader", [this, old] { return leader() && *leader() != *old; });
    nodes_.fault("restart", *old);
    return finish(*old);
}

Handover Group::finish(std::size_t old) {
    wait_for("another leader with two successors",
             [this, old] { return settled() && *leader() != old; });
    return handover_;
}

void Group::close() {
    for (auto& member : members_) test::run(io_, member->close());
    for (auto& link : links_) test::run(io_, link->close());
    test::run(io_, operator_.close());
}

// --- what is known

void Group::wait_for(const char* what, const std::function<bool()>& condition) {
    try {
        test::run_until(io_, condition, kPatience);
    } catch (const std::exception& e) {
        throw std::runtime_error(std::string("waiting for ") + what + ": " + e.what());
    }
}

bool Group::standby_everywhere() const {
    return std::all_of(members_.begin(), members_.end(), [this](const auto& member) {
        const auto& s = member->state();
        return s.known.read && core::unfit_because(member->policy(), s, clock_.now()).none() &&
               s.session.create != model::Revision{};
    });
}

std::optional<std::size_t> Group::leader() const {
    for (std::size_t i = 0; i < kMembers; ++i) {
        const auto& s = members_[i]->state();
        if (s.role == model::Role::kLeader && s.holding.activation == core::Activation::kVerified)
            return i;
    }
    return std::nullopt;
}

bool Group::settled() const {
    const auto lead = leader();
    if (!lead) return false;
    const auto& view = members_[*lead]->state().known.view;
    std::size_t successors = 0;
    for (const auto& entry : view.members) {
        const bool queued = model::find_key(view, entry.record.candidate_key) != nullptr;
        if (entry.record.name != name_of(*lead) && queued && entry.record.eligible) ++successors;
    }
    return successors == kMembers - 1;
}

void Group::on_effect(std::size_t i, const model::Effect& effect) {
    const auto at = clock_.now();
    auto& h = handover_;
    std::visit(model::Overloaded{
                   [&](const model::RoleChanged& e) {
                       if (e.row->to == model::Role::kLeader) h.claimed = at;
                       if (e.row->from != model::Role::kLeader) return;
                       h.cause = e.row->code;
                       h.decided = at;
                   },
                   [&](const model::Drain&) { h.drain_sent = at; },
                   [&](const model::Claim&) { on_claim(members_[i]->state(), at); },
                   [&](const model::Activate&) { h.activate_sent = at; },
                   [&](const model::Announce& e) { on_notice(e.notice, at); },
                   [](const auto&) {},
               },
               effect);
}

// The check that ends in this claim began in the very step that found the gate open.
void Group::on_claim(const core::State& successor, Instant at) {
    handover_.claim_sent = at;
    handover_.gate_open = successor.candidacy.check_started;
    handover_.learned = successor.known.record_learned;
    const auto& record = successor.known.view.holder.record;
    handover_.by_height = record && record->gate.tip.has_value();
}

void Group::on_notice(model::Notice notice, Instant at) {
    if (notice == model::Notice::kNodeDead) handover_.found_dead = at;
    if (notice == model::Notice::kMarkerWritten) handover_.marker = at;
    if (notice == model::Notice::kActive) handover_.verified = at;
}

}  // namespace elector::bench
