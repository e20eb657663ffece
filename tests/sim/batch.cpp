#include "sim/batch.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace elector::sim {

Batch run_seeds(const BatchOptions& o) {
    Batch batch;
    std::mutex mutex;
    std::atomic<std::uint64_t> next{o.from};
    std::atomic<std::uint64_t> last{o.to};
    const auto work = [&] {
        for (;;) {
            auto mine = o.options;
            mine.seed = next++;
            if (mine.seed > last) return;
            const auto outcome = simulate(mine, o.mutant);
            const std::lock_guard lock(mutex);
            ++batch.seeds;
            add(batch.counts, outcome.counts);
            batch.length += outcome.length;
            batch.slowest = std::max(batch.slowest, outcome.converged);
            batch.hash += outcome.hash;
            if (!outcome.violation) continue;
            batch.failures.push_back(Failure{mine.seed, *outcome.violation});
            if (!o.keep_going) last = std::min<std::uint64_t>(last, mine.seed);
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(o.jobs, 1U); ++i) threads.emplace_back(work);
    for (auto& thread : threads) thread.join();
    std::sort(batch.failures.begin(), batch.failures.end(),
              [](const Failure& a, const Failure& b) { return a.seed < b.seed; });
    return batch;
}

std::string Batch::in_words() const {
    if (!first()) return "no failure";
    return "seed " + std::to_string(first()->seed) + ": " + first()->violation.check + ": " +
           first()->violation.text;
}

std::vector<std::string> rows_never_seen(const Counts& counts) {
    std::vector<std::string> rows;
    const auto table = model::transition_table();
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (counts.rows[i] > 0) continue;
        rows.push_back(std::string(model::name(table[i].from)) + " -> " +
                       std::string(model::name(table[i].to)) + ": " + std::string(table[i].code));
    }
    return rows;
}

}  // namespace elector::sim
