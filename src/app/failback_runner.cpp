#include "app/failback_runner.hpp"

#include <utility>

#include "etcd/error.hpp"
#include "etcd/records.hpp"

namespace elector::app {
namespace asio = boost::asio;
using std::chrono::seconds;

namespace {

constexpr seconds kLookEvery{1};
/// The order goes away by itself after this: a hand-over takes far less.
constexpr seconds kOrderTtl{30};

etcd::CallOptions patient() {
    etcd::CallOptions options;
    options.timeout = seconds(3);
    return options;
}

}  // namespace

etcd::Txn to_txn(const etcd::Keys& keys, const failback::Order& order, std::int64_t lease) {
    using etcd::Compare;
    const auto is = [](const std::string& key, Compare::Target what, std::int64_t number) {
        return Compare{key, what, Compare::Result::kEqual, number, {}};
    };
    etcd::Txn txn;
    txn.compares = {is(keys.holder, Compare::Target::kMod, order.holder_mod.value),
                    is(order.key, Compare::Target::kCreate, order.create.value),
                    is(keys.pause, Compare::Target::kCreate, 0),
                    is(keys.switchover, Compare::Target::kCreate, 0)};
    txn.then_ops = {etcd::PutOp{keys.switchover, etcd::to_json(order.order), lease}};
    return txn;
}

FailbackRunner::FailbackRunner(asio::io_context& io, const Clock& clock, etcd::Client& client,
                               const etcd::Keys& keys, Tasks& tasks, Log& log, std::uint64_t seed,
                               Look look)
    : clock_(clock),
      client_(client),
      keys_(keys),
      tasks_(tasks),
      log_(log),
      look_(std::move(look)),
      random_(seed),
      timer_(io, clock, [this] {
          this->look();
          arm();
      }) {}

void FailbackRunner::set(std::optional<model::Duration> after) {
    after_ = after;
    arm();
}

void FailbackRunner::start() {
    started_ = true;
    arm();
}

void FailbackRunner::arm() {
    timer_.arm(started_ && after_ ? clock_.now() + kLookEvery : model::kNever);
}

void FailbackRunner::look() {
    if (!started_) return;
    const auto known = look_();
    auto order = failback::look(state_, known.policy, after_, known.sight, clock_.now());
    if (!order || std::exchange(writing_, true)) return;
    auto task = write(std::move(*order));
    tasks_.spawn("failback", std::move(task));
}

asio::awaitable<void> FailbackRunner::write(failback::Order order) {
    const auto lease = static_cast<std::int64_t>(random_() >> 1) | 1;
    auto options = patient();
    options.idempotent = true;  // we chose the id
    const auto granted = co_await client_.lease_grant(lease, kOrderTtl.count(), options);
    if (!granted) {
        writing_ = false;
        co_return tell_failed(granted.error());
    }
    auto txn = to_txn(keys_, order, lease);
    const auto once = patient();
    const auto reply = co_await client_.txn(std::move(txn), once);
    writing_ = false;
    if (!reply) co_return tell_failed(reply.error());
    if (reply->succeeded)
        co_return log_(Level::kInfo, "failback_ordered",
                       {{"from", order.from},
                        {"term", std::to_string(order.order.term.value)},
                        {"detail", order.order.why},
                        {"why",
                         "This member is preferred and has been fit to lead for the time of "
                         "election.failback; a switchover to it is ordered."}});
    const auto ended = co_await client_.lease_revoke(lease, options);
    static_cast<void>(ended);  // else it ends by itself
}

void FailbackRunner::tell_failed(const etcd::Error& error) {
    if (error.kind == etcd::ErrorKind::kCancelled) return;  // closing
    log_(Level::kWarn, "failback_not_ordered",
         {{"error", etcd::to_string(error)},
          {"next", "it is tried again after the time of election.failback"}});
}

void FailbackRunner::close() {
    started_ = false;
    timer_.close();
}

}  // namespace elector::app
