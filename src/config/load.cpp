#include "config/load.hpp"

#include <algorithm>

#include "config/check.hpp"
#include "config/derive.hpp"
#include "config/read.hpp"
#include "config/text.hpp"

namespace elector::config {
namespace {

/// The parser begins most causes with the same words; ours are shorter.
std::string syntax_message(const std::string& cause) {
    constexpr std::string_view opening = "Error while parsing ";
    if (!cause.starts_with(opening)) return "syntax error: " + cause;
    return "syntax error in " + cause.substr(opening.size());
}

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

/// Nothing half-read is run, and nothing is served without what was to protect it. A program that
/// is only not there now may be back when it is needed.
void leave_out(Config& config, const std::vector<Problem>& problems, const Report& report) {
    for (const auto& problem : problems) {
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

LoadResult failure(Problem problem) {
    LoadResult result;
    result.problems.push_back(std::move(problem));
    return result;
}

}  // namespace

std::string Problem::render() const {
    if (at.line == 0) return source + ": " + message;
    return source + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
           message;
}

LoadResult load(std::string_view text, std::string_view source, const Environment& environment,
                Use use) {
    const auto parsed = parse_document(text);
    if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
        return failure({std::string(source), error->at, "", syntax_message(error->cause)});
    }
    Report report{std::string(source)};
    Config config;
    read_tree(std::get<Tree>(parsed), config, report);
    derive(config, report, environment);
    read_files(config, environment, report, use);
    check_timing(config, report);
    check_consistency(config, report);
    LoadResult result{{}, {}, report.warnings(), report.spared()};
    for (auto& problem : report.problems()) {
        auto& list = is_spared(problem, use, report) ? result.spared : result.problems;
        list.push_back(std::move(problem));
    }
    leave_out(config, result.spared, report);
    if (result.problems.empty()) result.config = std::move(config);
    return result;
}

LoadResult load_file(const std::string& path, const Environment& environment, Use use) {
    const FileFacts facts = environment.inspect(path);
    std::string cause = facts.error;
    if (cause.empty() && !facts.regular) cause = "it is not a file";
    const auto text = cause.empty() ? environment.read(path) : std::nullopt;
    if (cause.empty() && !text) cause = "it cannot be opened, or is longer than 64 KiB";
    if (!cause.empty()) {
        return failure({path, {}, "", "cannot read the configuration: " + cause});
    }
    return load(*text, path, environment, use);
}

}  // namespace elector::config
