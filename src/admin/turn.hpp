// Owns how a long answer leaves the loop to what is ready beside it. Must never wait for anything.
// Thread rule: the io_context's thread.
#pragma once

#include <cstddef>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace elector::admin {

/// Everything that is ready by now runs first.
inline boost::asio::awaitable<void> give_way() {
    const auto here = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(here, boost::asio::use_awaitable);
}

/// Counts what one turn of the loop has done; full() after `most`, and then anew.
class Portion {
  public:
    explicit Portion(std::size_t most) : most_(most) {}
    bool full() {
        if (++done_ < most_) return false;
        done_ = 0;
        return true;
    }

  private:
    std::size_t most_;
    std::size_t done_ = 0;
};

}  // namespace elector::admin
