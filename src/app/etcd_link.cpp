#include "app/etcd_link.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "app/policy_of.hpp"
#include "config/etcd_files.hpp"
#include "model/overloaded.hpp"

namespace elector::app {
namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

/// What goes on failing is said again after this.
constexpr std::chrono::seconds kSayAgain{30};
/// So many groups hear of the watch in one turn of the loop: each of them reads its keys then.
constexpr std::size_t kHearAtOnce = 16;
/// So many groups ask each by itself: a wait for others would not pay.
constexpr std::size_t kFewGroups = 8;
/// So many share a request: each is up to three operations, and etcd takes 128.
constexpr std::size_t kMostPublications = 32;

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

etcd::CallOptions read_options(milliseconds attempt) {
    etcd::CallOptions options;
    options.timeout = attempt + kHedge;
    options.hedge_after = kHedge;
    return options;
}

}  // namespace

model::StoreOutcome outcome_of(const etcd::Error& error) {
    using Kind = etcd::ErrorKind;
    if (error.kind == Kind::kLeaseNotFound) return model::StoreOutcome::kLeaseGone;
    if (error.outcome_unknown) return model::StoreOutcome::kUnknown;
    const bool definite = error.kind == Kind::kPermissionDenied || error.kind == Kind::kNoSpace ||
                          error.kind == Kind::kInvalid || error.kind == Kind::kUnauthenticated ||
                          error.kind == Kind::kWrongPassword;
    return definite ? model::StoreOutcome::kRefused : model::StoreOutcome::kUnknown;
}

EtcdLink::EtcdLink(asio::io_context& io, const config::Etcd& config, Log& log, Tasks& tasks,
                   std::uint64_t seed)
    : io_(io),
      config_(config),
      log_(log),
      environment_(config::system_environment()),
      attempt_(std::chrono::duration_cast<milliseconds>(config.request_timeout)),
      certificates_(io, environment_, log,
                    [this](const config::Etcd& renewed) {
                        log_(Level::kInfo, "etcd_files_changed");
                        config_ = renewed;
                        set_access();
                    }),
      client_(io, client_options(seed)),
      confirmations_(
          io, tasks, "confirm", etcd::kMostConfirmations,
          [this](std::vector<etcd::Confirmation> asked) { return confirm_all(std::move(asked)); }),
      publications_(io, tasks, "publish", kMostPublications, [this](std::vector<etcd::Txn> each) {
          etcd::CallOptions options;
          options.timeout = attempt_ + kHedge;
          return client_.txns(std::move(each), options);
      }) {}

etcd::ClientOptions EtcdLink::client_options(std::uint64_t seed) {
    etcd::ClientOptions options;
    static_cast<etcd::Access&>(options) = etcd_access_of(config_);
    options.seed = static_cast<std::uint32_t>(seed);
    options.password = [this] { return password(); };
    options.on_access = [this](const etcd::AccessNotice& notice) { on_access(notice); };
    options.on_rpc = [this](const etcd::RpcStat& stat) {
        if (on_rpc) on_rpc(stat);
    };
    return options;
}

/// The file is read at each log-in: whoever changes the password need not tell us.
std::string EtcdLink::password() {
    if (config_.password_file.empty()) return config_.password.reveal();
    const auto found = config::read_password_again(config_, environment_);
    const auto fault = found.faults.empty() ? std::string{} : found.faults.front();
    if (!fault.empty() && fault != password_fault_)
        log_(Level::kWarn, "etcd_password_unusable",
             {{"error", fault}, {"next", "the password read before stays in use"}});
    password_fault_ = fault;
    config_.password = found.etcd.password;
    return config_.password.reveal();
}

std::size_t EtcdLink::add(const etcd::Keys& keys, Hear hear) {
    auto all = etcd::watched(keys, false);
    ranges_.push_back({std::move(all.key), std::move(all.range_end)});
    keys_.push_back(keys.queue.substr(0, keys.queue.size() - 1));
    hears_.push_back(std::move(hear));
    return hears_.size() - 1;
}

void EtcdLink::start(model::Duration silence) {
    certificates_.watch(config_);
    etcd::WatchOptions options;
    options.ranges = std::exchange(ranges_, {});
    options.progress_interval = std::chrono::duration_cast<milliseconds>(silence);
    watch_ = client_.watch(std::move(options), [this](const etcd::WatchNotice& n) { on_watch(n); });
}

void EtcdLink::watch(std::size_t group, etcd::KeyRange range, model::Revision from) {
    watch_.set_range(group, {std::move(range.key), std::move(range.range_end)}, from.value + 1);
}

void EtcdLink::reload(const config::Etcd& config) {
    if (config == config_) return;
    config_ = config;
    certificates_.watch(config_);
    set_access();
}

void EtcdLink::set_access() {
    attempt_ = std::chrono::duration_cast<milliseconds>(config_.request_timeout);
    const auto done = client_.set_access(etcd_access_of(config_));
    if (!done)
        log_(Level::kError, "reload_failed",
             {{"key", "etcd"}, {"error", etcd::to_string(done.error())}});
}

bool EtcdLink::many() const { return hears_.size() > kFewGroups; }

void EtcdLink::confirm(const etcd::Keys& keys, const model::Confirm& effect,
                       Confirmations::Answer answer) {
    confirmations_.ask({keys.holder, effect}, std::move(answer));
}

