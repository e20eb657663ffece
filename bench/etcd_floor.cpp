// Owns the measurement of what our etcd client costs against a real etcd with durable writes: the
// figures below which no failover made with it can go. Prints one table. Thread rule: one thread,
// one io_context.
#include <cstdint>
#include <cstdio>

#include <boost/asio/io_context.hpp>

#include "etcd_calls.hpp"
#include "support/etcd_process.hpp"

namespace {

using namespace elector::bench;
namespace asio = boost::asio;
namespace etcd = elector::etcd;
namespace test = elector::test;

constexpr Rounds kRounds{200, 3000};
constexpr std::int64_t kLease = 0x5eed;

void print_row(const char* what, const Samples& samples) {
    std::printf("%-34s %8.3f %8.3f %8.3f %8.3f\n", what, median(samples), quantile(samples, 0.9),
                quantile(samples, 0.99), quantile(samples, 1.0));
}

}  // namespace

int main() {
    test::EtcdOptions durable;
    durable.fsync = true;
    const test::EtcdCluster cluster(durable);
    asio::io_context io(1);
    etcd::ClientOptions options;
    options.endpoints = cluster.endpoints();
    etcd::Client client(io, options);
    etcd::Client reader(io, options);
    require(test::run(io, client.lease_grant(kLease, 600)));
    const auto measure = [&io](const char* what, auto call) {
        print_row(what, time_etcd(io, call, kRounds));
    };
    std::printf("one etcd member, durable, %d samples each, ms\n%-34s %8s %8s %8s %8s\n",
                kRounds.samples, "", "p50", "p90", "p99", "max");
    measure("Put", [&] { return client.put({"bench/k", "v", 0}); });
    measure("Txn, guarded put", [&] { return client.txn(guarded_put()); });
    measure("Txn, guarded read", [&] { return client.txn(guarded_read()); });
    measure("Range, linearizable", [&] { return client.range({"bench/k", "", false, 0}); });
    measure("LeaseKeepAlive on its stream",
            [&] { return client.keep_alive(kLease, std::chrono::seconds(5)); });
    print_row("put to notice at another client", put_to_notice(io, client, reader, kRounds));
    test::run(io, client.close());
    test::run(io, reader.close());
    return 0;
}
