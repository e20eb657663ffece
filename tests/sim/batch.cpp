#include "sim/batch.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace elector::sim {

Batch run_seeds(const Options& options, std::uint64_t from, std::uint64_t to, unsigned jobs,
                Mutant mutant) {
    Batch batch;
    std::mutex mutex;
    std::atomic<std::uint64_t> next{from};
    std::atomic<std::uint64_t> last{to};
    const auto work = [&] {
        for (;;) {
            auto mine = options;
            mine.seed = next++;
            if (mine.seed > last) return;
            const auto outcome = simulate(mine, mutant);
            const std::lock_guard lock(mutex);
            ++batch.seeds;
            add(batch.counts, outcome.counts);
            if (!outcome.violation) continue;
            if (!batch.failure || mine.seed < batch.failure->seed)
                batch.failure = Failure{mine.seed, *outcome.violation};
            last = std::min<std::uint64_t>(last, mine.seed);
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(jobs, 1U); ++i) threads.emplace_back(work);
    for (auto& thread : threads) thread.join();
    return batch;
}

std::string in_words(const std::optional<Failure>& failure) {
    if (!failure) return "no failure";
    return "seed " + std::to_string(failure->seed) + ": " + failure->violation.check + ": " +
           failure->violation.text;
}

}  // namespace elector::sim
