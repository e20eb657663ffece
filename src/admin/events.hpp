// Owns what is told to everybody who follows along: a bounded queue for each, which the slow lose.
// Must never wait for a reader. Thread rule: the io_context's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace elector::admin {

/// One reader's place. It gets all that is published while it exists, in order, or is dropped.
class Subscription {
  public:
    /// `group`: whose events; empty: all.
    explicit Subscription(boost::asio::io_context& io, std::string group = {})
        : group_(std::move(group)), changed_(io) {}

    /// What comes next, ready to be sent; none: nothing yet, or nothing any more.
    std::shared_ptr<const std::string> next();
    /// There is something, or it has ended.
    boost::asio::awaitable<void> wait();
    bool ended() const { return ended_ && waiting_.empty(); }
    /// Nothing comes after what waits already.
    void end();

  private:
    friend class Hub;
    void add(std::shared_ptr<const std::string> text);

    std::string group_;
    boost::asio::steady_timer changed_;
    std::deque<std::shared_ptr<const std::string>> waiting_;
    std::size_t bytes_ = 0;
    bool ended_ = false;
};

class Hub {
  public:
    static constexpr std::size_t kMostReaders = 32;
    static constexpr std::size_t kMostBytes = 64 * 1024;  ///< that wait for one reader

    explicit Hub(boost::asio::io_context& io) : io_(io) {}

    /// None: there are kMostReaders. `group`: whose events are wanted; empty: all.
    std::shared_ptr<Subscription> subscribe(std::string group = {});
    /// To those who follow `group`, and those who follow all. `data` is one line. Costs nothing to
    /// speak of while nobody listens.
    void publish(std::string_view event, std::string_view data, std::string_view group = {});
    /// To those who follow just that; empty: all.
    void publish_only(std::string_view group, std::string_view event, std::string_view data);
    /// Every group that somebody follows, each once; an empty one among them: all.
    std::set<std::string> followed();
    bool has_readers();
    std::size_t readers();
    /// A last event to everybody, with the reason.
    void close(std::string_view why);

  private:
    void give(Subscription& reader, const std::shared_ptr<const std::string>& text);

    boost::asio::io_context& io_;
    std::uint64_t last_id_ = 0;
    std::vector<std::weak_ptr<Subscription>> readers_;
};

/// "id: 7\nevent: role\ndata: …\n\n"; line ends in `data` are made spaces.
std::string event_text(std::uint64_t id, std::string_view event, std::string_view data);

}  // namespace elector::admin
