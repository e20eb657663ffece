// Owns what the tests against a real etcd share. Thread rule: one thread, one io_context.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include "etcd/client.hpp"
#include "support/etcd_process.hpp"
#include "support/run_coroutine.hpp"

namespace elector::test {

using namespace elector::etcd;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

inline milliseconds since(Clock::time_point begin) {
    return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
}

/// The value of a result; the test fails with the error's words if there is none.
template <class T>
T value_of(Result<T> result) {
    if (result.has_error()) FAIL(to_string(result.error()));
    return std::move(*result);
}

inline std::string hex(std::int64_t lease) {
    char text[17];
    std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(lease));
    return text;
}

/// Collects what a watch says.
struct Heard {
    std::vector<WatchEvent> events;
    std::vector<WatchResync> resyncs;
    std::vector<WatchBatch> batches;
    int connected = 0;
    int interrupted = 0;

    WatchHandler handler() {
        return [this](const WatchNotice& notice) {
            if (const auto* batch = std::get_if<WatchBatch>(&notice)) {
                batches.push_back(*batch);
                events.insert(events.end(), batch->events.begin(), batch->events.end());
            } else if (const auto* resync = std::get_if<WatchResync>(&notice)) {
                resyncs.push_back(*resync);
            } else if (std::holds_alternative<WatchConnected>(notice)) {
                ++connected;
            } else {
                ++interrupted;
            }
        };
    }
};

inline WatchOptions watch_prefix(const std::string& prefix, std::int64_t start_revision) {
    WatchOptions options;
    options.ranges = {{prefix, prefix_end(prefix)}};
    options.start_revision = start_revision;
    return options;
}

struct RealFixture {
    boost::asio::io_context io{1};

    static ClientOptions options(std::vector<std::string> endpoints,
                                 milliseconds request_timeout = milliseconds(500)) {
        ClientOptions options;
        options.endpoints = std::move(endpoints);
        options.request_timeout = request_timeout;
        options.dial_timeout = milliseconds(10'000);  // busy machines
        return options;
    }
};

}  // namespace elector::test
