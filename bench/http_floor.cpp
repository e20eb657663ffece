// Measures what a status poll costs over loopback: our client beside its floor, a blocking socket
// that exchanges the same bytes with the same fake node in the same run. The fake has a thread of
// its own.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "iotex/node_client.hpp"
#include "iotex_client/fake_server.hpp"

namespace {

namespace asio = boost::asio;
using namespace elector;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Samples = std::vector<double>;

constexpr std::size_t kRounds = 10000;
constexpr std::size_t kWarmUp = 1000;
constexpr auto kTimeout = 5000ms;
const std::string kBody = "{\"active\":false}\n";

double microseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

void report(const char* what, Samples samples) {
    samples.erase(samples.begin(), samples.begin() + kWarmUp);
    std::sort(samples.begin(), samples.end());
    const auto at = [&](std::size_t percent) { return samples.at(samples.size() * percent / 100); };
    std::printf("%-34s p50 %7.1f us   p99 %7.1f us\n", what, at(50), at(99));
}

Samples floor_of(const iotex::Url& url) {
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), url.port});
    socket.set_option(asio::ip::tcp::no_delay(true));
    const std::string request = "GET /ha HTTP/1.1\r\nHost: " + authority(url) + "\r\n\r\n";
    const std::size_t expected = test::answer(kBody).pieces.at(0).size();
    std::vector<char> answer(expected);
    Samples samples;
    while (samples.size() < kRounds) {
        const auto begin = Clock::now();
        asio::write(socket, asio::buffer(request));
        std::size_t got = 0;
        while (got < expected) got += socket.receive(asio::buffer(answer));
        samples.push_back(microseconds_since(begin));
    }
    return samples;
}

asio::awaitable<void> poll(iotex::NodeClient& client, bool fresh, Samples& samples) {
    while (samples.size() < kRounds) {
        const auto begin = Clock::now();
        const auto state = co_await client.status(fresh, kTimeout);
        samples.push_back(microseconds_since(begin));
        if (!state) throw std::runtime_error(state.error().text);
    }
}

asio::awaitable<void> set_standby(iotex::NodeClient& client, Samples& samples) {
    while (samples.size() < kRounds) {
        const auto begin = Clock::now();
        const auto set = co_await client.deactivate(kTimeout);
        samples.push_back(microseconds_since(begin));
        if (!set) throw std::runtime_error(set.error().text);
    }
}

void run(asio::io_context& io, asio::awaitable<void> task) {
    asio::co_spawn(io, std::move(task), [&io](std::exception_ptr escaped) {
        if (escaped) std::rethrow_exception(escaped);
        io.stop();
    });
    io.restart();
    io.run();
}

void measure(const iotex::Url& url) {
    report("floor: blocking socket, kept", floor_of(url));
    asio::io_context io;
    iotex::NodeClient client(io, iotex::NodeEndpoints{url, url, std::nullopt}, iotex::Limits{},
                             nullptr);
    Samples held, fresh, apart;
    run(io, poll(client, false, held));
    report("status, held connection", std::move(held));
    run(io, poll(client, true, fresh));
    report("status, fresh connection", std::move(fresh));
    run(io, set_standby(client, apart));
    report("deactivate, connection of its own", std::move(apart));
}

}  // namespace

int main() {
    asio::io_context node_io;
    test::FakeServer node(node_io);
    node.script = [&node](const test::Seen&) {
        node.seen.clear();
        node.ended_by_eof.clear();
        return test::answer(kBody);
    };
    const auto url = node.url();
    std::thread server([&node_io] { node_io.run(); });
    int code = 0;
    try {
        measure(url);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        code = 1;
    }
    asio::post(node_io, [&node] { node.stop(); });
    server.join();
    return code;
}
