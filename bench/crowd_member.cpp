#include "crowd_member.hpp"

#include <stdexcept>
#include <utility>

#include <boost/asio/post.hpp>

#include "model/overloaded.hpp"

namespace elector::bench {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Longer than in production: many share this machine with their etcd.
constexpr auto kPatience = 5s;

std::uint64_t size_of(const etcd::KeyValue& kv) { return kv.key.size() + kv.value.size(); }

std::uint64_t size_of(const etcd::TxnReply& reply) {
    std::uint64_t bytes = 0;
    for (const auto& part : reply.replies)
        for (const auto& kv : part.kvs) bytes += size_of(kv);
    return bytes;
}

}  // namespace

CrowdMember::CrowdMember(asio::io_context& io, const app::Clock& clock, etcd::Client& client,
                         app::Tasks& tasks, const etcd::Keys& keys, const model::Policy& policy,
                         std::uint64_t seed, Traffic& traffic, Heard heard)
    : io_(io),
      clock_(clock),
      client_(client),
      tasks_(tasks),
      keys_(keys),
      traffic_(traffic),
      heard_(std::move(heard)),
      reactor_(
          io, clock, policy, seed, [this](const model::Effect& e) { run(e); },
          [](const std::string& what) { throw std::runtime_error("broken invariant: " + what); }) {}

void CrowdMember::start() {
    watch({});
    post(model::Woke{});
}

void CrowdMember::stop() {
    watch_.stop();
    reactor_.close();
}

void CrowdMember::post(model::Event event) {
    asio::post(io_, [this, event = std::move(event)] { reactor_.post(event); });
}

void CrowdMember::run(const model::Effect& effect) {
    if (!run_store(effect)) run_node(effect);
    heard_(*this, effect);
}

template <class E>
void CrowdMember::start_txn(const E& effect) {
    auto task = txn(effect);
    tasks_.spawn("txn", std::move(task));
}

bool CrowdMember::run_store(const model::Effect& effect) {
    using namespace model;
    return std::visit(
        Overloaded{
            [&](const GrantLease& e) { return tasks_.spawn("", grant(e)), true; },
            [&](const KeepLeaseAlive& e) { return tasks_.spawn("", keep_alive(e)), true; },
            [&](const WatchElection& e) { return watch(e), true; },
            [&](const ReadElection& e) { return start_txn(e), true; },
            [&](const Register& e) { return start_txn(e), true; },
            [&](const PublishMember& e) {
                ++traffic_.publications;
                return start_txn(e), true;
            },
            [&](const Queue& e) { return start_txn(e), true; },
            [&](const Release& e) { return start_txn(e), true; },
            [&](const Depose& e) { return start_txn(e), true; },
            [&](const Claim& e) { return start_txn(e), true; },
            [&](const Confirm& e) { return start_txn(e), true; },
            [&](const Drain& e) { return start_txn(e), true; },
            [](const auto&) { return false; },
        },
        effect);
}

/// Answers at once, and is in step with the chain.
void CrowdMember::run_node(const model::Effect& effect) {
    using namespace model;
    constexpr auto kBlock = 2500ms;
    const auto since = clock_.now().time_since_epoch();
    const Height height{static_cast<std::uint64_t>(since / kBlock)};
    const auto set = [&](OpId op, bool active) {
        active_ = active;
        post(SetAnswered{op, NodeFailure::kNone, false});
    };
    std::visit(Overloaded{
                   [&](const QueryStatus& e) {
                       post(StatusRead{e.op, NodeFailure::kNone, active_, ConnectionId{1}});
                   },
                   [&](const Deactivate& e) { set(e.op, false); },
                   [&](const Activate& e) { set(e.op, true); },
                   [&](const ReadReadiness& e) {
                       post(ReadinessRead{e.op, NodeFailure::kNone, true});
                   },
                   [&](const ReadTip& e) {
                       post(TipRead{e.op, NodeFailure::kNone, height, since % Duration{kBlock}});
                   },
                   [&](const ReadMetrics& e) {
                       post(MetricsRead{e.op, NodeFailure::kNone, {}, {}, "io1operator"});
                   },
                   [](const auto&) {},
               },
               effect);
}

template <class E>
asio::awaitable<void> CrowdMember::txn(E effect) {
    etcd::CallOptions options;
    options.timeout = kPatience;
    auto request = etcd::to_txn(keys_, effect);
    auto reply = co_await client_.txn(std::move(request), options);
    if (reply) {
        if constexpr (std::is_same_v<E, model::ReadElection>) {
            ++traffic_.reads;
            traffic_.read_bytes += size_of(*reply);
        }
        reactor_.post(etcd::to_event(keys_, effect, *reply));
    } else {
        reactor_.post(etcd::failed_event(effect, model::StoreOutcome::kUnknown));
    }
}

asio::awaitable<void> CrowdMember::grant(model::GrantLease effect) {
    etcd::CallOptions options;
    options.timeout = kPatience;
    options.idempotent = true;
    const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(effect.ttl).count();
    auto reply = co_await client_.lease_grant(effect.lease.value, ttl, options);
    model::LeaseAnswered event{effect.op, model::StoreOutcome::kUnknown, {}};
    if (reply) {
        event.outcome = model::StoreOutcome::kDone;
        event.ttl = std::chrono::seconds(reply->ttl_seconds);
    }
    reactor_.post(event);
}

asio::awaitable<void> CrowdMember::keep_alive(model::KeepLeaseAlive effect) {
    auto reply = co_await client_.keep_alive(effect.lease.value, kPatience);
    model::LeaseAnswered event{effect.op, model::StoreOutcome::kUnknown, {}};
    if (reply) {
        event.outcome = model::StoreOutcome::kDone;
        event.ttl = std::chrono::seconds(reply->ttl_seconds);
    }
    reactor_.post(event);
}

void CrowdMember::watch(const model::WatchElection& effect) {
    ++traffic_.watches;
    etcd::WatchOptions options;
    auto range = etcd::watched(keys_, effect.far);
    options.ranges = {etcd::WatchRange{std::move(range.key), std::move(range.range_end)}};
    if (effect.op != model::OpId{}) options.start_revision = effect.from.value + 1;
    watch_ = client_.watch(std::move(options),
                           [this, id = effect.op](const auto& notice) { on_watch(notice, id); });
}

void CrowdMember::on_watch(const etcd::WatchNotice& notice, model::OpId id) {
    std::visit(
        model::Overloaded{
            [&](const etcd::WatchConnected&) {
                reactor_.post(model::WatchResumed{!std::exchange(watched_, true)});
            },
            [](const etcd::WatchInterrupted&) {},
            [](const etcd::WatchRefused&) {},
            [&](const etcd::WatchAdmitted& n) { reactor_.post(model::WatchResumed{n.from_now}); },
            [&](const etcd::WatchBatch& n) {
                if (n.events.empty()) return;
                traffic_.events += n.events.size();
                for (const auto& e : n.events) traffic_.event_bytes += size_of(e.kv);
                const model::Revision up_to{n.events.back().kv.mod_revision};
                reactor_.post(model::StoreChanged{up_to, etcd::to_changes(keys_, n.events), id});
            },
            [&](const etcd::WatchResync&) { reactor_.post(model::WatchResumed{true}); },
        },
        notice);
}

}  // namespace elector::bench
