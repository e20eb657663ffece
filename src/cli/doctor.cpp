#include "cli/doctor.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include <unistd.h>

#include "cli/arguments.hpp"
#include "cli/diagnosis.hpp"
#include "cli/group_read.hpp"
#include "cli/groups.hpp"
#include "cli/host_look.hpp"
#include "config/text.hpp"

namespace elector::cli {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

// A node that changes its state answers late; more than this is no answer.
constexpr milliseconds kNodeTakes{4000};
constexpr milliseconds kProbeTakes{2000};
constexpr milliseconds kEtcdTakes{3000};
constexpr milliseconds kLookEvery{200};

/// What is being asked, on standard error once it takes longer than a second.
class Progress {
  public:
    Progress(asio::io_context& io, bool shown)
        : timer_(io), shown_(shown && ::isatty(STDERR_FILENO) == 1), since_(Clock::now()) {
        arm(1s);
    }
    void asking(std::string what, int at_most_seconds) {
        what_ = std::move(what) + ", at most " + std::to_string(at_most_seconds) + " s";
    }
    void end() {
        timer_.cancel();
        if (std::exchange(drawn_, false)) std::fputs("\r\x1b[K", stderr);
        shown_ = false;
    }

  private:
    using Clock = std::chrono::steady_clock;

    void arm(milliseconds span) {
        if (!shown_) return;
        timer_.expires_after(span);
        timer_.async_wait([this](const boost::system::error_code& wrong) {
            if (wrong || !shown_) return;
            const std::chrono::duration<double> took = Clock::now() - since_;
            std::fprintf(stderr, "\r%4.1f s: asking %s\x1b[K", took.count(), what_.c_str());
            drawn_ = true;
            arm(kLookEvery);
        });
    }

    asio::steady_timer timer_;
    bool shown_;
    bool drawn_ = false;
    Clock::time_point since_;
    std::string what_;
};

template <class T, class Reply>
void take(Seen<T>& into, Reply& reply) {
    if (reply) {
        into.value = std::move(*reply);
    } else {
        into.error = reply.error().text;
    }
}

class Examination {
  public:
    /// `alone`: it is the only one, and shows what it asks.
    Examination(Session& session, const config::Config& config, iotex::NodeEndpoints node,
                std::uint64_t seed, bool alone)
        : session_(session),
          config_(config),
          node_client_(session.io(), std::move(node), {}, [](iotex::PortEvent) {}),
          lease_(static_cast<std::int64_t>(seed >> 1) | 1),
          progress_(session.io(), alone) {}

    asio::awaitable<void> run() {
        host_ = look_at_host(config_);
        co_await ask_node();
        node_client_.close();
        co_await ask_endpoints();
        if (reached_) co_await ask_etcd();
        if (etcd_.group.value) co_await watch_clocks();
        progress_.end();
    }

    Findings findings(const std::vector<std::string>& faults,
                      const std::vector<std::string>& warnings) const {
        auto all = judge_configuration(config_, faults, warnings, host_.unix_ms);
        const auto add = [&all](Findings more) { all.insert(all.end(), more.begin(), more.end()); };
        add(judge_node(config_, node_, etcd_, node_asked_unix_ms_));
        add(judge_etcd(config_, etcd_, host_));
        if (etcd_.group.value)
            add(judge_group(config_, report::group_status(session_.policy, *etcd_.group.value)));
        add(judge_host(config_, host_));
        add(judge_clocks(config_, clocks_));
        return all;
    }

  private:
    asio::awaitable<void> ask_node() {
        progress_.asking("the node's admin port", 4);
        auto status = co_await node_client_.status(true, kNodeTakes);
        if (status) {
            node_.active.value = status->active;
        } else {
            node_.active.error = status.error().text;
        }
        node_.listens = admin_listeners(config_.node);
        progress_.asking("the node's probe port", 6);
        auto ready = co_await node_client_.readiness(kProbeTakes);
        take(node_.ready, ready);
        auto metrics = co_await node_client_.metrics(kNodeTakes);
        take(node_.metrics, metrics);
        node_asked_unix_ms_ = wall_clock_ms();
        if (config_.node.web3_mode == config::Web3Mode::kOff) co_return;
        progress_.asking("the node's web3 port", 2);
        auto tip = co_await node_client_.tip(kProbeTakes);
        take(node_.tip, tip);
    }

