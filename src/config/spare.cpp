#include "config/spare.hpp"

#include <algorithm>
#include <string_view>

namespace elector::config {
namespace {

std::string_view table_of(std::string_view path) {
    return path.substr(0, path.find_first_of(".["));
}

bool is_lost(const Problem& problem, const Report& report) {
    const auto& losses = report.losses();
    return std::find(losses.begin(), losses.end(), problem) != losses.end();
}

/// Whether a problem can be lived with. What is in no known table may be meant for a needed one.
bool is_spared(const Problem& problem, Use use, const Report& report) {
    const auto table = table_of(problem.path);
    switch (use) {
        case Use::kAll:
            return false;
        case Use::kRun:
            return is_lost(problem, report) &&
                   (table == "fence" || table == "api" || table == "notify");
        case Use::kDemote:
            if (table == "etcd") return true;
            break;
        case Use::kRecord:
            break;
    }
    return table == "health" || table == "fence" || table == "guardian" || table == "state" ||
           table == "api" || table == "log" || table == "notify";
}

}  // namespace

LoadResult judge(const Report& report, Use use) {
    LoadResult result{{}, {}, report.warnings(), report.spared()};
    for (auto& problem : report.problems()) {
        auto& list = is_spared(problem, use, report) ? result.spared : result.problems;
        list.push_back(std::move(problem));
    }
    return result;
}

void leave_out(Config& config, const std::vector<Problem>& spared, const Report& report) {
    for (const auto& problem : spared) {
        if (table_of(problem.path) == "api") config.api.listen = Url{};
        // A target that could not be proved, or has no word to prove us, hears nothing.
        for (std::size_t i = 0; i < config.notify.size(); ++i) {
            const std::string name = "notify[" + std::to_string(i) + "].";
            if (problem.path == name + "token_file" || problem.path == name + "ca_file")
                config.notify[i].url.clear();
        }
        const bool half_read = problem.path == "fence.command" || problem.path == "fence.policy";
        if (half_read && !is_lost(problem, report)) config.fence = {};
    }
}

}  // namespace elector::config
