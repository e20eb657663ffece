#include "cli/doctor.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <limits>
#include <map>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include <unistd.h>

#include "cli/arguments.hpp"
#include "cli/diagnosis.hpp"
#include "cli/group_read.hpp"
#include "cli/host_look.hpp"

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
    explicit Progress(asio::io_context& io)
        : timer_(io), shown_(::isatty(STDERR_FILENO) == 1), since_(Clock::now()) {
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
    Examination(Session& session, const config::Config& config, iotex::NodeEndpoints node,
                std::uint64_t seed)
        : session_(session),
          config_(config),
          node_client_(session.io(), std::move(node), {}, [](iotex::PortEvent) {}),
          lease_(static_cast<std::int64_t>(seed >> 1) | 1),
          progress_(session.io()) {}

    asio::awaitable<int> run() {
        host_ = look_at_host(config_);
        co_await ask_node();
        node_client_.close();
        co_await ask_endpoints();
        if (reached_) co_await ask_etcd();
        if (etcd_.group.value) co_await watch_clocks();
        progress_.end();
        co_return 0;
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

std::vector<std::string> rendered(const std::vector<config::Problem>& problems) {
    std::vector<std::string> all;
    for (const auto& problem : problems) all.push_back(problem.render());
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
    try {
        Session session(means, *loaded.config);
        Examination examination(session, *loaded.config, means.node_endpoints(*loaded.config),
                                means.seed);
        session.run(examination.run());
        return tell({loaded.config->member.name,
                     examination.findings(rendered(loaded.spared), rendered(loaded.warnings))},
                    arguments->contains("--json"));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot examine the set-up: ") + e.what());
    }
}

}  // namespace elector::cli
