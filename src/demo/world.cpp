#include "demo/world.hpp"

#include <stdexcept>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/random.h>

#include "config/load.hpp"
#include "core/eligibility.hpp"
#include "etcd/records.hpp"

namespace elector::demo {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using model::Duration;
using model::Instant;

namespace {

constexpr const char* kElectionKey = "/iotex-demo";
constexpr std::size_t kMostHappenings = 200;
constexpr auto kPatience = 30s;  // for anything of the start

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    if (::getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed))
        throw std::runtime_error("cannot get random bytes from the system");
    return seed;
}

std::int64_t realtime_ns() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
}

std::string local_url(std::uint16_t port) {
    return "\"http://127.0.0.1:" + std::to_string(port) + "\"";
}

Happening::Weight weight_of(model::Severity severity) {
    switch (severity) {
        case model::Severity::kInfo:
            return Happening::Weight::kInfo;
        case model::Severity::kWarning:
            return Happening::Weight::kWarning;
        case model::Severity::kAlarm:
            return Happening::Weight::kAlarm;
    }
    return Happening::Weight::kAlarm;
}

}  // namespace

std::string member_name(std::size_t i) {
    return std::string("delegate-") + static_cast<char>('a' + i);
}

asio::awaitable<void> pause_for(asio::io_context& io, Duration span) {
    asio::steady_timer timer(io,
                             std::chrono::duration_cast<std::chrono::steady_clock::duration>(span));
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await timer.async_wait(token);
}

World::World(asio::io_context& io, const Options& options,
             std::function<void(const std::string&)> on_failure)
    : io_(io),
      options_(options),
      on_failure_(std::move(on_failure)),
      began_(clock_.now()),
      began_realtime_ns_(realtime_ns()),
      seed_(random_seed()),
      tasks_(io, [this](const std::string& name,
                        const std::string& what) { on_failure_("task " + name + ": " + what); }),
      etcd_(std::make_unique<EtcdChild>()),
      keys_(kElectionKey) {
    for (std::size_t i = 0; i < kMembers; ++i) {
        config::Log log;
        log.file = options.log_file;
        logs_.push_back(log.file.empty() ? app::Log::silent() : app::Log(log, member_name(i)));
    }
}

World::~World() = default;

asio::awaitable<void> World::pause(Duration span) { return pause_for(io_, span); }

void World::say(std::string who, std::string text, Happening::Weight weight, bool detail) {
    happenings_.push_back({now(), std::move(who), std::move(text), weight, detail});
    if (happenings_.size() > kMostHappenings) happenings_.pop_front();
    on_happening(happenings_.back());
}

// --- start and end

asio::awaitable<bool> World::start() {
    if (!co_await start_etcd()) co_return false;
    if (closing_) co_return false;
    start_nodes();
    for (std::size_t i = 0; i < kMembers; ++i) start_member(i);
    tasks_.spawn("watch etcd", watch_etcd());
    const bool done = co_await bootstrap();
    co_return done;
}

asio::awaitable<bool> World::start_etcd() {
    etcd::ClientOptions options;
    options.endpoints = {etcd_->endpoint()};
    operator_ = std::make_unique<etcd::Client>(io_, options);
    etcd::CallOptions call;
    call.timeout = 500ms;
    const etcd::RangeOp question{keys_.holder, "", false, 0};
    const auto until = now() + kPatience;
    for (int attempts = 1;;) {
        const auto answer = co_await operator_->range(question, call);
        if (answer) break;
        if (closing_) co_return false;
        if (etcd_->running() && now() < until) continue;
        const auto words = etcd_->last_words();
        if (attempts++ == 3 || now() >= until) {
            on_failure_("etcd does not come up: " + words);
            co_return false;
        }
        // Somebody took the port between choosing it and using it.
        auto next = std::make_unique<EtcdChild>();
        etcd_ = std::move(next);
        options.endpoints = {etcd_->endpoint()};
        const auto moved = operator_->set_access(options);
        if (!moved) throw std::runtime_error(etcd::to_string(moved.error()));
    }
    say("demo", "etcd is up at " + etcd_->endpoint());
    co_return true;
}

void World::start_nodes() {
    simnode::HostOptions options;
    options.chain.seed = seed_;
    options.chain.genesis_height = 41'000'000;
    for (std::size_t i = 0; i < kMembers; ++i) {
        simnode::NodeParams node;
        node.name = member_name(i);
        options.nodes.push_back(node);
    }
    options.sink = [this](const std::string& node, const checker::Entry& entry) {
        on_entry(node, entry);
    };
    nodes_ = std::make_unique<simnode::Host>(io_, std::move(options));
}

