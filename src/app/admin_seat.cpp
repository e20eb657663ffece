#include "app/admin_seat.hpp"

#include <chrono>
#include <random>
#include <utility>

#include "cli/group.hpp"
#include "cli/session.hpp"
#include "etcd/error.hpp"

namespace elector::app {
namespace {

/// Of one call to etcd: an order is three, and a request may take ten seconds.
constexpr std::chrono::seconds kPatience{3};

/// One for each group, where there are many; else the one that there always was.
std::string key_of(const config::Config& config) {
    return config.group.empty() ? std::string{} : config.election.key;
}

}  // namespace

AdminApi::Seat::Seat(Member& member, Log log, const model::Instant& heard_etcd)
    : member_(member),
      log_(std::move(log)),
      heard_etcd_(heard_etcd),
      desk_(member.store(), member.keys(), std::random_device{}(), kPatience),
      resignation_(member.config().state.dir, key_of(member.config())) {
    member_.set_resigned(resignation_.unix_ms().has_value());
}

std::int64_t AdminApi::Seat::wall_clock_ms() const { return cli::wall_clock_ms(); }

boost::asio::awaitable<admin::HistoryRead> AdminApi::Seat::history() {
    auto read = co_await cli::newest_history(member_.store(), member_.keys(), cli::kHistoryRows);
    admin::HistoryRead result;
    if (read) {
        result.entries = std::move(*read);
    } else {
        result.error = etcd::to_string(read.error());
    }
    co_return result;
}

std::string AdminApi::Seat::resign() {
    const bool was = resignation_.unix_ms().has_value();
    auto problem = resignation_.set(cli::wall_clock_ms());
    if (!problem.empty() || was) return problem;
    member_.set_resigned(true);
    tell_if_resigned();
    return {};
}

std::string AdminApi::Seat::rejoin() {
    const bool was = resignation_.unix_ms().has_value();
    auto problem = resignation_.clear();
    if (!problem.empty() || !was) return problem;
    member_.set_resigned(false);
    log_(Level::kInfo, "rejoined");
    return {};
}

void AdminApi::Seat::tell_if_resigned() {
    if (!resignation_.unix_ms()) return;
    log_(Level::kWarn, "resigned",
         {{"file", resignation_.path()},
          {"why",
           "This member leaves the lead to others, also over restarts, until iotex-elector "
           "rejoin."}});
}

}  // namespace elector::app
