#include "demo/world.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "config/load.hpp"
#include "etcd/records.hpp"

namespace elector::demo {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using model::Duration;
using model::Instant;

namespace {

constexpr const char* kElectionKey = "/iotex-demo";
constexpr std::size_t kMostHappenings = 200;
constexpr std::uint16_t kFirstApiPort = 9010;  // that of [api], and those behind it
constexpr auto kPatience = 30s;                // for anything of the start

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    if (::getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed))
        throw std::runtime_error("cannot get random bytes from the system");
    return seed;
}

Instant epoch_by(const app::Clock& clock) {
    return clock.now() - Duration(std::chrono::system_clock::now().time_since_epoch());
}

std::string local_url(std::uint16_t port) {
    return "\"http://127.0.0.1:" + std::to_string(port) + "\"";
}

Happening::Weight weight_of(const LogLine& line) {
    if (line.level == "error") return Happening::Weight::kAlarm;
    return line.level == "warn" ? Happening::Weight::kWarning : Happening::Weight::kInfo;
}

/// Not for an onlooker from afar: what has no sentence for operators is of the machinery.
bool is_detail(const LogLine& line) {
    if (line.is("memory_not_locked")) return true;  // of this machine, not of the group
    if (line.is("role_change") || line.is("active") || line.is("guardian_standby")) return false;
    if (line.is("closed") || line.level == "error") return false;
    return line.level == "info" || line["why"].empty();
}

