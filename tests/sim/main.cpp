// The program `elector-sim`: one seed with its story, or a batch of seeds with a summary.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sim/simulation.hpp"

namespace {

using namespace elector::sim;

struct Arguments {
    Options options;
    std::uint64_t from = 1;
    std::uint64_t to = 0;  ///< 0: one seed
    unsigned jobs = 1;
    bool trace = false;
    bool keep_going = false;
    Mutant mutant = Mutant::kNone;
};

int usage() {
    std::fputs(
        "elector-sim --seed N [--trace] | --seeds A..B [--jobs N] [--keep-going]\n"
        "            [--mutant NAME] [--calm] [--ambush] [--residual] [--members N]\n",
        stderr);
    return 2;
}

bool parse(int argc, char** argv, Arguments& a) {
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const auto value = [&] { return i + 1 < argc ? std::string(argv[++i]) : std::string(); };
        if (word == "--seed") {
            a.from = std::strtoull(value().c_str(), nullptr, 10);
        } else if (word == "--seeds") {
            const auto range = value();
            const auto dots = range.find("..");
            if (dots == std::string::npos) return false;
            a.from = std::strtoull(range.c_str(), nullptr, 10);
            a.to = std::strtoull(range.c_str() + dots + 2, nullptr, 10);
        } else if (word == "--jobs") {
            a.jobs = static_cast<unsigned>(std::strtoul(value().c_str(), nullptr, 10));
        } else if (word == "--members") {
            a.options.members = std::atoi(value().c_str());
        } else if (word == "--mutant") {
            const auto found = find_mutant(value());
            if (!found) return false;
            a.mutant = *found;
        } else if (word == "--trace") {
            a.trace = true;
        } else if (word == "--keep-going") {
            a.keep_going = true;
        } else if (word == "--calm") {
            a.options.faults = false;
        } else if (word == "--ambush") {
            a.options.ambush = true;
        } else if (word == "--residual") {
            a.options.residual = true;
        } else {
            return false;
        }
    }
    return true;
}

void print_failure(std::uint64_t seed, const Violation& v, Time start) {
    std::printf("seed %llu: %s at %.6f s: %s\n", static_cast<unsigned long long>(seed),
                v.check.c_str(), static_cast<double>((v.at - start).count()) * 1e-9,
                v.text.c_str());
    std::fflush(stdout);
}

int run_one(const Arguments& a) {
    auto options = a.options;
    options.seed = a.from;
    const auto plan = make_plan(options);
    std::printf("seed %llu: %d members, %s, %s guardian, web3 %s, %s, %zu faults\n",
                static_cast<unsigned long long>(plan.seed), plan.members,
                plan.fast ? "fast" : "standard", plan.guardian ? "with" : "without",
                plan.web3 ? "on" : "off", plan.bootstrap ? "bootstrapped" : "first start",
                plan.faults.size());
    const auto outcome = Simulation(plan, a.mutant, a.trace).run();
    std::printf(
        "hash %016llx, %llu steps, %.1f s of virtual time, converged %.1f s after healing "
        "(bound %.1f s), %llu excused\n",
        static_cast<unsigned long long>(outcome.hash),
        static_cast<unsigned long long>(outcome.counts.steps),
        static_cast<double>(outcome.length.count()) * 1e-9,
        static_cast<double>(outcome.converged.count()) * 1e-9,
        static_cast<double>(plan.bound.count()) * 1e-9,
        static_cast<unsigned long long>(outcome.counts.excused));
    if (!outcome.violation) return 0;
    print_failure(plan.seed, *outcome.violation, plan.start);
    return 1;
}

struct Summary {
    std::mutex mutex;
    std::uint64_t seeds = 0;
    Counts counts;
    Duration length{};
    Duration slowest{};
    std::map<std::string, std::uint64_t> failures;
};

void work(const Arguments& a, std::atomic<std::uint64_t>& next, Summary& sum) {
    for (;;) {
        const auto seed = next++;
        if (seed > a.to) return;
        auto options = a.options;
        options.seed = seed;
        const auto plan = make_plan(options);
        const auto outcome = Simulation(plan, a.mutant).run();
        const std::lock_guard lock(sum.mutex);
        ++sum.seeds;
        add(sum.counts, outcome.counts);
        sum.length += outcome.length;
        sum.slowest = std::max(sum.slowest, outcome.converged);
        if (outcome.counts.late > outcome.counts.excused && !outcome.violation)
            std::printf("seed %llu: %llu signatures after another node's activation\n",
                        static_cast<unsigned long long>(seed),
                        static_cast<unsigned long long>(outcome.counts.late));
        if (!outcome.violation) continue;
        ++sum.failures[outcome.violation->check];
        print_failure(seed, *outcome.violation, plan.start);
        if (!a.keep_going) next = a.to + 1;
    }
}

int run_batch(const Arguments& a) {
    Summary sum;
    std::atomic<std::uint64_t> next{a.from};
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(a.jobs, 1U); ++i)
        threads.emplace_back([&] { work(a, next, sum); });
    for (auto& thread : threads) thread.join();
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const auto count = [](std::uint64_t x) { return static_cast<unsigned long long>(x); };
    std::printf(
        "%llu seeds in %.1f s (%.0f a second), %.1f virtual hours, %llu steps, %llu claims, "
        "%llu activations, %llu signatures (%llu after another node's activation, %llu "
        "excused), %llu unfenced, slowest convergence %.1f s\n",
        count(sum.seeds), took, static_cast<double>(sum.seeds) / took,
        static_cast<double>(sum.length.count()) / 3.6e12, count(sum.counts.steps),
        count(sum.counts.claims), count(sum.counts.activations), count(sum.counts.signatures),
        count(sum.counts.late), count(sum.counts.excused), count(sum.counts.unfenced),
        static_cast<double>(sum.slowest.count()) * 1e-9);
    for (const auto& [check, times] : sum.failures)
        std::printf("  failed: %s %llu times\n", check.c_str(), count(times));
    return sum.failures.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    if (!parse(argc, argv, arguments)) return usage();
    return arguments.to == 0 ? run_one(arguments) : run_batch(arguments);
}
