#include "app/failback_runner.hpp"

#include <utility>

#include "etcd/error.hpp"

namespace elector::app {
namespace asio = boost::asio;
using std::chrono::seconds;

namespace {

constexpr seconds kLookEvery{1};
constexpr seconds kPatience{3};

}  // namespace

FailbackRunner::FailbackRunner(asio::io_context& io, const Clock& clock, etcd::Client& client,
                               const etcd::Keys& keys, Tasks& tasks, Log& log, std::uint64_t seed,
                               Look look)
    : clock_(clock),
      desk_(client, keys, seed, kPatience),
      tasks_(tasks),
      log_(log),
      look_(std::move(look)),
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
    orders::Basis basis{order.holder_mod, order.key, order.create, {}};
    const auto placed = co_await desk_.place(order.order, std::move(basis));
    writing_ = false;
    if (!placed) co_return tell_failed(placed.error());
    if (!placed->done) co_return;
    log_(Level::kInfo, "failback_ordered",
         {{"from", order.from},
          {"term", std::to_string(order.order.term.value)},
          {"detail", order.order.why},
          {"why",
           "This member is preferred and has been fit to lead for the time of "
           "election.failback; a switchover to it is ordered."}});
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