asio::awaitable<Confirmations::Replies> EtcdLink::confirm_all(
    std::vector<etcd::Confirmation> asked) {
    auto request = etcd::to_txn(std::span<const etcd::Confirmation>(asked));
    const auto options = read_options(attempt_);
    const auto reply = co_await client_.txn(std::move(request), options);
    if (!reply) co_return reply.error();
    co_return etcd::split(asked, *reply);
}

void EtcdLink::publish(const etcd::Keys& keys, const model::PublishMember& effect,
                       Publications::Answer answer) {
    publications_.ask(etcd::to_txn(keys, effect), std::move(answer));
}

void EtcdLink::on_watch(const etcd::WatchNotice& notice) {
    std::visit(
        model::Overloaded{
            [&](const etcd::WatchConnected& n) {
                log_(Level::kInfo, "watch_connected", {{"endpoint", n.endpoint}});
                // Later connections go on where the last one ended.
                tell_all(!std::exchange(watched_, true));
            },
            [&](const etcd::WatchInterrupted& n) {
                log_(Level::kWarn, "watch_interrupted", {{"error", etcd::to_string(n.error)}});
            },
            [&](const etcd::WatchRefused& n) {
                log_(Level::kWarn, "watch_refused",
                     {{"key", keys_[n.range]},
                      {"error", etcd::to_string(n.error)},
                      {"next", next_step(n.error)}});
            },
            [&](const etcd::WatchAdmitted& n) {
                log_(Level::kInfo, "watch_admitted", {{"key", keys_[n.range]}});
                hears_[n.range]({true, n.from_now, {}});
            },
            [&](const etcd::WatchBatch& n) {
                tell_connected(n.range);  // not behind what came after it
                if (!n.events.empty()) hears_[n.range]({false, false, n.events});
            },
            [&](const etcd::WatchResync& n) {
                log_(Level::kWarn, "watch_resync",
                     {{"compact_revision", std::to_string(n.compact_revision)}});
                tell_all(true);
            },
        },
        notice);
}

void EtcdLink::tell_all(bool from_now) {
    untold_.resize(hears_.size());
    for (auto& untold : untold_) untold = from_now || (untold && *untold);
    if (!std::exchange(telling_, true)) tell_some();
}

/// The groups hear of it in turns, so that none waits for all the others.
void EtcdLink::tell_some() {
    std::size_t told = 0;
    for (std::size_t i = 0; i < untold_.size() && !closed_; ++i) {
        if (!untold_[i]) continue;
        if (told++ == kHearAtOnce) return asio::post(io_, [this] { tell_some(); });
        tell_connected(i);
    }
    telling_ = false;
}

void EtcdLink::tell_connected(std::size_t range) {
    if (range >= untold_.size()) return;
    const auto from_now = std::exchange(untold_[range], std::nullopt);
    if (from_now) hears_[range]({true, *from_now, {}});
}

model::StoreOutcome EtcdLink::failed(const etcd::Error& error, const char* what, const Log& log) {
    using Kind = etcd::ErrorKind;
    const auto outcome = outcome_of(error);
    if (error.kind == Kind::kCancelled) return outcome;      // closing
    if (error.kind == Kind::kWrongPassword) return outcome;  // said by the log-in
    if (outcome == model::StoreOutcome::kRefused) {
        // Other calls may well work meanwhile: etcd is neither away nor back.
        if (worth_saying("etcd_refused"))
            log(Level::kWarn, "etcd_refused",
                {{"call", what}, {"error", etcd::to_string(error)}, {"next", next_step(error)}});
        return outcome;
    }
    // With many groups some calls may fail among others that work, all the time.
    ++failures_;
    if (!told_failing_ && (hears_.size() <= 1 || worth_saying("etcd_failing"))) {
        told_failing_ = true;
        log_(Level::kWarn, "etcd_failing",
             {{"call", what},
              {"error", etcd::to_string(error)},
              {"next", "tries again; a leader drains before its holding ends"}});
    }
    return outcome;
}

void EtcdLink::worked() {
    const auto failures = std::exchange(failures_, 0);
    if (std::exchange(told_failing_, false))
        log_(Level::kInfo, "etcd_back", {{"failed_calls", std::to_string(failures)}});
}

void EtcdLink::on_access(const etcd::AccessNotice& notice) {
    using Kind = etcd::AccessNotice::Kind;
    switch (notice.kind) {
        case Kind::kLoggedIn:
            said_.erase("etcd_login_failed");
            return log_(Level::kInfo, "etcd_logged_in", {{"user", config_.username}});
        case Kind::kMoved:
            said_.erase("etcd_access_refused");
            return log_(Level::kInfo, "etcd_access_changed",
                        {{"endpoints", joined(client_.endpoints())}});
        case Kind::kLoginFailed:
            if (!worth_saying("etcd_login_failed")) return;
            return log_(Level::kWarn, "etcd_login_failed",
                        {{"user", config_.username},
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

bool EtcdLink::worth_saying(std::string_view event) {
    const auto now = std::chrono::steady_clock::now();
    const auto before = said_.find(event);
    if (before != said_.end() && now - before->second < kSayAgain) return false;
    said_[event] = now;
    return true;
}

asio::awaitable<void> EtcdLink::close() {
    closed_ = true;
    confirmations_.close();
    publications_.close();
    certificates_.close();
    watch_.stop();
    co_await client_.close();
}

}  // namespace elector::app
