// Owns how a preferred member gets the lead back by itself: looks beside the reactor, and writes
// the order when src/failback says so. Must never decide when, nor touch the core. Thread rule: the
// io_context's thread.
#pragma once

#include <functional>
#include <optional>

#include <boost/asio/awaitable.hpp>

#include "app/boot_clock.hpp"
#include "app/log.hpp"
#include "app/tasks.hpp"
#include "failback/failback.hpp"
#include "orders/desk.hpp"

namespace elector::app {

class FailbackRunner {
  public:
    /// What is known now, and by which policy; both stay where they are until the look is over.
    struct Known {
        failback::Sight sight;
        const model::Policy& policy;
    };
    using Look = std::function<Known()>;

    FailbackRunner(boost::asio::io_context& io, const Clock& clock, etcd::Client& client,
                   const etcd::Keys& keys, Tasks& tasks, Log& log, std::uint64_t seed, Look look);

    /// Before start(), and again at each reload. Nothing: manual.
    void set(std::optional<model::Duration> after);
    void start();
    /// Looks now; wanted at each change of the role.
    void look();
    void close();

  private:
    void arm();
    boost::asio::awaitable<void> write(failback::Order order);
    void tell_failed(const etcd::Error& error);

    const Clock& clock_;
    orders::Desk desk_;
    Tasks& tasks_;
    Log& log_;
    Look look_;
    std::optional<model::Duration> after_;
    failback::State state_;
    bool writing_ = false;
    bool started_ = false;
    BootTimer timer_;
};

}  // namespace elector::app
