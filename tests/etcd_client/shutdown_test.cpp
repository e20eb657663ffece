// Closing and destroying a client with work pending: nothing hangs, nothing leaks, everyone is
// told.
#include <boost/asio/ip/tcp.hpp>

#include "etcd_client/fixture.hpp"

using namespace elector::test;
namespace asio = boost::asio;

namespace {

/// A silent server, and one of everything waiting for it.
struct Pending : Fixture {
    std::vector<std::string> ended;
    Watch watch;

    /// The servers' ends run the io_context, while all that its handlers touch is still there.
    ~Pending() {
        a.shut_down();
        b.shut_down();
    }

    template <class T>
    void start(asio::awaitable<Result<T>> task) {
        asio::co_spawn(io, std::move(task), [this](std::exception_ptr, Result<T> result) {
            ended.emplace_back(result ? "done" : name(result.error().kind));
        });
    }

    void start_everything(Client& client) {
        start(client.put({"k", "v", 0}, patient()));
        CallOptions hedged = patient();
        hedged.hedge_after = milliseconds(1);
        start(client.range({"k", "", false, 0}, hedged));
        start(client.keep_alive(1, milliseconds(20'000)));
        WatchOptions watched;
        watched.ranges = {{"K/", prefix_end("K/")}};
        watch = client.watch(watched, [](const WatchNotice&) {});
        run_until(io, [this] { return a.received().size() == 4 && b.received().size() == 1; });
    }

    void check_all_cancelled() {
        CHECK(ended == std::vector<std::string>{"cancelled", "cancelled", "cancelled"});
    }
};

}  // namespace

TEST_CASE_FIXTURE(Pending,
                  "closing cancels everything, waits for no server and leaves nothing behind") {
    request_timeout = milliseconds(20'000);
    Client client(io, both());
    start_everything(client);
    run(io, client.close());
    CHECK(rpcs.size() == 5);
    run_dry(io);
    check_all_cancelled();
    run_until(io, [this] { return a.calls_open() + b.calls_open() == 0; });
}

TEST_CASE_FIXTURE(Pending, "a closed client refuses calls, and closing it again is harmless") {
    Client client(io, both());
    run(io, client.close());
    const Error error = error_of(run(io, client.put({"k", "v", 0}, patient())));
    CHECK(error == Error{ErrorKind::kCancelled, 0, "the client is closed", "", false});
    CHECK(error_of(run(io, client.keep_alive(1, milliseconds(10)))).kind == ErrorKind::kCancelled);
    const Watch refused = client.watch({}, [](const WatchNotice&) {});
    run(io, client.close());
    run_dry(io);
    CHECK(a.received().empty());
}

TEST_CASE_FIXTURE(Pending, "destroying a client tells all who wait") {
    request_timeout = milliseconds(20'000);
    {
        Client client(io, both());
        start_everything(client);
    }
    run_dry(io);
    check_all_cancelled();
}

TEST_CASE("an io_context that never runs again frees what was pending") {
    asio::io_context io;
    // Connections are made by the kernel and never answered.
    const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
    const asio::ip::tcp::acceptor silent(io, any);
    ClientOptions options;
    options.endpoints = {"127.0.0.1:" + std::to_string(silent.local_endpoint().port())};
    Client client(io, options);
    bool ended = false;
    const auto end = [&ended](std::exception_ptr, const auto&) { ended = true; };
    asio::co_spawn(io, client.put({"k", "v", 0}, patient()), end);
    asio::co_spawn(io, client.keep_alive(1, milliseconds(20'000)), end);
    WatchOptions watched;
    watched.ranges = {{"K/", prefix_end("K/")}};
    const Watch watch = client.watch(watched, [](const WatchNotice&) {});
    io.poll();
    CHECK_FALSE(ended);
    // Now watch, client and io_context go, in this order: the leak checker judges.
}

TEST_CASE_FIXTURE(Pending, "a watch may outlive its client") {
    {
        Client client(io, both());
        start_everything(client);
    }
    run_dry(io);
    watch.stop();
    watch = Watch();
    CHECK(ended.size() == 3);
}

TEST_CASE_FIXTURE(Pending, "a server that goes away is reported while calls are in flight") {
    Client client(io, options({a.endpoint()}));
    start(client.put({"k", "v", 0}, patient()));
    run_until(io, [this] { return a.received().size() == 1; });
    a.shut_down();
    run_until(io, [this] { return ended.size() == 1; });
    CHECK(ended == std::vector<std::string>{"unavailable"});
    run(io, client.close());
    run_dry(io);
}
