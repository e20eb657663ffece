// Owns giving back what only the start needed, pages of code that are mapped since then; and, again
// and again, memory that is free. Thread rule: any; the calls are the kernel's.
#pragma once

#include <chrono>
#include <cstddef>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace elector::app {

/// Unmaps the pages of program and libraries that cannot have been written to. They stay in the
/// page cache; what is used again is mapped again, without a read. Returns the bytes asked for.
std::size_t give_back_start_pages();

/// What was asked for in a busy moment, such as the failover of a thousand groups, and is free by
/// now, wherever in the heap it lies. A few milliseconds for a thousand groups.
void give_back_free_memory();

/// The one when the start is over, the other then and each minute.
class StartPages {
  public:
    explicit StartPages(boost::asio::io_context& io) : timer_(io) {}

    void start() {
        timer_.expires_after(std::chrono::seconds(20));
        timer_.async_wait([this](boost::system::error_code cancelled) {
            if (cancelled) return;
            give_back_start_pages();
            each_minute();
        });
    }
    void close() { timer_.cancel(); }

  private:
    void each_minute() {
        give_back_free_memory();
        timer_.expires_after(std::chrono::minutes(1));
        timer_.async_wait([this](boost::system::error_code cancelled) {
            if (!cancelled) each_minute();
        });
    }

    boost::asio::steady_timer timer_;
};

}  // namespace elector::app
