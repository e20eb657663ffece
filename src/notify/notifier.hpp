// Owns who is told of events, and how far each of them has got: one line per target, each with its
// own queue, at most one message on its way, and its own pauses. A target that hangs or refuses
// costs nothing but its own line. Must never be waited for by anything that an election rests on:
// tell() only queues, and each turn of the loop begins at most one attempt of one line.
// Thread rule: the io_context's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "notify/delivery.hpp"
#include "notify/queue.hpp"

namespace elector::notify {

/// What goes wrong, or well again, on the way to a target; for the log.
struct Trouble {
    enum class Kind {
        kFailing,  ///< the first failure after a success
        kBack,     ///< the first success after a failure
        kDropped,  ///< messages are lost; once, until one arrives
    };
    Kind kind = Kind::kFailing;
    std::string target;
    std::string error;  ///< of the last attempt
    Counters counters;
};

/// How a target stands, for whoever shows it.
struct Standing {
    std::string target;
    Counters counters;
    std::size_t waiting = 0;
    std::string error;  ///< of the last attempt; empty: it was a success, or there was none
    bool operator==(const Standing&) const = default;
};

class Notifier {
  public:
    using Tell = std::function<void(const Trouble&)>;
    /// How a message is brought to a target; another one for tests.
    using Deliver = std::function<std::unique_ptr<Delivery>(boost::asio::io_context&, const Target&,
                                                            const Message&, Delivery::Done)>;

    Notifier(boost::asio::io_context& io, Tell tell, const Pace& pace = {},
             Deliver deliver = notify::deliver);
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    /// Who is told from now on. What waits for a reader that stays goes on to it, in its order;
    /// what waits for one that goes is lost.
    void set(const std::vector<Target>& targets);
    /// Whether anybody wants to hear of such an event.
    bool wanted(std::string_view event, Severity severity) const;
    void tell(const Message& message);
    std::vector<Standing> standings() const;
    /// Gives what waits for targets that work at most `limit` to arrive, then calls everything back
    /// and is silent.
    boost::asio::awaitable<void> close(std::chrono::milliseconds limit);

  private:
    class Line;
    bool idle() const;
    void look_if_idle();

    boost::asio::io_context& io_;
    Tell tell_;
    Pace pace_;
    Deliver deliver_;
    std::vector<std::shared_ptr<Line>> lines_;
    boost::asio::steady_timer closing_;
    bool closed_ = false;
};

}  // namespace elector::notify
