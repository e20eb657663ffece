// Owns the plain etcd calls that stand as floors: below them nothing made with our client can go.
// Thread rule: the io_context's thread.
#pragma once

#include <string>
#include <variant>

#include <boost/asio/io_context.hpp>

#include "etcd/client.hpp"
#include "samples.hpp"
#include "support/run_coroutine.hpp"

namespace elector::bench {

/// An answer that is an error ends the measurement: its time would mean nothing.
template <class T>
void require(const etcd::Result<T>& result) {
    if (result.has_error()) throw_exception_from_error(result.error(), BOOST_CURRENT_LOCATION);
}

/// How long `call`, which returns an awaitable of an etcd result, takes each time.
template <class Call>
Samples time_etcd(boost::asio::io_context& io, Call call, Rounds rounds) {
    const auto check = [](const auto& result) { require(result); };
    return test::run(io, time_calls(call, check, rounds));
}

inline etcd::Txn guarded_put() {
    using etcd::Compare;
    etcd::Txn txn;
    txn.compares = {{"bench/none", Compare::Target::kCreate, Compare::Result::kEqual, 0, ""}};
    txn.then_ops = {etcd::PutOp{"bench/k", "v", 0}};
    return txn;
}

inline etcd::Txn guarded_read() {
    etcd::Txn txn = guarded_put();
    txn.then_ops = {etcd::RangeOp{"bench/k", "", false, 0}};
    txn.else_ops = txn.then_ops;
    return txn;
}

/// From the start of a put until another client's watch has told of it.
inline Samples put_to_notice(boost::asio::io_context& io, etcd::Client& writer,
                             etcd::Client& reader, Rounds rounds) {
    int connected = 0;
    int events = 0;
    double noticed = 0;
    Clock::time_point begin;
    etcd::WatchOptions options;
    options.ranges = {{"bench/w", ""}};
    const etcd::Watch watch = reader.watch(options, [&](const etcd::WatchNotice& notice) {
        if (std::holds_alternative<etcd::WatchConnected>(notice)) ++connected;
        if (!std::holds_alternative<etcd::WatchBatch>(notice)) return;
        noticed = milliseconds_since(begin);
        ++events;
    });
    test::run_until(io, [&connected] { return connected == 1; });
    Samples samples;
    for (int i = 0; i < rounds.all(); ++i) {
        const int before = events;
        begin = Clock::now();
        require(test::run(io, writer.put({"bench/w", "v", 0})));
        test::run_until(io, [&events, before] { return events > before; });
        if (i >= rounds.warm_up) samples.push_back(noticed);
    }
    return samples;
}

}  // namespace elector::bench
