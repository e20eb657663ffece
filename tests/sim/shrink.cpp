#include "sim/shrink.hpp"

#include <numeric>

namespace elector::sim {

Shrunk shrink(const Options& options, Mutant mutant, const Violation& violation) {
    Shrunk found;
    auto whole = options;
    whole.keep.reset();
    found.drawn = make_plan(whole).faults.size();
    found.violation = violation;
    const auto fails = [&](const std::vector<std::size_t>& keep) {
        auto some = options;
        some.keep = keep;
        ++found.runs;
        const auto outcome = simulate(some, mutant);
        const bool same = outcome.violation && outcome.violation->check == violation.check;
        if (same) found.violation = *outcome.violation;
        return same;
    };
    for (std::size_t n = 0; n <= found.drawn; ++n) {
        found.prefix = n;
        found.keep.resize(n);
        std::iota(found.keep.begin(), found.keep.end(), std::size_t{0});
        if (fails(found.keep)) break;
    }
    for (std::size_t i = 0; i < found.keep.size();) {
        auto without = found.keep;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        if (fails(without)) {
            found.keep = without;
        } else {
            ++i;
        }
    }
    return found;
}

}  // namespace elector::sim
