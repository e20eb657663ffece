// The program `elector-sim`: one seed with its story, a batch of seeds with a summary, or the
// smallest failing schedule of a seed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

#include "sim/batch.hpp"
#include "sim/shrink.hpp"

namespace {

using namespace elector::sim;

struct Arguments {
    BatchOptions batch;
    bool many = false;
    bool trace = false;
    bool shrink = false;
    bool list = false;
};

unsigned long long number(std::uint64_t x) { return x; }
double seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }

std::vector<std::size_t> places(const std::string& list) {
    std::vector<std::size_t> found;
    std::istringstream in(list);
    for (std::string word; std::getline(in, word, ',');)
        found.push_back(std::strtoul(word.c_str(), nullptr, 10));
    return found;
}

int usage() {
    std::fputs(
        "elector-sim --seed N [--trace] [--shrink] | --seeds A..B [--jobs N] [--keep-going]\n"
        "            [--mutant NAME] [--theme NAME] [--members N] [--front N]\n"
        "            themes: swarm (default) cut_off hand_over stuck odd calm set_back\n"
        "            [--keep PLACES]   only these of the seed's faults: numbers with commas\n"
        "elector-sim --mutants         every known-unsafe variant, and where it has to show\n",
        stderr);
    return 2;
}

bool parse_value(const std::string& word, const std::string& value, Arguments& a) {
    auto& b = a.batch;
    if (word == "--seed") {
        b.from = b.to = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--seeds") {
        const auto dots = value.find("..");
        if (dots == std::string::npos) return false;
        b.from = std::strtoull(value.c_str(), nullptr, 10);
        b.to = std::strtoull(value.c_str() + dots + 2, nullptr, 10);
        a.many = true;
    } else if (word == "--jobs") {
        b.jobs = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
    } else if (word == "--members") {
        b.options.members = std::atoi(value.c_str());
    } else if (word == "--front") {
        b.options.front = static_cast<std::size_t>(std::atoi(value.c_str()));
    } else if (word == "--mutant") {
        const auto found = find_mutant(value);
        if (found) b.mutant = *found;
        return found.has_value();
    } else if (word == "--theme") {
        const auto found = find_theme(value);
        if (found) b.options.theme = *found;
        return found.has_value();
    } else if (word == "--keep") {
        b.options.keep = places(value);
    } else {
        return false;
    }
    return true;
}

bool parse(int argc, char** argv, Arguments& a) {
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--trace") {
            a.trace = true;
        } else if (word == "--shrink") {
            a.shrink = true;
        } else if (word == "--mutants") {
            a.list = true;
        } else if (word == "--keep-going") {
            a.batch.keep_going = true;
        } else if (i + 1 == argc || !parse_value(word, argv[++i], a)) {
            return false;
        }
    }
    return true;
}

void print_failure(std::uint64_t seed, const Violation& v, Time start) {
    std::printf("seed %llu: %s at %.6f s: %s\n", number(seed), v.check.c_str(),
                seconds(v.at - start), v.text.c_str());
}

void print_shrunk(const Arguments& a, const Options& options, const Violation& violation) {
    const auto small = shrink(options, a.batch.mutant, violation);
    std::string keep;
    for (const auto place : small.keep) keep += (keep.empty() ? "" : ",") + std::to_string(place);
    std::printf(
        "%zu faults drawn; the first %zu are enough, and of those %zu (%d runs):\n"
        "  --seed %llu --theme %s --mutant %s --keep %s\n",
        small.drawn, small.prefix, small.keep.size(), small.runs, number(options.seed),
        std::string(name(options.theme)).c_str(), std::string(name(a.batch.mutant)).c_str(),
        keep.empty() ? "," : keep.c_str());
    print_failure(options.seed, small.violation, make_plan(options).start);
}

int run_one(const Arguments& a) {
    auto options = a.batch.options;
    options.seed = a.batch.from;
    const auto plan = make_plan(options);
    std::printf("seed %llu: %d members, %s, %s guardian, web3 %s, %s, %zu faults\n",
                number(plan.seed), plan.members, plan.fast ? "fast" : "standard",
                plan.guardian ? "with" : "without", plan.web3 ? "on" : "off",
                plan.bootstrap ? "bootstrapped" : "first start", plan.faults.size());
    const auto outcome = Simulation(plan, a.batch.mutant, a.trace).run();
    std::printf(
        "hash %016llx, %llu steps, %.1f s of virtual time, converged %.1f s after healing "
        "(bound %.1f s), %llu excused\n",
        number(outcome.hash), number(outcome.counts.steps), seconds(outcome.length),
        seconds(outcome.converged), seconds(plan.bound), number(outcome.counts.excused));
    if (!outcome.violation) return 0;
    print_failure(plan.seed, *outcome.violation, plan.start);
    if (a.shrink) print_shrunk(a, options, *outcome.violation);
    return 1;
}

int run_batch(const Arguments& a) {
    const auto begin = std::chrono::steady_clock::now();
    const auto batch = run_seeds(a.batch);
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    for (const auto& failure : batch.failures) {
        auto options = a.batch.options;
        options.seed = failure.seed;
        print_failure(failure.seed, failure.violation, make_plan(options).start);
    }
    const auto& c = batch.counts;
    std::printf(
        "%llu seeds in %.1f s (%.0f a second), %.1f virtual hours, %llu steps, %llu claims, "
        "%llu activations, %llu signatures (%llu after another node's activation, %llu excused), "
        "%llu unfenced, %llu fences, slowest convergence %.1f s, hash %016llx\n",
        number(batch.seeds), took, static_cast<double>(batch.seeds) / took,
        seconds(batch.length) / 3600, number(c.steps), number(c.claims), number(c.activations),
        number(c.signatures), number(c.late), number(c.excused), number(c.unfenced),
        number(c.fences), seconds(batch.slowest), number(batch.hash));
    const auto unseen = rows_never_seen(c);
    std::printf("%zu rows of the transition table never seen\n", unseen.size());
    for (const auto& row : unseen) std::printf("  %s\n", row.c_str());
    std::map<std::string, int> kinds;
    for (const auto& failure : batch.failures) ++kinds[failure.violation.check];
    for (const auto& [check, count] : kinds) std::printf("  %d %s\n", count, check.c_str());
    return batch.failures.empty() ? 0 : 1;
}

int list_mutants() {
    for (const auto& row : all_mutants())
        std::printf("%-24s %-10s %6llu  %s%s%s\n", std::string(row.name).c_str(),
                    std::string(name(row.theme)).c_str(), number(row.within),
                    std::string(row.rule).c_str(),
                    row.survives.empty() ? "" : "; survives: ", std::string(row.survives).c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    if (!parse(argc, argv, arguments)) return usage();
    if (arguments.list) return list_mutants();
    if (arguments.batch.from == 0) return usage();
    return arguments.many ? run_batch(arguments) : run_one(arguments);
}