config::Config World::config_of(std::size_t i) const {
    const auto ports = nodes_->ports(static_cast<simnode::NodeIndex>(i));
    const std::string text = "[member]\nname = \"" + member_name(i) + "\"\n[election]\nkey = \"" +
                             kElectionKey + "\"\nprofile = \"" + options_.profile +
                             "\"\n[etcd]\nendpoints = [" + local_url(proxies_[i]->port()) +
                             "]\n[node]\nadmin = " + local_url(ports.admin) +
                             "\nprobe = " + local_url(ports.probe) +
                             "\nweb3 = " + local_url(ports.web3) + "\n[api]\nlisten = \"\"\n";
    const auto loaded = config::load(text, "demo", config::empty_environment());
    if (!loaded.config) throw std::runtime_error(loaded.problems.front().render());
    return *loaded.config;
}

void World::start_member(std::size_t i) {
    const asio::ip::tcp::endpoint target(asio::ip::address_v4::loopback(), etcd_->port());
    proxies_.push_back(std::make_unique<netproxy::Proxy>(io_, target));
    auto on_exit = [this, i](int code) {
        on_failure_(member_name(i) + " ended with exit code " + std::to_string(code));
    };
    members_.push_back(std::make_unique<app::Member>(io_, clock_, config_of(i), logs_[i], seed_ + i,
                                                     std::move(on_exit)));
    members_.back()->observer = [this, i](const model::Effect& effect) { on_effect(i, effect); };
    members_.back()->start();
}

asio::awaitable<void> World::close() {
    closing_ = true;
    for (auto& member : members_) co_await member->close();
    for (auto& proxy : proxies_) proxy->stop();
    if (nodes_) nodes_->stop();
    if (operator_) co_await operator_->close();
}

asio::awaitable<void> World::watch_etcd() {
    for (;;) {
        co_await pause(200ms);
        if (closing_) co_return;
        if (etcd_->running()) continue;
        on_failure_("etcd has ended by itself: " + etcd_->last_words());
        co_return;
    }
}

// --- the operator's first record

asio::awaitable<bool> World::all_standby_in_etcd(Instant since) {
    for (const auto& member : members_) {
        const auto& s = member->state();
        if (!s.session.registered || !s.known.read || !core::standby_certain(s)) co_return false;
        if (s.node.status_sent < since || s.node.barred_until > now()) co_return false;
    }
    const etcd::RangeOp all{keys_.members, etcd::prefix_end(keys_.members), false, 0};
    const auto answer = co_await operator_->range(all);
    if (!answer) co_return false;
    std::size_t standby = 0;
    for (const auto& kv : answer->kvs) {
        const auto record = etcd::parse_member(kv.key.substr(keys_.members.size()), kv.value);
        if (record && record->activity == model::NodeActivity::kStandby) ++standby;
    }
    co_return standby == kMembers;
}

// A group that nobody knows anything of waits for the longest possible holding. An operator who
// knows better says so, after each node is verified standby; here the demo is that operator.
asio::awaitable<bool> World::bootstrap() {
    const auto since = now();
    for (;;) {
        const bool ready = co_await all_standby_in_etcd(since);
        if (closing_) co_return false;
        if (ready) break;
        if (now() > since + kPatience) {
            on_failure_("the members do not come up: not every node was verified standby in time");
            co_return false;
        }
        co_await pause(20ms);
    }
    const auto& policy = members_.front()->policy();
    model::HolderRecord first;
    first.state = model::HolderRecord::State::kDrained;
    first.hold = policy.hold;
    first.quiesce = policy.quiesce;
    first.gate = model::Gate{std::nullopt, policy.settle};
    first.reason = "bootstrap";
    etcd::Txn txn;
    txn.compares.push_back(
        {keys_.holder, etcd::Compare::Target::kCreate, etcd::Compare::Result::kEqual, 0, ""});
    txn.then_ops.emplace_back(etcd::PutOp{keys_.holder, etcd::to_json(first), 0});
    const auto answer = co_await operator_->txn(txn);
    if (closing_) co_return false;
    if (!answer || !answer->succeeded) {
        on_failure_("cannot create the first holder record: " +
                    (answer ? "there is one" : etcd::to_string(answer.error())));
        co_return false;
    }
    say("demo",
        "every node is verified standby; the first holder record is created, as by `bootstrap`");
    co_return true;
}

// --- faults and orders

void World::fault(std::size_t i, const char* kind) {
    const simnode::FaultOrder order{kind, static_cast<simnode::NodeIndex>(i), 0, 0};
    const auto problem = nodes_->fault(order);
    if (!problem.empty()) on_failure_("cannot put a fault on a node: " + problem);
}

void World::kill_node(std::size_t i) {
    say("demo", "killing the node of " + member_name(i), Happening::Weight::kWarning);
    if (holder() == i) meter_.order(Kind::kNodeKilled, now());
    faults_[i].killed = true;
    fault(i, "crash");
}

void World::make_unready(std::size_t i) {
    say("demo", "the node of " + member_name(i) + " reports 503 from now on",
        Happening::Weight::kWarning);
    if (holder() == i) meter_.order(Kind::kUnhealthy, now());
    faults_[i].unready = true;
    fault(i, "unready");
}