pid_t process_id(const LogLine& line) {
    const auto text = line["pid"];
    pid_t pid = 0;
    std::from_chars(text.data(), text.data() + text.size(), pid);
    return pid;
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
      epoch_(epoch_by(clock_)),
      seed_(random_seed()),
      tasks_(io, [this](const std::string& name,
                        const std::string& what) { on_failure_("task " + name + ": " + what); }),
      api_ports_(ports_from(kFirstApiPort)),
      etcd_(std::make_unique<EtcdChild>(folder_.path())),
      keys_(kElectionKey) {
    if (options_.log_file.empty()) return;
    log_.open(options_.log_file, std::ios::app);
    if (!log_) throw std::runtime_error("cannot write to the file " + options_.log_file);
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
    tasks_.spawn("watch", watch());
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
        auto next = std::make_unique<EtcdChild>(folder_.path());
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

std::string World::configuration_of(std::size_t i, std::uint16_t etcd_port) const {
    const auto ports = nodes_->ports(static_cast<simnode::NodeIndex>(i));
    const auto state = folder_.path() / member_name(i);
    return "[member]\nname = \"" + member_name(i) + "\"\n[election]\nkey = \"" + kElectionKey +
           "\"\nprofile = \"" + options_.profile + "\"\n[etcd]\nendpoints = [" +
           local_url(etcd_port) + "]\n[node]\nadmin = " + local_url(ports.admin) +
           "\nprobe = " + local_url(ports.probe) + "\nweb3 = " + local_url(ports.web3) +
           "\n[state]\ndir = \"" + state.string() +
           "\"\n[api]\nlisten = \"127.0.0.1:" + std::to_string(api_ports_[i]) + "\"\n" +
           "[log]\nformat = \"json\"\n";
}

std::string World::dashboard(std::size_t i) const {
    return "http://127.0.0.1:" + std::to_string(api_ports_[i]) + "/";
}

std::string World::configuration_file(std::size_t i) const {
    return (folder_.path() / (member_name(i) + ".toml")).string();
}

void World::start_member(std::size_t i) {
    const asio::ip::tcp::endpoint target(asio::ip::address_v4::loopback(), etcd_->port());
    auto way = std::make_unique<netproxy::Proxy>(io_, target);
    const auto text = configuration_of(i, way->port());
    const auto loaded = config::load(text, "demo", config::empty_environment());
    if (!loaded.config) throw std::runtime_error(loaded.problems.front().render());
    if (!config_) config_ = loaded.config;
    const auto file = configuration_file(i);
    std::ofstream(file) << text;
    Service::Hooks hooks;
    hooks.on_line = [this, i](const std::string& line) { on_line(i, line); };
    hooks.on_elector_end = [this, i] { members_[i]->account.elector_ended(); };
    hooks.on_trouble = [this, i](const std::string& what) {
        say(member_name(i), what, Happening::Weight::kWarning);
    };
    auto service = std::make_unique<Service>(io_, file, std::move(hooks));
    members_.push_back(std::make_unique<Member>(Member{std::move(way), std::move(service), {}}));
    members_.back()->service->start();
}

asio::awaitable<void> World::close() {
    closing_ = true;
    for (auto& member : members_) {
        member->service->close();
        member->way_to_etcd->stop();
    }
    if (nodes_) nodes_->stop();
    if (operator_) co_await operator_->close();
}

/// What nobody tells by himself: who has ended, and what etcd holds.
asio::awaitable<void> World::watch() {
    for (;;) {
        co_await pause(50ms);
        if (closing_) co_return;
        for (auto& member : members_) member->service->tick();
        co_await look();
        if (closing_) co_return;
        if (etcd_->running()) continue;
        on_failure_("etcd has ended by itself: " + etcd_->last_words());
        co_return;
    }
}

asio::awaitable<void> World::look() {
    const model::ReadElection question{};
    auto txn = etcd::to_txn(keys_, question);
    etcd::CallOptions call;
    call.timeout = 500ms;
    auto reply = co_await operator_->txn(std::move(txn), call);
    if (reply) view_ = etcd::to_event(keys_, question, *reply).view;
}

// --- the operator's first record

// A group that nobody knows anything of waits for the longest possible holding. An operator who
// knows better says so with `bootstrap`; here the demo is that operator.
asio::awaitable<bool> World::bootstrap() {
    const auto since = now();
    while (view_.members.size() < kMembers) {
        co_await pause(20ms);
        if (closing_) co_return false;
        if (now() < since + kPatience) continue;
        on_failure_("the members do not come up: not every one is registered in time");
        co_return false;
    }
    const auto words_file = folder_.path() / "bootstrap";
    const int output = ::open(words_file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    std::string names;
    for (std::size_t i = 0; i < kMembers; ++i) names += (i == 0 ? "" : ",") + member_name(i);
    Process command(own_command(
        {"bootstrap", "--members", names, "--yes", "--config", configuration_file(0)}, output));
    ::close(output);
    while (command.running()) {
        co_await pause(20ms);
        if (closing_) co_return false;
    }
    const auto words = last_words(words_file);
    if (command.succeeded())
        say("demo", "bootstrap --members " + names + ": " + words + "; watch it at " +
                        dashboard(0) + ", the dashboard of " + member_name(0));
    else
        on_failure_("bootstrap has failed: " + words);
    co_return command.succeeded();
}

// --- faults and orders

void World::fault(std::size_t i, const char* kind) {
    const simnode::FaultOrder order{kind, static_cast<simnode::NodeIndex>(i), 0, 0};
    const auto problem = nodes_->fault(order);
    if (!problem.empty()) on_failure_("cannot put a fault on a node: " + problem);
}

void World::strike(std::size_t i, Kind kind, const std::string& what) {
    say("demo", what, Happening::Weight::kWarning);
    if (holder() == i) meter_.order(kind, now());
}

void World::kill_node(std::size_t i) {
    strike(i, Kind::kNodeKilled, "killing the node of " + member_name(i));
    faults_[i].killed = true;
    fault(i, "crash");
}

void World::make_unready(std::size_t i) {
    strike(i, Kind::kUnhealthy, "the node of " + member_name(i) + " reports 503 from now on");
    faults_[i].unready = true;
    fault(i, "unready");
}

void World::cut_off(std::size_t i) {
    strike(i, Kind::kCutOff, "cutting " + member_name(i) + " off etcd");
    faults_[i].cut_off = true;
    members_[i]->way_to_etcd->set({netproxy::Mode::kBlackhole, {}});
}

void World::kill_elector(std::size_t i) {
    if (!processes(i).elector) return say("demo", member_name(i) + " has no elector to kill");
    strike(i, Kind::kElectorKilled, "killing the elector of " + member_name(i) + " (SIGKILL)");
    members_[i]->service->kill_elector();
}

void World::freeze_elector(std::size_t i) {
    if (!processes(i).elector) return say("demo", member_name(i) + " has no elector to freeze");
    strike(i, Kind::kElectorFrozen, "freezing the elector of " + member_name(i) + " (SIGSTOP)");
    members_[i]->service->freeze_elector();
}

void World::kill_guardian(std::size_t i) {
    if (!processes(i).guardian) return say("demo", member_name(i) + " has no guardian to kill");
    strike(i, Kind::kGuardianKilled, "killing the guardian of " + member_name(i) + " (SIGKILL)");
    members_[i]->service->kill_guardian();
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
        if (was.cut_off) members_[i]->way_to_etcd->set({});
        any = members_[i]->service->thaw() || any;
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
    for (const auto& candidate : view_.queue) {
        const auto* owner = model::owner_of(view_, candidate.key);
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
    order.term = model::Term{account(from).term};
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
    const auto found = holder();
    if (!found || !account(*found).verified) return std::nullopt;
    const bool truly = meter_.active() == std::set<std::string>{member_name(*found)};
    return truly ? found : std::nullopt;
}

std::optional<std::size_t> World::holder() const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const auto term = account(i).term;
        if (term != 0 && (!found || term > account(*found).term)) found = i;
    }
    return found;
}

std::size_t World::successors() const {
    const auto lead = leader();
    if (!lead) return 0;
    std::size_t count = 0;
    for (const auto& entry : view_.members) {
        const auto& name = entry.record.name;
        if (name != member_name(*lead) && entry.record.eligible && place_of(view_, name) != 0)
            ++count;
    }
    return count;
}

std::vector<World::NodeTruth> World::nodes() const {
    std::vector<NodeTruth> all;
    const auto state = nodes_->state();
    for (const auto& node : state.at("nodes").as_array())
        all.push_back({node.at("running").as_bool(), node.at("active").as_bool(),
                       node.at("tip_height").to_number<std::uint64_t>()});
    return all;
}

bool World::broken() const {
    for (const auto& f : faults_) {
        if (f.killed || f.unready || f.cut_off) return true;
    }
    return false;
}

void World::on_line(std::size_t i, const std::string& text) {
    const auto line = parse_log_line(text, epoch_);
    if (!line) return say(member_name(i), text, Happening::Weight::kWarning);
    if (log_.is_open())
        log_ << "{\"member\":\"" << member_name(i) << "\"," << text.substr(1) << std::endl;
    auto& member = *members_[i];
    if (line->is("elector_started")) member.service->adopt_elector(process_id(*line));
    member.account.on(*line);
    meter_.on_line(member_name(i), *line);
    say(member_name(i), sentence(*line), weight_of(*line), is_detail(*line));
}

void World::on_entry(const std::string& node, const checker::Entry& entry) {
    meter_.on_entry(node, entry, epoch_ + std::chrono::nanoseconds(entry.time_ns));
    ledger_.add(entry);
}

}  // namespace elector::demo
