// Measures what a status poll costs over loopback: our client beside its floor, a blocking socket
// that exchanges the same bytes with the same fake node in the same run. The fake has a thread of
// its own.
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "http_exchange.hpp"
#include "iotex/node_client.hpp"
#include "iotex_client/fake_server.hpp"
#include "support/run_coroutine.hpp"

namespace {

namespace asio = boost::asio;
using namespace elector;
using namespace elector::bench;
using namespace std::chrono_literals;

constexpr Rounds kRounds{1000, 9000};
constexpr auto kTimeout = 5000ms;
const std::string kBody = "{\"active\":false}\n";

void report(const char* what, const Samples& samples) {
    std::printf("%-34s p50 %7.1f us   p99 %7.1f us\n", what, 1000 * median(samples),
                1000 * quantile(samples, 0.99));
}

void measure(const iotex::Url& url) {
    report("floor: blocking socket, kept", http_round_trips(url, kRounds));
    asio::io_context io;
    iotex::NodeClient client(io, iotex::NodeEndpoints{url, url, std::nullopt}, iotex::Limits{},
                             nullptr);
    const auto check = [](const auto& result) {
        if (!result) throw std::runtime_error(result.error().text);
    };
    const auto time = [&](const char* what, auto call) {
        report(what, test::run(io, time_calls(call, check, kRounds)));
    };
    time("status, held connection", [&] { return client.status(false, kTimeout); });
    time("status, fresh connection", [&] { return client.status(true, kTimeout); });
    time("deactivate, connection of its own", [&] { return client.deactivate(kTimeout); });
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
