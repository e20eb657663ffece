#include "app/store_runner.hpp"

#include <utility>

#include "model/overloaded.hpp"

namespace elector::app {
namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

/// A second request goes to the next endpoint after this (protocol: Holding).
constexpr milliseconds kHedge{250};
/// What goes on failing is said again after this.
constexpr std::chrono::seconds kSayAgain{30};
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

model::StoreOutcome outcome_of(const etcd::Error& error) {
    using Kind = etcd::ErrorKind;
    if (error.kind == Kind::kLeaseNotFound) return model::StoreOutcome::kLeaseGone;
    if (error.outcome_unknown) return model::StoreOutcome::kUnknown;
    const bool definite = error.kind == Kind::kPermissionDenied || error.kind == Kind::kNoSpace ||
                          error.kind == Kind::kInvalid || error.kind == Kind::kUnauthenticated ||
                          error.kind == Kind::kWrongPassword;
    return definite ? model::StoreOutcome::kRefused : model::StoreOutcome::kUnknown;
}

etcd::ClientOptions told_to(std::function<void(const etcd::AccessNotice&)> on_access,
                            etcd::ClientOptions options) {
    options.on_access = std::move(on_access);
    return options;
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const auto& word : words) all += (all.empty() ? "" : " ") + word;
    return all;
}

const char* next_step(const etcd::Error& error) {
    if (error.kind == etcd::ErrorKind::kPermissionDenied)
        return "grant etcd.username the rights that docs/configuration.md lists; it is tried again";
    if (error.kind == etcd::ErrorKind::kUnauthenticated)
        return "set etcd.username and etcd.password_file, if they are not; it is tried again";
    return "it is tried again";
}

}  // namespace

StoreRunner::StoreRunner(asio::io_context& io, etcd::ClientOptions options,
                         std::string election_key, Tasks& tasks, Log& log, Post post)
    : tasks_(tasks),
      log_(log),
      post_(std::move(post)),
      keys_(std::move(election_key)),
      attempt_(options.request_timeout),
      username_(options.username),
      client_(io,
              told_to([this](const etcd::AccessNotice& n) { on_access(n); }, std::move(options))) {}

void StoreRunner::start(model::Duration silence) {
    silence_ = std::chrono::duration_cast<milliseconds>(silence);
    watch({});
}

void StoreRunner::watch(const model::WatchElection& effect) {
    etcd::WatchOptions options;
    auto range = etcd::watched(keys_, effect.far);
    options.ranges = {etcd::WatchRange{std::move(range.key), std::move(range.range_end)}};
    options.progress_interval = silence_;
    if (effect.op != model::OpId{}) options.start_revision = effect.from.value + 1;
    watch_ = client_.watch(std::move(options),
                           [this, id = effect.op](const etcd::WatchNotice& n) { on_watch(n, id); });
}

