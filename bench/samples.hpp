// Owns how benchmarks take times and what they make of them. Thread rule: one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include <boost/asio/awaitable.hpp>

namespace elector::bench {

using Clock = std::chrono::steady_clock;

/// Times in milliseconds.
using Samples = std::vector<double>;

/// How many rounds are made; the first `warm_up` count for nothing.
struct Rounds {
    int warm_up = 0;
    int samples = 0;
    int all() const { return warm_up + samples; }
};

inline double milliseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// `part` 0 is the smallest, 0.5 the median, 1 the largest. REQUIRES: one sample at least.
inline double quantile(Samples samples, double part) {
    std::sort(samples.begin(), samples.end());
    const double place = part * static_cast<double>(samples.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, samples.size() - 1);
    const double share = place - static_cast<double>(below);
    return samples[below] + share * (samples[above] - samples[below]);
}

inline double median(const Samples& samples) { return quantile(samples, 0.5); }

/// `call` returns an awaitable of a result; `check` throws when that is a failure, whose time would
/// mean nothing.
template <class Call, class Check>
boost::asio::awaitable<Samples> time_calls(Call call, Check check, Rounds rounds) {
    Samples samples;
    for (int i = 0; i < rounds.all(); ++i) {
        const auto begin = Clock::now();
        const auto result = co_await call();
        const double took = milliseconds_since(begin);
        check(result);
        if (i >= rounds.warm_up) samples.push_back(took);
    }
    co_return samples;
}

}  // namespace elector::bench
