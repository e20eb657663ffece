// Tasks that are cancelled, and tasks that end at once.
#include "app/tasks.hpp"

#include <memory>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <doctest/doctest.h>

using namespace elector;
namespace asio = boost::asio;

namespace {

asio::awaitable<void> nothing() { co_return; }

asio::awaitable<void> wait_for_ever(asio::io_context& io, bool& cancelled) {
    asio::steady_timer never(io, asio::steady_timer::time_point::max());
    boost::system::error_code ended;
    co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    cancelled = ended == asio::error::operation_aborted;
}

void poll(asio::io_context& io) {
    while (io.poll() > 0) {
    }
    io.restart();
}

}  // namespace

TEST_CASE("a task that ends at once leaves the cancelling of later ones alone") {
    asio::io_context io;
    app::Tasks tasks(io, [](const std::string&, const std::string& what) { FAIL(what); });
    for (int i = 0; i < 20; ++i) {
        // What it was spawned with is gone when its end is worked off.
        tasks.spawn("at once", nothing(), std::make_shared<asio::cancellation_signal>());
        bool cancelled = false;
        const auto cancel = std::make_shared<asio::cancellation_signal>();
        tasks.spawn("for ever", wait_for_ever(io, cancelled), cancel);
        poll(io);
        CHECK(tasks.running() == 1);
        cancel->emit(asio::cancellation_type::terminal);
        poll(io);
        CHECK(cancelled);
        CHECK(tasks.running() == 0);
    }
}
