// Owns the measurement of what our etcd client costs against a real etcd with durable writes: the
// figures below which no failover made with it can go. Prints one table. Thread rule: one thread,
// one io_context.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "etcd/client.hpp"
#include "support/etcd_process.hpp"
#include "support/run_coroutine.hpp"

namespace {

using namespace elector::etcd;
using elector::test::EtcdCluster;
using elector::test::EtcdOptions;
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Duration = std::chrono::duration<double, std::milli>;

constexpr int kWarmUp = 200;
constexpr int kSamples = 3000;
constexpr std::int64_t kLease = 0x5eed;

void print_row(const char* what, std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    const auto at = [&samples](double part) {
        return samples[static_cast<std::size_t>(part * static_cast<double>(samples.size() - 1))];
    };
    std::printf("%-34s %8.3f %8.3f %8.3f %8.3f\n", what, at(0.5), at(0.9), at(0.99), at(1.0));
}

/// `once` returns how long it took.
asio::awaitable<std::vector<double>> sample(std::function<asio::awaitable<Duration>()> once) {
    std::vector<double> samples;
    for (int i = 0; i < kWarmUp + kSamples; ++i) {
        const Duration took = co_await once();
        if (i >= kWarmUp) samples.push_back(took.count());
    }
    co_return samples;
}

/// An answer that is an error ends the measurement: its time would mean nothing.
template <class T>
void require(const Result<T>& result) {
    if (result.has_error()) throw_exception_from_error(result.error(), BOOST_CURRENT_LOCATION);
}

template <class Call>
std::function<asio::awaitable<Duration>()> timed(Call call) {
    return [call]() -> asio::awaitable<Duration> {
        const auto begin = Clock::now();
        const auto result = co_await call();
        require(result);
        co_return Clock::now() - begin;
    };
}

Txn guarded_put() {
    Txn txn;
    txn.compares = {{"bench/none", Compare::Target::kCreate, Compare::Result::kEqual, 0, ""}};
    txn.then_ops = {PutOp{"bench/k", "v", 0}};
    return txn;
}

Txn guarded_read() {
    Txn txn = guarded_put();
    txn.then_ops = {RangeOp{"bench/k", "", false, 0}};
    txn.else_ops = txn.then_ops;
    return txn;
}

/// From the start of a put until another client's watch has told of it.
std::vector<double> put_to_notice(asio::io_context& io, Client& writer, Client& reader) {
    int connected = 0;
    int events = 0;
    Clock::time_point noticed;
    WatchOptions options;
    options.ranges = {{"bench/w", ""}};
    const Watch watch = reader.watch(options, [&](const WatchNotice& notice) {
        if (std::holds_alternative<WatchConnected>(notice)) ++connected;
        if (!std::holds_alternative<WatchBatch>(notice)) return;
        noticed = Clock::now();
        ++events;
    });
    elector::test::run_until(io, [&connected] { return connected == 1; });
    std::vector<double> samples;
    for (int i = 0; i < kWarmUp + kSamples; ++i) {
        const int before = events;
        const auto begin = Clock::now();
        require(elector::test::run(io, writer.put({"bench/w", "v", 0})));
        elector::test::run_until(io, [&events, before] { return events > before; });
        if (i >= kWarmUp) samples.push_back(Duration(noticed - begin).count());
    }
    return samples;
}

}  // namespace

int main() {
    EtcdOptions durable;
    durable.fsync = true;
    const EtcdCluster cluster(durable);
    asio::io_context io(1);
    ClientOptions options;
    options.endpoints = cluster.endpoints();
    Client client(io, options);
    Client reader(io, options);
    require(elector::test::run(io, client.lease_grant(kLease, 600)));
    const auto measure = [&io](const char* what, auto call) {
        print_row(what, elector::test::run(io, sample(timed(call))));
    };
    std::printf("one etcd member, durable, %d samples each, ms\n%-34s %8s %8s %8s %8s\n", kSamples,
                "", "p50", "p90", "p99", "max");
    measure("Put", [&] { return client.put({"bench/k", "v", 0}); });
    measure("Txn, guarded put", [&] { return client.txn(guarded_put()); });
    measure("Txn, guarded read", [&] { return client.txn(guarded_read()); });
    measure("Range, linearizable", [&] { return client.range({"bench/k", "", false, 0}); });
    measure("LeaseKeepAlive on its stream",
            [&] { return client.keep_alive(kLease, std::chrono::seconds(5)); });
    print_row("put to notice at another client", put_to_notice(io, client, reader));
    elector::test::run(io, client.close());
    elector::test::run(io, reader.close());
    return 0;
}