    asio::awaitable<void> ask_endpoints() {
        for (const auto& url : config_.etcd.endpoints) {
            const auto text = url.text();
            progress_.asking("etcd at " + text, 2);
            EndpointFacts facts{text, {}};
            auto status = co_await session_.client().status(text);
            take(facts.status, status);
            reached_ = reached_ || facts.status.value;
            etcd_.endpoints.push_back(std::move(facts));
        }
    }

    asio::awaitable<void> ask_etcd() {
        progress_.asking("etcd for its members, rights and a lease", 12);
        etcd::CallOptions options;
        options.timeout = kEtcdTakes;
        options.idempotent = true;  // what is asked for is never done, or goes by itself
        auto members = co_await session_.client().member_list(options);
        take(etcd_.members, members);
        auto question = rights_question(session_.keys);
        const auto rights = co_await session_.client().txn(std::move(question), options);
        if (!rights) etcd_.refusal = rights.error();
        const auto ttl = config_.election.ttl_seconds();
        const auto granted = co_await session_.client().lease_grant(lease_, ttl, options);
        if (granted) {
            etcd_.granted_seconds.value = granted->ttl_seconds;
            const auto ended = co_await session_.client().lease_revoke(lease_, options);
            static_cast<void>(ended);  // else it ends by itself
        } else {
            etcd_.granted_seconds.error = granted.error().text;
        }
        progress_.asking("etcd for the group", 10);
        auto group = co_await read_group(session_, config_.election.key);
        take(etcd_.group, group);
    }

    /// A member publishes at every block. When its record changes between two looks, it was written
    /// between them.
    asio::awaitable<void> watch_clocks() {
        std::map<std::string, model::Revision> known;
        for (const auto& m : etcd_.group.value->view->members)
            if (m.record.name != config_.member.name) {
                known[m.record.name] = {};
                clocks_.push_back({m.record.name, std::nullopt});
            }
        const auto patience = std::min<milliseconds>(
            std::chrono::duration_cast<milliseconds>(2 * config_.node.block_interval + 1s), 12s);
        progress_.asking(
            "the clocks of the others",
            static_cast<int>(std::chrono::ceil<std::chrono::seconds>(patience).count()));
        const auto until = std::chrono::steady_clock::now() + patience;
        std::int64_t before = 0;
        while (!known.empty() && std::chrono::steady_clock::now() < until) {
            const auto asked = wall_clock_ms();
            const auto view = co_await session_.look();
            if (!view) co_return;
            const auto answered = wall_clock_ms();
            for (const auto& m : view->members) {
                const auto entry = known.find(m.record.name);
                if (entry == known.end() || entry->second == m.mod) continue;
                const bool seen_before = std::exchange(entry->second, m.mod) != model::Revision{};
                if (!seen_before || m.record.unix_ms == 0) continue;
                note(m.record.name, clock_off(m.record.unix_ms, before, answered));
                known.erase(entry);
            }
            before = asked;
            if (!known.empty()) co_await session_.pause(kLookEvery);
        }
    }

    void note(const std::string& member, milliseconds off) {
        for (auto& clock : clocks_)
            if (clock.member == member) clock.off = off;
    }

    Session& session_;
    const config::Config& config_;
    iotex::NodeClient node_client_;
    std::int64_t lease_;
    Progress progress_;
    HostFacts host_;
    NodeFacts node_;
    std::int64_t node_asked_unix_ms_ = 0;
    EtcdFacts etcd_;
    bool reached_ = false;  ///< an endpoint has answered
    std::vector<ClockFacts> clocks_;
};

/// What concerns the whole file, and what concerns this group of it.
std::vector<std::string> rendered(const std::vector<config::Problem>& problems,
                                  const std::string& group) {
    const auto whose = "group " + config::quoted(group);
    std::vector<std::string> all;
    for (const auto& problem : problems)
        if (group.empty() || problem.whose.empty() || problem.whose.starts_with(whose))
            all.push_back(problem.render());
    return all;
}

int tell(const Diagnosis& diagnosis, bool json) {
    const auto text = json ? boost::json::serialize(to_json(diagnosis)) + "\n"
                           : render(diagnosis, look_of_stdout());
    std::fputs(text.c_str(), stdout);
    return diagnosis.exit_code();
}

}  // namespace