bool StoreRunner::run(const model::Effect& effect, const model::Policy&) {
    using namespace model;
    const auto start = [this]<class E>(const E& e) {
        auto task = txn(e, options_for<E>(attempt_));
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
            [&](const PublishMember& e) { return start(e); },
            [&](const Queue& e) { return start(e); },
            [&](const Release& e) { return start(e); },
            [&](const Depose& e) { return start(e); },
            [&](const Claim& e) { return start(e); },
            [&](const Confirm& e) { return start(e); },
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
    auto reply = co_await client_.txn(std::move(request), options);
    if (reply) {
        worked();
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
    const auto found = co_await client_.range(std::move(newest), options);
    if (!found) co_return;  // the next holder does it
    auto outdated = etcd::outdated_history(keys_, found->kvs);
    if (!outdated) co_return;
    const auto gone = co_await client_.remove(std::move(*outdated), options);
    if (gone) log_(Level::kDebug, "history_trimmed", {{"entries", std::to_string(gone->deleted)}});
}

asio::awaitable<void> StoreRunner::grant(model::GrantLease effect) {
    const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(effect.ttl).count();
    etcd::CallOptions options;
    options.timeout = attempt_ + kHedge;
    options.idempotent = true;  // we chose the id
    auto reply = co_await client_.lease_grant(effect.lease.value, ttl, options);
    model::LeaseAnswered event{effect.op, model::StoreOutcome::kDone, effect.ttl};
    if (reply) {
        worked();
        event.ttl = std::chrono::seconds(reply->ttl_seconds);
    } else if (reply.error().kind !=
               etcd::ErrorKind::kLeaseExists) {  // exists: our earlier request
        event.outcome = failed(reply.error(), "lease grant");
    }
    post_(event);
}

asio::awaitable<void> StoreRunner::keep_alive(model::KeepLeaseAlive effect) {
    const auto timeout = attempt_ + kHedge;
    auto reply = co_await client_.keep_alive(effect.lease.value, timeout);
    model::LeaseAnswered event{effect.op, model::StoreOutcome::kDone, {}};
    if (reply) {
        worked();
        event.ttl = std::chrono::seconds(reply->ttl_seconds);
    } else {
        event.outcome = failed(reply.error(), "keep-alive");
    }
    post_(event);
}

asio::awaitable<void> StoreRunner::revoke(model::RevokeLease effect) {
    etcd::CallOptions options;
    options.timeout = attempt_ + kHedge;
    options.idempotent = true;
    auto reply = co_await client_.lease_revoke(effect.lease.value, options);
    model::LeaseRevoked event{effect.op, model::StoreOutcome::kDone};
    if (!reply) event.outcome = failed(reply.error(), "lease revoke");
    post_(event);
}

void StoreRunner::on_watch(const etcd::WatchNotice& notice, model::OpId id) {
    std::visit(
        model::Overloaded{
            [&](const etcd::WatchConnected& n) {
                log_(Level::kInfo, "watch_connected", {{"endpoint", n.endpoint}});
                // Later connections go on where the last one ended.
                post_(model::WatchResumed{!std::exchange(watched_, true)});
            },
            [&](const etcd::WatchInterrupted& n) {
                log_(Level::kWarn, "watch_interrupted", {{"error", etcd::to_string(n.error)}});
            },
            [&](const etcd::WatchBatch& n) {
                if (n.events.empty()) return;
                // The last event's revision: the header's may already speak of later ones.
                const model::Revision up_to{n.events.back().kv.mod_revision};
                post_(model::StoreChanged{up_to, etcd::to_changes(keys_, n.events), id});
            },
            [&](const etcd::WatchResync& n) {
                log_(Level::kWarn, "watch_resync",
                     {{"compact_revision", std::to_string(n.compact_revision)}});
                post_(model::WatchResumed{true});
            },
        },
        notice);
}

model::StoreOutcome StoreRunner::failed(const etcd::Error& error, const char* what) {
    using Kind = etcd::ErrorKind;
    const auto outcome = outcome_of(error);
    if (error.kind == Kind::kCancelled) return outcome;      // closing
    if (error.kind == Kind::kWrongPassword) return outcome;  // said by the log-in
    if (outcome == model::StoreOutcome::kRefused) {
        // Other calls may well work meanwhile: etcd is neither away nor back.
        if (worth_saying("etcd_refused"))
            log_(Level::kWarn, "etcd_refused",
                 {{"call", what}, {"error", etcd::to_string(error)}, {"next", next_step(error)}});
        return outcome;
    }
    if (failures_++ == 0)
        log_(Level::kWarn, "etcd_failing",
             {{"call", what},
              {"error", etcd::to_string(error)},
              {"next", "tries again; a leader drains before its holding ends"}});
    return outcome;
}

void StoreRunner::worked() {
    if (failures_ > 0)
        log_(Level::kInfo, "etcd_back", {{"failed_calls", std::to_string(failures_)}});
    failures_ = 0;
}

std::string StoreRunner::set_access(etcd::Access access) {
    attempt_ = access.request_timeout;
    username_ = access.username;
    const auto done = client_.set_access(std::move(access));
    return done ? std::string{} : etcd::to_string(done.error());
}

void StoreRunner::on_access(const etcd::AccessNotice& notice) {
    using Kind = etcd::AccessNotice::Kind;
    switch (notice.kind) {
        case Kind::kLoggedIn:
            said_.erase("etcd_login_failed");
            return log_(Level::kInfo, "etcd_logged_in", {{"user", username_}});
        case Kind::kMoved:
            said_.erase("etcd_access_refused");
            return log_(Level::kInfo, "etcd_access_changed",
                        {{"endpoints", joined(client_.endpoints())}});
        case Kind::kLoginFailed:
            if (!worth_saying("etcd_login_failed")) return;
            return log_(Level::kWarn, "etcd_login_failed",
                        {{"user", username_},
                         {"error", etcd::to_string(notice.error)},
                         {"next",
                          "tries again with what the password file then holds; a leader "
                          "drains before its holding ends"}});
        case Kind::kMoveFailed:
            if (!worth_saying("etcd_access_refused")) return;
            return log_(Level::kWarn, "etcd_access_refused",
                        {{"error", etcd::to_string(notice.error)},
                         {"next",
                          "the way to etcd used before stays in use; the new one is tried "
                          "again every second; where connections break without a reason, "
                          "etcd's own log has it"}});
    }
}

bool StoreRunner::worth_saying(std::string_view event) {
    const auto now = std::chrono::steady_clock::now();
    const auto before = said_.find(event);
    if (before != said_.end() && now - before->second < kSayAgain) return false;
    said_[event] = now;
    return true;
}

asio::awaitable<void> StoreRunner::close() {
    watch_.stop();
    co_await client_.close();
}

}  // namespace elector::app
