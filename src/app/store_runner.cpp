#include "app/store_runner.hpp"

#include <utility>

#include "model/overloaded.hpp"

namespace elector::app {
namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kTrimTakes{3000};

/// Every txn of the protocol that only reads may be sent twice.
template <class E>
etcd::CallOptions options_for(milliseconds attempt) {
    etcd::CallOptions options;
    constexpr bool reads =
        std::is_same_v<E, model::ReadElection> || std::is_same_v<E, model::Confirm>;
    options.timeout = attempt + kHedge;
    if (reads) options.hedge_after = kHedge;
    return options;
}

}  // namespace

StoreRunner::StoreRunner(EtcdLink& link, std::string election_key, Tasks& tasks, Log& log,
                         Post post)
    : link_(link),
      tasks_(tasks),
      log_(log),
      post_(std::move(post)),
      keys_(std::move(election_key)),
      place_(link_.add(keys_, [this](const EtcdLink::Watched& watched) {
          tasks_.run("watch", [&] { on_watch(watched); });
      })) {}

bool StoreRunner::run(const model::Effect& effect, const model::Policy&) {
    using namespace model;
    const auto start = [this]<class E>(const E& e) {
        auto task = txn(e, options_for<E>(link_.attempt()));
        tasks_.spawn("store", std::move(task));
        return true;
    };
    return std::visit(
        Overloaded{
            [&](const GrantLease& e) { return tasks_.spawn("grant", grant(e)), true; },
            [&](const KeepLeaseAlive& e) {
                return tasks_.spawn("keep-alive", keep_alive(e)), true;
            },
            [&](const RevokeLease& e) { return tasks_.spawn("revoke", revoke(e)), true; },
            [&](const ReadElection& e) { return start(e); },
            [&](const WatchElection& e) { return watch(e), true; },
            [&](const Register& e) { return start(e); },
            [&](const PublishMember& e) {
                if (!link_.many()) return start(e);
                return link_.publish(keys_, e, answered(e)), true;
            },
            [&](const Queue& e) { return start(e); },
            [&](const Release& e) { return start(e); },
            [&](const Depose& e) { return start(e); },
            [&](const Claim& e) { return start(e); },
            [&](const Confirm& e) {
                if (!link_.many()) return start(e);
                return link_.confirm(keys_, e, answered(e)), true;
            },
            [&](const Drain& e) { return start(e); },
            [&](const MarkUnfenced& e) { return start(e); },
            [&](const RecordForeign& e) { return start(e); },
            [&](const ClearForeign& e) { return start(e); },
            [&](const RecordDoubleActive& e) { return start(e); },
            [](const auto&) { return false; },
        },
        effect);
}

template <class E>
asio::awaitable<void> StoreRunner::txn(E effect, etcd::CallOptions options) {
    auto request = etcd::to_txn(keys_, effect);
    auto reply = co_await link_.client().txn(std::move(request), options);
    if (reply) {
        link_.worked();
        post_(etcd::to_event(keys_, effect, *reply));
        if constexpr (std::is_same_v<E, model::Claim>)
            if (reply->succeeded) tasks_.spawn("history", trim_history());
    } else {
        const auto outcome = failed(reply.error(), "txn");
        post_(etcd::failed_event(effect, outcome));
    }
}

asio::awaitable<void> StoreRunner::trim_history() {
    etcd::CallOptions options;
    options.timeout = kTrimTakes;
    auto newest = etcd::newest_history(keys_);
    const auto found = co_await link_.client().range(std::move(newest), options);
    if (!found) co_return;  // the next holder does it
    auto outdated = etcd::outdated_history(keys_, found->kvs);
    if (!outdated) co_return;
    const auto gone = co_await link_.client().remove(std::move(*outdated), options);
    if (gone) log_(Level::kDebug, "history_trimmed", {{"entries", std::to_string(gone->deleted)}});
}

asio::awaitable<void> StoreRunner::grant(model::GrantLease effect) {
    const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(effect.ttl).count();
    etcd::CallOptions options;
    options.timeout = link_.attempt() + kHedge;
    options.idempotent = true;  // we chose the id
    auto reply = co_await link_.client().lease_grant(effect.lease.value, ttl, options);
    model::LeaseAnswered event{effect.op, model::StoreOutcome::kDone, effect.ttl};
    if (reply) {
        link_.worked();
        event.ttl = std::chrono::seconds(reply->ttl_seconds);
    } else if (reply.error().kind !=
               etcd::ErrorKind::kLeaseExists) {  // exists: our earlier request
        event.outcome = failed(reply.error(), "lease grant");
    }
    post_(event);
}

asio::awaitable<void> StoreRunner::keep_alive(model::KeepLeaseAlive effect) {
    const auto timeout = link_.attempt() + kHedge;
    auto reply = co_await link_.client().keep_alive(effect.lease.value, timeout);
    model::LeaseAnswered event{effect.op, model::StoreOutcome::kDone, {}};
    if (reply) {
        link_.worked();
        event.ttl = std::chrono::seconds(reply->ttl_seconds);
    } else {
        event.outcome = failed(reply.error(), "keep-alive");
    }
    post_(event);
}

asio::awaitable<void> StoreRunner::revoke(model::RevokeLease effect) {
    etcd::CallOptions options;
    options.timeout = link_.attempt() + kHedge;
    options.idempotent = true;
    auto reply = co_await link_.client().lease_revoke(effect.lease.value, options);
    model::LeaseRevoked event{effect.op, model::StoreOutcome::kDone};
    if (!reply) event.outcome = failed(reply.error(), "lease revoke");
    post_(event);
}

void StoreRunner::watch(const model::WatchElection& effect) {
    watched_ = effect.op;
    link_.watch(place_, etcd::watched(keys_, effect.far), effect.from);
}

/// What hears the answer to one that shared a request.
template <class E>
std::function<void(const etcd::Result<etcd::TxnReply>&)> StoreRunner::answered(const E& effect) {
    return [this, effect](const etcd::Result<etcd::TxnReply>& reply) {
        tasks_.run("store", [&] {
            if (!reply) return post_(etcd::failed_event(effect, failed(reply.error(), "txn")));
            link_.worked();
            post_(etcd::to_event(keys_, effect, *reply));
        });
    };
}

void StoreRunner::on_watch(const EtcdLink::Watched& watched) {
    if (watched.connected) return post_(model::WatchResumed{watched.from_now});
    // The last event's revision: the header's may already speak of later ones.
    const model::Revision up_to{watched.events.back().kv.mod_revision};
    post_(model::StoreChanged{up_to, etcd::to_changes(keys_, watched.events), watched_});
}

model::StoreOutcome StoreRunner::failed(const etcd::Error& error, const char* what) {
    return link_.failed(error, what, log_);
}

}  // namespace elector::app
