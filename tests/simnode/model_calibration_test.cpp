// The model against what was measured with the real consensus state machine.
#include <algorithm>

#include "model_support.hpp"

using namespace elector::simnode;
using namespace elector::simnode::test;

namespace {

constexpr int kTrials = 2400;

struct Trial {
    Duration set{};                // deactivation asked to answered
    Duration inactive{};           // deactivation asked to the first false
    std::optional<Duration> leak;  // the false to the last signature after it
    bool only_proposals = true;
};

Trial deactivate_once(std::uint64_t seed, bool heartbeat) {
    ChainParams chain;
    chain.seed = seed;
    const std::array nodes{NodeParams{}};
    World w(chain, nodes);
    Prng random(seed ^ 0x7472ULL);
    pass(w, random.in({3s, 8s}));
    set(w, 0, true);
    const Instant stop = w.now() + 5s + random.in({0s, 20s});
    for (Instant next = w.now() + 1s; heartbeat && next < stop;
         next = std::max(next + 1s, w.now())) {
        w.advance(next);
        set(w, 0, true);
    }
    w.advance(stop);
    const Instant asked = w.now();
    Trial t;
    t.set = set(w, 0, false).at - asked;
    const Instant silent = await_inactive(w, 0);
    t.inactive = silent - asked;
    w.clear_log();
    w.advance(silent + 15s);
    for (const LogEntry& e : signatures(w, 0)) {
        t.leak = e.time - silent;
        t.only_proposals = t.only_proposals && e.kind == EntryKind::proposal;
    }
    return t;
}

struct Summary {
    std::vector<Duration> set;
    std::vector<Duration> inactive;
    int leaks = 0;
    Duration latest_leak{};
    bool only_proposals = true;
};

Summary run_trials(bool heartbeat) {
    Summary s;
    for (int i = 0; i < kTrials; ++i) {
        const Trial t = deactivate_once(static_cast<std::uint64_t>(i) + 1, heartbeat);
        s.set.push_back(t.set);
        s.inactive.push_back(t.inactive);
        s.leaks += t.leak.has_value();
        s.latest_leak = std::max(s.latest_leak, t.leak.value_or(0s));
        s.only_proposals = s.only_proposals && t.only_proposals;
    }
    std::sort(s.set.begin(), s.set.end());
    std::sort(s.inactive.begin(), s.inactive.end());
    return s;
}

Duration percentile(const std::vector<Duration>& sorted, std::size_t p) {
    return sorted[(sorted.size() - 1) * p / 100];
}

void check_between(Duration value, Duration low, Duration high) {
    CAPTURE(std::chrono::duration<double>(value).count());
    CHECK(value >= low);
    CHECK(value <= high);
}

}  // namespace

TEST_CASE("deactivation takes as long as measured: p50 0.7 s, p95 1.4 s, up to 2.5 s; none leaks") {
    const Summary s = run_trials(false);
    check_between(percentile(s.inactive, 50), 550ms, 850ms);
    check_between(percentile(s.inactive, 95), 1250ms, 1600ms);
    check_between(s.inactive.back(), 1900ms, 2600ms);
    check_between(percentile(s.set, 50), 100ms, 300ms);
    check_between(s.set.back(), 1600ms, 2000ms);
    CHECK(s.leaks == 0);
}

TEST_CASE(
    "with a heartbeat of 1 s about 3.8 % of deactivations leak a proposal, at most 2 s later") {
    const Summary s = run_trials(true);
    const double percent = 100.0 * s.leaks / kTrials;
    CAPTURE(percent);
    CHECK(percent >= 2.6);
    CHECK(percent <= 5.0);
    check_between(s.latest_leak, 1500ms, 2100ms);
    CHECK(s.only_proposals);
}
