#include "cli/orders.hpp"

#include <chrono>
#include <cstdio>

#include <boost/json.hpp>

#include "cli/arguments.hpp"
#include "cli/table.hpp"
#include "config/duration.hpp"
#include "etcd/records.hpp"
#include "report/text.hpp"

namespace elector::cli {
namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr const char* kPauseUsage =
    "iotex-elector pause --reason TEXT [--for DURATION] [--json] [--config FILE]";
constexpr const char* kResumeUsage = "iotex-elector resume [--json] [--config FILE]";
constexpr auto kLongest = std::chrono::hours(30 * 24);

int failed(const char* what, const etcd::Error& error) {
    return refuse("cannot " + std::string(what) + " the election: " + etcd::to_string(error) +
                  (error.outcome_unknown
                       ? "; it may have been done: look with status"
                       : "; nothing was changed; this goes through etcd: look at etcd.endpoints "
                         "and at etcd"));
}

struct Pause {
    std::string reason;
    std::optional<std::chrono::seconds> span;
    std::int64_t lease = 0;  ///< to be granted, if there is a span
    bool json = false;
};

void tell(const Pause& wanted, const model::PauseOrder& order) {
    const auto span = wanted.span ? report::span_text(*wanted.span) : std::string{};
    if (wanted.json) {
        const json::object o{
            {"v", 1},
            {"paused", true},
            {"who", order.who},
            {"why", order.why},
            {"until", order.until_unix_ms > 0 ? json::value(report::utc_text(order.until_unix_ms))
                                              : json::value(nullptr)}};
        std::printf("%s\n", json::serialize(o).c_str());
        return;
    }
    std::printf(
        "done, through etcd: the election is paused %s.\n"
        "Who leads goes on leading; if it is lost, nobody takes over until then.\n",
        wanted.span ? ("for " + span + "; resume ends it earlier").c_str() : "until resume");
}

asio::awaitable<int> pause_in(Session& session, Pause wanted) {
    model::PauseOrder order{actor(), wanted.reason, 0};
    if (wanted.span) {
        etcd::CallOptions options;
        options.timeout = 5s;
        options.idempotent = true;
        const auto seconds = wanted.span->count();
        auto granted = co_await session.client().lease_grant(wanted.lease, seconds, options);
        if (!granted) co_return failed("pause", granted.error());
        const auto ms = std::chrono::milliseconds(*wanted.span).count();
        order.until_unix_ms = wall_clock_ms() + ms;
    }
    etcd::Txn txn;
    txn.then_ops.emplace_back(etcd::PutOp{session.keys.pause, etcd::to_json(order), wanted.lease});
    auto reply = co_await session.commit(std::move(txn));
    if (!reply) co_return failed("pause", reply.error());
    tell(wanted, order);
    co_return 0;
}

asio::awaitable<int> resume_in(Session& session, bool as_json) {
    etcd::Txn txn;
    txn.then_ops.emplace_back(etcd::DeleteOp{session.keys.pause, {}});
    auto reply = co_await session.commit(std::move(txn));
    if (!reply) co_return failed("resume", reply.error());
    const bool was = !reply->replies.empty() && reply->replies.front().deleted > 0;
    if (as_json) {
        const json::object o{{"v", 1}, {"paused", false}, {"was_paused", was}};
        std::printf("%s\n", json::serialize(o).c_str());
    } else {
        std::puts(was ? "done, through etcd: the election goes on."
                      : "The election was not paused; nothing was changed.");
    }
    co_return 0;
}

/// None: said on stderr.
std::optional<Pause> wanted_of(const Arguments& arguments, std::uint64_t seed) {
    Pause wanted;
    const auto reason = arguments.find("--reason");
    if (reason == arguments.end()) {
        refuse(std::string("--reason TEXT is missing\nusage: ") + kPauseUsage);
        return std::nullopt;
    }
    wanted.reason = reason->second;
    wanted.json = arguments.contains("--json");
    const auto span = arguments.find("--for");
    if (span == arguments.end()) return wanted;
    const auto parsed = config::parse_duration(span->second);
    const auto* read = std::get_if<model::Duration>(&parsed);
    if (!read || *read < 1s || *read > kLongest) {
        refuse("--for " + plain(span->second) +
               " is no span from \"1s\" to \"720h\"; write it like \"90s\", \"30m\" or \"2h\"");
        return std::nullopt;
    }
    wanted.span = std::chrono::ceil<std::chrono::seconds>(*read);
    wanted.lease = static_cast<std::int64_t>(seed >> 1) | 1;
    return wanted;
}

}  // namespace

int pause(const std::vector<std::string>& words, const Means& means) {
    if (asks_for_help(words, kPauseUsage)) return 0;
    const auto arguments = parse(words, {"--reason", "--for", "--config"}, {"--json"}, kPauseUsage);
    if (!arguments) return 2;
    const auto wanted = wanted_of(*arguments, means.seed);
    if (!wanted) return 2;
    const auto config = configuration(*arguments, kPauseUsage, config::Use::kRecord);
    if (!config) return 2;
    try {
        Session session(means, *config);
        return session.run(pause_in(session, *wanted));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot pause the election: ") + e.what());
    }
}

int resume(const std::vector<std::string>& words, const Means& means) {
    if (asks_for_help(words, kResumeUsage)) return 0;
    const auto arguments = parse(words, {"--config"}, {"--json"}, kResumeUsage);
    if (!arguments) return 2;
    const auto config = configuration(*arguments, kResumeUsage, config::Use::kRecord);
    if (!config) return 2;
    try {
        Session session(means, *config);
        return session.run(resume_in(session, arguments->contains("--json")));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot resume the election: ") + e.what());
    }
}

}  // namespace elector::cli
