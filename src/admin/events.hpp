// Owns what is told to everybody who follows along: a bounded queue for each, which the slow lose.
// Must never wait for a reader. Thread rule: the io_context's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace elector::admin {

/// One reader's place. It gets all that is published while it exists, in order, or is dropped.
class Subscription {
  public:
    explicit Subscription(boost::asio::io_context& io) : changed_(io) {}

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

    /// None: there are kMostReaders.
    std::shared_ptr<Subscription> subscribe();
    /// `data` is one line. Costs nothing to speak of while nobody listens.
    void publish(std::string_view event, std::string_view data);
    bool has_readers();
    std::size_t readers();
    /// A last event to all, with the reason.
    void close(std::string_view why);

  private:
    boost::asio::io_context& io_;
    std::uint64_t last_id_ = 0;
    std::vector<std::weak_ptr<Subscription>> readers_;
};

/// "id: 7\nevent: role\ndata: …\n\n"; line ends in `data` are made spaces.
std::string event_text(std::uint64_t id, std::string_view event, std::string_view data);

}  // namespace elector::admin
