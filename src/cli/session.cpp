#include "cli/session.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pwd.h>
#include <unistd.h>

namespace elector::cli {
namespace asio = boost::asio;

namespace {

model::Policy judged_by(const config::Config& c) {
    model::Policy p;
    p.hold = c.election.hold;
    p.quiesce = c.election.quiesce;
    p.settle = c.election.settle;
    p.overtime = c.election.overtime;
    p.drift_ppm = c.election.clock_drift_ppm;
    p.block_interval = c.node.block_interval;
    p.poll_interval = c.node.poll_interval;
    p.max_lag = c.health.max_lag;
    return p;
}

etcd::CallOptions patient() {
    etcd::CallOptions options;
    options.timeout = std::chrono::seconds(5);
    return options;
}

}  // namespace

Session::Session(const Means& means, const config::Config& config)
    : keys(config.election.key),
      policy(judged_by(config)),
      own_link_(std::make_unique<Link>(means.etcd_options(config))),
      link_(*own_link_),
      desk_(link_.client, keys, means.seed) {}

Session::Session(Session& whole, const Means& means, const config::Config& config,
                 std::size_t place)
    : keys(config.election.key),
      policy(judged_by(config)),
      link_(whole.link_),
      desk_(link_.client, keys, means.seed + place + 1) {}

asio::awaitable<etcd::Result<model::ElectionView>> Session::look() {
    auto view = co_await desk_.look();
    co_return view;
}

asio::awaitable<etcd::Result<etcd::TxnReply>> Session::commit(etcd::Txn txn) {
    const auto options = patient();
    auto reply = co_await link_.client.txn(std::move(txn), options);
    co_return reply;
}

asio::awaitable<void> Session::pause(std::chrono::milliseconds span) {
    asio::steady_timer timer(link_.io, span);
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await timer.async_wait(token);
}

asio::awaitable<void> Session::run_and_close(asio::awaitable<int> command, int& code) {
    code = co_await std::move(command);
    co_await link_.client.close();
}

int Session::run(asio::awaitable<int> command) {
    int code = 1;
    std::exception_ptr failure;
    auto whole = run_and_close(std::move(command), code);
    asio::co_spawn(link_.io, std::move(whole), [&failure](std::exception_ptr e) { failure = e; });
    link_.io.run();
    if (failure) std::rethrow_exception(failure);
    return code;
}

int refuse(const std::string& text) {
    std::fprintf(stderr, "iotex-elector: %s\n", text.c_str());
    return 1;
}

std::int64_t wall_clock_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string actor() {
    const auto* user = ::getpwuid(::geteuid());
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const auto name = user ? std::string(user->pw_name) : std::to_string(::geteuid());
    return name + "@" + host.data();
}

bool typed(const std::string& word, const std::string& question) {
    if (::isatty(STDIN_FILENO) == 0) return false;
    std::fprintf(stderr, "%s\nType %s to go on: ", question.c_str(), word.c_str());
    std::string answer;
    std::getline(std::cin, answer);
    return answer == word;
}

}  // namespace elector::cli