etcd::Txn rights_question(const etcd::Keys& keys) {
    using etcd::Compare;
    const auto queue = keys.queue + "doctor";
    const auto data = keys.data + "doctor";
    etcd::Txn txn;
    // No key was ever made before the first revision. etcd judges rights before it compares.
    txn.compares = {Compare{keys.holder, Compare::Target::kCreate, Compare::Result::kLess, 0, {}}};
    txn.then_ops = {etcd::PutOp{queue, "", 0}, etcd::DeleteOp{queue + "-", {}},
                    etcd::PutOp{data, "", 0}, etcd::DeleteOp{data + "-", {}}};
    etcd::RangeOp watched;
    watched.key = keys.data;
    watched.range_end = etcd::prefix_end(keys.queue);
    watched.limit = 1;
    txn.else_ops = {watched};
    return txn;
}

namespace {

constexpr std::size_t kExaminedAtOnce = 64;
constexpr std::uint64_t kSeedsApart = 0x9E3779B97F4A7C15;  // odd: no two groups have the same lease

Diagnosis diagnosis_of(const config::LoadResult& loaded, const config::Config& config,
                       const Examination& examination) {
    return {config.member.name, examination.findings(rendered(loaded.spared, config.group),
                                                     rendered(loaded.warnings, config.group))};
}

asio::awaitable<int> alone(Examination& examination) {
    co_await examination.run();
    co_return 0;
}

int examine(const Means& means, const config::LoadResult& loaded, const config::Config& config,
            bool json) {
    Session session(means, config);
    Examination examination(session, config, means.node_endpoints(config), means.seed, true);
    session.run(alone(examination));
    return tell(diagnosis_of(loaded, config, examination), json);
}

/// What is wrong with the tables of groups that cannot be examined.
Diagnosis unusable(const config::LoadResult& loaded, const std::string& whose) {
    Diagnosis d{loaded.config->member.name, {}};
    for (const auto& problem : loaded.spared)
        if (problem.whose.starts_with(whose))
            d.findings.push_back(error("configuration", problem.render(),
                                       "Correct it; until then the service does not start."));
    return d;
}

asio::awaitable<int> examine_all(Session& whole,
                                 const std::vector<std::unique_ptr<Examination>>& all) {
    std::function<asio::awaitable<void>(std::size_t)> examine = [&all](std::size_t i) {
        return all[i]->run();
    };
    auto each = for_each(whole, all.size(), kExaminedAtOnce, std::move(examine));
    co_await std::move(each);
    co_return 0;
}

int examine_groups(const Means& means, const config::LoadResult& loaded, bool json) {
    const auto& file = *loaded.config;
    Session whole(means, file);
    const auto sessions = sessions_of(whole, means, file);
    std::vector<std::unique_ptr<Examination>> all;
    for (std::size_t i = 0; i < sessions.size(); ++i)
        all.push_back(std::make_unique<Examination>(*sessions[i], file.groups[i],
                                                    means.node_endpoints(file.groups[i]),
                                                    means.seed + (i + 1) * kSeedsApart, false));
    whole.run(examine_all(whole, all));
    std::vector<GroupDiagnosis> found;
    for (std::size_t i = 0; i < all.size(); ++i)
        found.push_back({file.groups[i].group, diagnosis_of(loaded, file.groups[i], *all[i])});
    for (const auto& whose : loaded.left_out) found.push_back({whose, unusable(loaded, whose)});
    const auto text =
        json ? boost::json::serialize(to_json(found)) + "\n" : render(found, look_of_stdout());
    std::fputs(text.c_str(), stdout);
    return exit_code_of(found);
}

}  // namespace

int doctor(const std::vector<std::string>& words, const Means& means) {
    const auto& row = command("doctor");
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto path = configuration_file(*arguments, usage_of(row).c_str());
    if (!path) return 2;
    // What can be examined without is a finding, and keeps nothing else from being looked at.
    const auto loaded =
        config::load_file(*path, config::system_environment(), config::Use::kRecord);
    if (!loaded.config) return complain(loaded);
    const bool all = !loaded.config->groups.empty() && !arguments->contains("--group");
    const auto* one = all ? nullptr : group_of(loaded, *arguments, row);
    if (!all && !one) return 2;
    const bool json = arguments->contains("--json");
    try {
        return all ? examine_groups(means, loaded, json) : examine(means, loaded, *one, json);
    } catch (const std::exception& e) {
        return refuse(std::string("cannot examine the set-up: ") + e.what());
    }
}

}  // namespace elector::cli
