#include "cli/orders.hpp"

#include <chrono>
#include <cstdio>

#include <boost/json.hpp>

#include "cli/arguments.hpp"
#include "cli/table.hpp"
#include "orders/json.hpp"
#include "report/text.hpp"

namespace elector::cli {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

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
    bool json = false;
};

void tell(const Pause& wanted, const model::PauseOrder& order) {
    const auto span = wanted.span ? report::span_text(*wanted.span) : std::string{};
    if (wanted.json) {
        std::printf("%s\n", json::serialize(orders::to_json(order)).c_str());
        return;
    }
    std::printf(
        "done, through etcd: the election is paused %s.\n"
        "Who leads goes on leading; if it is lost, nobody takes over until then.\n",
        wanted.span ? ("for " + span + "; resume ends it earlier").c_str() : "until resume");
}

asio::awaitable<int> pause_in(Session& session, Pause wanted) {
    model::PauseOrder order{actor(), wanted.reason, 0};
    if (wanted.span)
        order.until_unix_ms = wall_clock_ms() + std::chrono::milliseconds(*wanted.span).count();
    const auto done = co_await session.desk().pause(order, wanted.span);
    if (!done) co_return failed("pause", done.error());
    tell(wanted, order);
    co_return 0;
}

asio::awaitable<int> resume_in(Session& session, bool as_json) {
    const auto done = co_await session.desk().resume();
    if (!done) co_return failed("resume", done.error());
    if (as_json) {
        const json::object o{{"v", 1}, {"paused", false}, {"was_paused", *done}};
        std::printf("%s\n", json::serialize(o).c_str());
    } else {
        std::puts(*done ? "done, through etcd: the election goes on."
                        : "The election was not paused; nothing was changed.");
    }
    co_return 0;
}

/// None: said on stderr.
std::optional<Pause> wanted_of(const Arguments& arguments) {
    Pause wanted;
    const auto reason = arguments.find("--reason");
    if (reason == arguments.end()) {
        refuse("--reason TEXT is missing\nusage: " + usage_of(command("pause")));
        return std::nullopt;
    }
    wanted.reason = reason->second;
    wanted.json = arguments.contains("--json");
    const auto span = arguments.find("--for");
    if (span == arguments.end()) return wanted;
    const auto read = orders::pause_span(span->second);
    if (const auto* wrong = std::get_if<std::string>(&read)) {
        refuse("--for " + plain(span->second) + " " + *wrong);
        return std::nullopt;
    }
    wanted.span = std::get<std::chrono::seconds>(read);
    return wanted;
}

}  // namespace

int pause(const std::vector<std::string>& words, const Means& means) {
    const auto& row = command("pause");
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto wanted = wanted_of(*arguments);
    if (!wanted) return 2;
    const auto config = configuration_of_group(*arguments, row, config::Use::kRecord);
    if (!config) return 2;
    try {
        Session session(means, *config);
        return session.run(pause_in(session, *wanted));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot pause the election: ") + e.what());
    }
}

int resume(const std::vector<std::string>& words, const Means& means) {
    const auto& row = command("resume");
    const auto arguments = parse(words, row);
    if (!arguments) return 2;
    const auto config = configuration_of_group(*arguments, row, config::Use::kRecord);
    if (!config) return 2;
    try {
        Session session(means, *config);
        return session.run(resume_in(session, arguments->contains("--json")));
    } catch (const std::exception& e) {
        return refuse(std::string("cannot resume the election: ") + e.what());
    }
}

}  // namespace elector::cli