void World::cut_off(std::size_t i) {
    say("demo", "cutting " + member_name(i) + " off etcd", Happening::Weight::kWarning);
    if (holder() == i) meter_.order(Kind::kCutOff, now());
    faults_[i].cut_off = true;
    proxies_[i]->set({netproxy::Mode::kBlackhole, {}});
}

void World::heal() {
    meter_.forget_order();
    bool any = false;
    bool boots = false;
    for (std::size_t i = 0; i < kMembers; ++i) {
        const auto was = std::exchange(faults_[i], Faults{});
        any = any || was.killed || was.unready || was.cut_off;
        boots = boots || was.killed;
        if (was.unready) fault(i, "ready");
        if (was.killed) fault(i, "restart");
        if (was.cut_off) proxies_[i]->set({});
    }
    say("demo", !any    ? "nothing is broken"
                : boots ? "everything is mended; the killed node takes 12 s to boot"
                        : "everything is mended");
}

void World::order_switchover() {
    const auto from = leader();
    if (!from)
        return say("demo", "nobody leads: nothing to hand over", Happening::Weight::kWarning);
    std::string to;
    for (const auto& candidate : members_[*from]->state().known.view.queue) {
        const auto* owner = model::owner_of(members_[*from]->state().known.view, candidate.key);
        if (owner && owner->record.name != member_name(*from) && owner->record.eligible) {
            to = owner->record.name;
            break;
        }
    }
    say("demo",
        "ordering " + member_name(*from) + " to hand over" + (to.empty() ? "" : " to " + to));
    meter_.order(Kind::kPlanned, now());
    tasks_.spawn("switchover", put_switchover(*from, to));
}

asio::awaitable<void> World::put_switchover(std::size_t from, std::string to) {
    model::SwitchoverOrder order;
    order.term = members_[from]->state().holding.term;
    order.to = std::move(to);
    order.who = "demo";
    order.why = "planned hand-over";
    const auto lease_id = static_cast<std::int64_t>(random_seed() >> 1);
    const auto lease = co_await operator_->lease_grant(lease_id, 30);
    std::string problem;
    if (lease) {
        const etcd::PutOp put{keys_.switchover, etcd::to_json(order), lease_id};
        const auto answer = co_await operator_->put(put);
        if (!answer) problem = etcd::to_string(answer.error());
    } else {
        problem = etcd::to_string(lease.error());
    }
    if (!problem.empty() && !closing_)
        say("demo", "cannot write the order: " + problem, Happening::Weight::kAlarm);
}

// --- what is known

std::optional<std::size_t> World::leader() const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const auto& s = members_[i]->state();
        if (s.node.activity != model::NodeActivity::kActive) continue;
        if (found) return std::nullopt;
        found = i;
    }
    if (!found) return found;
    const auto& s = members_[*found]->state();
    const bool verified =
        s.role == model::Role::kLeader && s.holding.activation == core::Activation::kVerified;
    const bool truly = meter_.active() == std::set<std::string>{member_name(*found)};
    return verified && truly ? found : std::nullopt;
}

std::optional<std::size_t> World::holder() const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const auto& s = members_[i]->state();
        if (!s.holding.held()) continue;
        if (!found || s.holding.term > members_[*found]->state().holding.term) found = i;
    }
    return found;
}

std::size_t World::successors() const {
    const auto lead = leader();
    if (!lead) return 0;
    const auto& view = members_[*lead]->state().known.view;
    std::size_t count = 0;
    for (const auto& entry : view.members) {
        const bool other = entry.record.name != member_name(*lead);
        const bool queued = model::find_key(view, entry.record.candidate_key) != nullptr;
        if (other && queued && entry.record.eligible) ++count;
    }
    return count;
}

bool World::broken() const {
    for (const auto& f : faults_) {
        if (f.killed || f.unready || f.cut_off) return true;
    }
    return false;
}

void World::on_effect(std::size_t i, const model::Effect& effect) {
    meter_.on_effect(member_name(i), effect, now());
    if (const auto* role = std::get_if<model::RoleChanged>(&effect)) {
        say(member_name(i), std::string(name(role->row->from)) + " -> " +
                                std::string(name(role->row->to)) + ": " +
                                std::string(role->row->sentence));
    } else if (const auto* told = std::get_if<model::Announce>(&effect)) {
        const auto& row = model::describe(told->notice);
        auto text = std::string(row.sentence);
        if (!told->detail.empty()) text += " (" + told->detail + ")";
        const bool detail =
            row.severity == model::Severity::kInfo && told->notice != model::Notice::kActive;
        say(member_name(i), std::move(text), weight_of(row.severity), detail);
    }
}

void World::on_entry(const std::string& node, const checker::Entry& entry) {
    const auto at = began_ + std::chrono::nanoseconds(entry.time_ns - began_realtime_ns_);
    meter_.on_entry(node, entry, at);
    ledger_.add(entry);
}

}  // namespace elector::demo
