// Owns giving back what only the start needed: pages of code that are mapped since then, and free
// memory at the heap's end. Thread rule: any; the calls are the kernel's.
#pragma once

#include <chrono>
#include <cstddef>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace elector::app {

/// Unmaps the pages of program and libraries that cannot have been written to. They stay in the
/// page cache; what is used again is mapped again, without a read. Returns the bytes asked for.
std::size_t give_back_start_pages();

/// Does that once, when the start is over.
class StartPages {
  public:
    explicit StartPages(boost::asio::io_context& io) : timer_(io) {}

    void start() {
        timer_.expires_after(std::chrono::seconds(20));
        timer_.async_wait([](boost::system::error_code cancelled) {
            if (!cancelled) give_back_start_pages();
        });
    }
    void close() { timer_.cancel(); }

  private:
    boost::asio::steady_timer timer_;
};

}  // namespace elector::app
