#include "app/closer.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string_view>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include "app/boot_clock.hpp"
#include "app/plain_log.hpp"
#include "app/policy_of.hpp"
#include "etcd/cluster_pin.hpp"
#include "iotex/node_client.hpp"

namespace elector::app {
namespace asio = boost::asio;
using guardian::GateKind;
using guardian::Level;
using guardian::Number;
using guardian::Order;
using model::HolderRecord;
using namespace std::chrono_literals;

namespace {

constexpr const char* kReason = "guardian";
/// SAFETY: S13. A leftover is for the tip as of at most 100 ms after the confirmation, plus one.
constexpr model::Duration kTipAfter = 200ms;
constexpr int kTries = 5;
constexpr int kNoSuchGroup = 2;  // as any configuration that cannot be used

/// The connection on which the node answered standby is still there: so is its process.
bool same_process(int connection) {
    char byte = 0;
    const auto n = ::recv(connection, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

class Closer {
  public:
    Closer(cli::Session& session, iotex::NodeClient& node, const Order& order,
           const config::Config& config, const guardian::Log& log)
        : session_(session),
          node_(node),
          order_(order),
          config_(config),
          log_(log),
          pinned_(etcd::ClusterPin(config.state.dir, config.election.key).read().cluster) {}

    asio::awaitable<int> run();

  private:
    asio::awaitable<void> reach(model::Instant at);
    asio::awaitable<void> outwait_foreign(const model::ElectionView& view);
    asio::awaitable<model::Gate> gate();
    asio::awaitable<void> revoke();
    int owed(const etcd::Error& error);
    bool lost(std::uint64_t seen);

    cli::Session& session_;
    iotex::NodeClient& node_;
    const Order& order_;
    const config::Config& config_;
    const guardian::Log& log_;
    const std::uint64_t pinned_;
    BootClock clock_;
};

asio::awaitable<int> Closer::run() {
    if (lost(0)) co_return 2;
    // First, since it makes the connection; what it says is asked again before it counts.
    auto view = co_await session_.look();
    const auto gate_now = co_await gate();
    for (int i = 0; i < kTries; ++i) {
        if (!view) co_return owed(view.error());
        if (lost(view->cluster_id)) co_return 2;
        if (!order_.unfenced) {
            auto waiting = outwait_foreign(*view);
            co_await std::move(waiting);
        }
        const auto closure =
            closure_of(session_.keys, *view, order_, gate_now, cli::wall_clock_ms());
        bool done = !closure.txn;
        if (!done) {
            auto reply = co_await session_.commit(*closure.txn);
            done = reply && reply->succeeded;
        }
        if (done && closure.txn)
            log_(Level::kInfo, "closed",
                 {{"what", closure.what}, {"term", Number(order_.term.value)}});
        // A living elector is registered by that lease, and queues by it again.
        if (done && !order_.unfenced && !order_.spared) {
            auto end = revoke();
            co_await std::move(end);
        }
        if (done) co_return 0;
        view = co_await session_.look();
    }
    log_(Level::kWarn, "marker_owed",
         {{"error", "the record changes all the time"}, {"next", "it is tried again"}});
    co_return 1;
}

asio::awaitable<void> Closer::reach(model::Instant at) {
    for (;;) {
        const auto left = at - clock_.now();
        if (left <= model::Duration{}) break;
        const auto span = std::chrono::ceil<std::chrono::milliseconds>(left);
        co_await session_.pause(span);
    }
}

/// An older elector becomes head the moment our key goes, and activates at once.
asio::awaitable<void> Closer::outwait_foreign(const model::ElectionView& view) {
    if (!model::any_foreign(view) || !model::find_created(view, order_.term)) co_return;
    const auto until = order_.confirmed + config_.election.settle;
    while (clock_.now() < until) {
        auto kept = co_await session_.client().keep_alive(order_.lease.value, 500ms);
        static_cast<void>(kept);
        const auto next = std::min(until, clock_.now() + model::Duration(500ms));
        auto waiting = reach(next);
        co_await std::move(waiting);
    }
}

asio::awaitable<model::Gate> Closer::gate() {
    if (order_.gate != GateKind::kTip || config_.node.web3_mode == config::Web3Mode::kOff)
        co_return gate_of(config_, order_.gate, std::nullopt);
    auto waiting = reach(order_.confirmed + kTipAfter);
    co_await std::move(waiting);
    auto tip = co_await node_.block_number(1s);
    if (!tip) co_return gate_of(config_, GateKind::kTime, std::nullopt);
    const bool same = same_process(order_.connection);
    const auto kind = same ? GateKind::kTip : GateKind::kRestarted;
    co_return gate_of(config_, kind, model::Height{*tip});
}

/// Frees the member's name at once; if it fails, the lease ends by itself.
asio::awaitable<void> Closer::revoke() {
    etcd::CallOptions options;
    options.timeout = 1s;
    options.idempotent = true;
    auto reply = co_await session_.client().lease_revoke(order_.lease.value, options);
    static_cast<void>(reply);
}

int Closer::owed(const etcd::Error& error) {
    log_(Level::kWarn, "marker_owed",
         {{"error", etcd::to_string(error)},
          {"next", "it is tried again; the node is kept standby meanwhile"}});
    return 1;
}

bool Closer::lost(std::uint64_t seen) {
    const auto why = elsewhere(session_.keys, order_, pinned_, seen);
    if (why.empty()) return false;
    log_(Level::kError, "closer_elsewhere",
         {{"alarm", "true"},
          {"error", "cannot record what was done to the node: " + why +
                        "; nothing was written; take the change back, it is tried again"}});
    return true;
}

/// One order of those that this process was given, and what carries it out.
struct Work {
    Work(std::size_t its_place, cli::Session& whole, const cli::Means& means,
         const Order& its_order, const config::Config& config, const guardian::Log& its_log)
        : place(its_place),
          log_(its_log),
          session(whole, means, config, place),
          node(session.io(), node_endpoints_of(config), {}, [](iotex::PortEvent) {}),
          closer(session, node, its_order, config, log_) {}

    asio::awaitable<void> run();

    const std::size_t place;
    const guardian::Log log_;
    cli::Session session;
    iotex::NodeClient node;
    Closer closer;
    int code = 1;
};

/// The guardian goes on with that node at once, whatever the others take.
void report(std::size_t place, int code) {
    const guardian::Report report{static_cast<std::uint8_t>(place),
                                  static_cast<std::uint8_t>(code)};
    static_cast<void>(!::write(guardian::kReportFd, &report, sizeof report));
}

asio::awaitable<void> Work::run() {
    try {
        auto whole = closer.run();
        code = co_await std::move(whole);
    } catch (const std::exception& e) {
        log_(Level::kWarn, "marker_owed", {{"error", e.what()}, {"next", "it is tried again"}});
    }
    node.close();
    report(place, code);
}

/// All at the same time: each mostly waits for the tip of its node.
asio::awaitable<int> run_all(asio::io_context& io, std::deque<Work>& works) {
    std::size_t left = works.size();
    asio::steady_timer last(io, asio::steady_timer::time_point::max());
    for (auto& work : works) {
        auto one = work.run();
        asio::co_spawn(io, std::move(one), [&left, &last](std::exception_ptr) {
            if (--left == 0) last.cancel();
        });
    }
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    if (left > 0) co_await last.async_wait(token);
    int code = 0;
    for (const auto& work : works) code = std::max(code, work.code);
    co_return code;
}

}  // namespace

model::Gate gate_of(const config::Config& c, GateKind kind, std::optional<model::Height> tip) {
    switch (kind) {
        case GateKind::kTip:
            return {tip, c.election.settle};
        case GateKind::kDead:
            return {std::nullopt, c.election.overtime};
        case GateKind::kRestarted:
            // SAFETY: S14. Started active it may propose once more at the end of its start delay.
            return {std::nullopt,
                    std::max<model::Duration>(c.election.settle,
                                              c.node.start_delay + 2 * c.node.block_interval + 2s)};
        case GateKind::kTime:
            break;
    }
    return {std::nullopt, c.election.settle};
}

Closure closure_of(const etcd::Keys& keys, const model::ElectionView& view, const Order& order,
                   const model::Gate& gate, std::int64_t unix_ms) {
    using State = HolderRecord::State;
    const auto& found = view.holder.record;
    const auto* key = model::find_created(view, order.term);
    const bool ours = found && found->term == order.term && found->nonce == order.nonce;
    if (!ours) {
        // Another's, or lost with a store that was set back: only the key is ours to take away.
        if (order.unfenced || !key) return {};
        const model::Depose gone{{}, key->key, order.term, view.holder};
        return {etcd::to_txn(keys, gone), "candidate key deleted; the record is not ours"};
    }
    const auto wanted = order.unfenced ? State::kUnfenced : State::kDrained;
    if (found->state == wanted || found->state == State::kDrained) return {};
    auto record = *found;
    record.state = wanted;
    record.reason = kReason;
    if (order.unfenced) {
        const model::MarkUnfenced mark{{}, view.holder, record};
        return {etcd::to_txn(keys, mark), "unfenced"};
    }
    record.gate = gate;
    model::Drain drain;
    drain.found = view.holder;
    drain.record = record;
    if (key) drain.key = key->key;
    drain.history = {order.term, record.member, kReason, {}, {}, {}, {}};
    drain.history.unix_ms = unix_ms;
    return {etcd::to_txn(keys, drain), "drained"};
}

std::string elsewhere(const etcd::Keys& keys, const Order& order, std::uint64_t pinned,
                      std::uint64_t seen) {
    if (order.key.substr(0, order.key.rfind('/') + 1) != keys.queue)
        return "the candidate key of this holding is " + order.key +
               ", and the configuration's election.key now gives " + keys.queue + "...";
    if (pinned != 0 && seen != 0 && pinned != seen)
        return "the etcd that answers is cluster " + etcd::cluster_text(seen) +
               ", and this host has pinned " + etcd::cluster_text(pinned);
    return {};
}

int close_holdings(const std::vector<Order>& orders,
                   const std::vector<const config::Config*>& configs, const cli::Means& means,
                   const std::vector<std::string>& notes) {
    const auto any = std::find_if(configs.begin(), configs.end(), [](const auto* c) { return c; });
    for (std::size_t i = 0; i < orders.size(); ++i)
        if (!configs[i]) report(i, kNoSuchGroup);
    if (any == configs.end()) return kNoSuchGroup;
    // A log that nobody reads must not keep it from its end, which the guardian waits for.
    const PlainLog plain(on_stderr((*any)->log), "closer");
    const auto& log_ = plain.log;
    for (const auto& note : notes) log_(Level::kInfo, "note", {{"text", note}});
    try {
        cli::Session whole(means, **any);
        std::deque<Work> works;
        for (std::size_t i = 0; i < orders.size(); ++i)
            if (configs[i])
                works.emplace_back(i, whole, means, orders[i], *configs[i],
                                   log_.about(orders[i].group));
        auto all = run_all(whole.io(), works);
        const int code = whole.run(std::move(all));
        return works.size() < orders.size() ? std::max(code, kNoSuchGroup) : code;
    } catch (const std::exception& e) {
        log_(Level::kWarn, "marker_owed", {{"error", e.what()}, {"next", "it is tried again"}});
        return 1;
    }
}

}  // namespace elector::app
