// Owns what all groups of this process share towards etcd: one client, one watch, the certificates
// and the password; and what is said of it in the log, once for all. Must never decide, nor let one
// group hold up another. Thread rule: the io_context's thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/certificate_watch.hpp"
#include "app/log.hpp"
#include "app/together.hpp"
#include "config/config.hpp"
#include "etcd/client.hpp"
#include "etcd/transactions.hpp"
#include "model/event.hpp"

namespace elector::app {

class EtcdLink {
  public:
    /// What became of the watch on one group's keys.
    struct Watched {
        bool connected = false;  ///< else: `events`
        bool from_now = false;   ///< connected, and what was before is not known
        std::vector<etcd::WatchEvent> events;
    };
    using Hear = std::function<void(const Watched&)>;

    /// Connects to nothing before start(), but for calls.
    EtcdLink(boost::asio::io_context& io, const config::Etcd& config, Log& log, Tasks& tasks,
             std::uint64_t seed);

    /// One more group to watch, all of its keys; its place. Before start(); `hear` until close().
    std::size_t add(const etcd::Keys& keys, Hear hear);
    /// Begins the watch. `silence`: after that much of it the stream is probed.
    void start(model::Duration silence);
    /// Of the group in this place another range, with what came after `from`. No event of the old
    /// range is heard from now on.
    void watch(std::size_t group, etcd::KeyRange range, model::Revision from);
    /// Another way to etcd is taken once it is proved; told in the log.
    void reload(const config::Etcd& config);
    /// There are so many groups that several share a request, for what follows; fewer ask each by
    /// itself.
    bool many() const;
    /// A read that proves a holding.
    void confirm(const etcd::Keys& keys, const model::Confirm& effect,
                 Confirmations::Answer answer);
    /// A member's own record.
    void publish(const etcd::Keys& keys, const model::PublishMember& effect,
                 Publications::Answer answer);
    boost::asio::awaitable<void> close();

    etcd::Client& client() { return client_; }
    /// The last call was answered.
    bool answers() const { return failures_ == 0; }
    /// For one attempt of a call.
    std::chrono::milliseconds attempt() const { return attempt_; }
    /// What became of a call of a group whose log this is; said once, until etcd answers again.
    model::StoreOutcome failed(const etcd::Error& error, const char* what, const Log& log);
    void worked();

    /// Every finished attempt of a call to etcd. May be empty.
    std::function<void(const etcd::RpcStat&)> on_rpc;

  private:
    boost::asio::awaitable<Confirmations::Replies> confirm_all(
        std::vector<etcd::Confirmation> asked);
    etcd::ClientOptions client_options(std::uint64_t seed);
    std::string password();
    void set_access();
    void on_watch(const etcd::WatchNotice& notice);
    void on_access(const etcd::AccessNotice& notice);
    void tell_all(bool from_now);
    void tell_some();
    void tell_connected(std::size_t range);
    /// False when `event`, which may go on for long, has been said a short while ago already.
    bool worth_saying(std::string_view event);

    boost::asio::io_context& io_;
    config::Etcd config_;
    Log& log_;
    config::Environment environment_;
    std::string password_fault_;  ///< said already
    std::chrono::milliseconds attempt_;
    std::map<std::string_view, std::chrono::steady_clock::time_point> said_;  ///< by event
    CertificateWatch certificates_;
    etcd::Client client_;
    Confirmations confirmations_;
    Publications publications_;
    std::vector<etcd::WatchRange> ranges_;
    std::vector<std::string> keys_;  ///< by range, for people
    std::vector<Hear> hears_;        ///< by range
    /// Whose turn to hear that the watch is connected is to come, and whether from now on only.
    std::vector<std::optional<bool>> untold_;
    bool telling_ = false;
    etcd::Watch watch_;
    bool watched_ = false;  ///< the watch was connected once
    int failures_ = 0;      ///< in a row
    bool told_failing_ = false;
    bool closed_ = false;
};

/// How far an error says what became of a call.
model::StoreOutcome outcome_of(const etcd::Error& error);

/// A second request goes to the next endpoint after this (protocol: Holding).
inline constexpr std::chrono::milliseconds kHedge{250};

}  // namespace elector::app
