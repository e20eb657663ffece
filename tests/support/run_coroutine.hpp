// Owns how a test runs a coroutine: on the caller's io_context, bounded, its value or exception
// given back. Thread rule: the test's thread, which is the io_context's.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace elector::test {

/// Runs handlers until `done()`. Throws std::runtime_error when that takes longer than `limit`.
inline void run_until(boost::asio::io_context& io, const std::function<bool()>& done,
                      std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto until = std::chrono::steady_clock::now() + limit;
    io.restart();
    while (!done()) {
        if (std::chrono::steady_clock::now() > until) throw std::runtime_error("it never happened");
        if (io.run_one_until(until) == 0) io.restart();
    }
}

/// Runs whatever is ready or still to come, until nothing is left.
inline void run_dry(boost::asio::io_context& io,
                    std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    io.restart();
    io.run_for(limit);
    if (!io.stopped()) throw std::runtime_error("something is still pending");
}

template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
    std::optional<T> value;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, T result) {
        failure = thrown;
        value.emplace(std::move(result));
    });
    run_until(io, [&value] { return value.has_value(); });
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
}

inline void run(boost::asio::io_context& io, boost::asio::awaitable<void> task) {
    bool done = false;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown) {
        failure = thrown;
        done = true;
    });
    run_until(io, [&done] { return done; });
    if (failure) std::rethrow_exception(failure);
}

}  // namespace elector::test
