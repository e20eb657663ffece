// Owns what the API is shown of a member that it belongs to, and what it may ask of it.
// Must never be a way around the core: nothing here touches a node or a holding.
// Thread rule: the io_context's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "config/config.hpp"
#include "core/state.hpp"
#include "model/policy.hpp"
#include "notify/notifier.hpp"
#include "orders/desk.hpp"
#include "report/history.hpp"
#include "support/loop_lag.hpp"

namespace elector::admin {

/// The newest changes of the lead, or why they cannot be had.
struct HistoryRead {
    std::vector<report::StoredHistory> entries;
    std::string error;
};

/// One group's member.
class Host {
  public:
    virtual ~Host() = default;
    virtual const core::State& state() const = 0;
    virtual const model::Policy& policy() const = 0;
    virtual const config::Config& config() const = 0;
    virtual model::Instant now() const = 0;
    /// The last call to etcd was answered.
    virtual bool etcd_answers() const = 0;
    /// A guardian watches over this process, and answers.
    virtual bool guardian_answers() const = 0;
    /// This host's wall clock, for what people read.
    virtual std::int64_t wall_clock_ms() const = 0;
    /// When etcd was last heard of, by an answer or by the watch; long ago at first.
    virtual model::Instant heard_etcd() const = 0;
    virtual boost::asio::awaitable<HistoryRead> history() = 0;
    /// Since when this member leaves the lead to others, by order.
    virtual std::optional<std::int64_t> resigned_unix_ms() const = 0;
    /// What it would do in mode "control"; nothing: it does it.
    virtual std::optional<std::string> would() const = 0;
    /// From now on, restarts included; it goes on leading until somebody can take over. What kept
    /// it from being written down; empty: done.
    virtual std::string resign() = 0;
    virtual std::string rejoin() = 0;
    /// Where orders to the whole group are written.
    virtual orders::Desk& orders() = 0;
};

/// All groups of the file, and what they have together.
class House {
  public:
    virtual ~House() = default;
    /// In the order of the file, never none, and the same for as long as the process lives.
    virtual std::span<Host* const> groups() const = 0;
    virtual const support::LoopLag& lag() const = 0;
    /// How far those who are to be told of events have been told, in the configuration's order.
    virtual std::vector<notify::Standing> told() const = 0;
    /// As on SIGHUP. What was wrong; empty: done.
    virtual std::vector<std::string> reload() = 0;

    const config::Api& api() const { return groups().front()->config().api; }
    /// The file has [[group]] tables: whoever asks says which, and is told which.
    bool named() const { return !groups().front()->config().group.empty(); }
};

}  // namespace elector::admin
