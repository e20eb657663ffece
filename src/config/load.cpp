#include "config/load.hpp"

#include "config/check.hpp"
#include "config/derive.hpp"
#include "config/groups.hpp"
#include "config/read.hpp"
#include "config/spare.hpp"

namespace elector::config {
namespace {

/// The parser begins most causes with the same words; ours are shorter.
std::string syntax_message(const std::string& cause) {
    constexpr std::string_view opening = "Error while parsing ";
    if (!cause.starts_with(opening)) return "syntax error: " + cause;
    return "syntax error in " + cause.substr(opening.size());
}

LoadResult failure(Problem problem) {
    LoadResult result;
    result.problems.push_back(std::move(problem));
    return result;
}

}  // namespace

std::string Problem::render() const {
    const std::string said = whose.empty() ? message : whose + ": " + message;
    if (at.line == 0) return source + ": " + said;
    return source + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + said;
}

LoadResult load(std::string_view text, std::string_view source, const Environment& environment,
                Use use) {
    const auto parsed = parse_document(text);
    if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
        return failure({std::string(source), error->at, "", syntax_message(error->cause)});
    }
    const auto& root = std::get<Tree>(parsed);
    Report report{std::string(source)};
    Config config;
    read_tree(root, config, report);
    if (const auto* tables = group_tables(root))
        return load_groups(*tables, std::move(config), report, environment, use);
    derive(config, report, environment);
    read_files(config, environment, report, use);
    look_at_programs(config, environment, report);
    check_timing(config, report);
    check_group(config, report);
    check_file(config, report);
    LoadResult result = judge(report, use);
    leave_out(config, result.spared, report);
    if (result.problems.empty()) result.config = std::move(config);
    return result;
}

LoadResult load_file(const std::string& path, const Environment& environment, Use use) {
    const FileFacts facts = environment.inspect(path);
    std::string cause = facts.error;
    if (cause.empty() && !facts.regular) cause = "it is not a file";
    const auto text = cause.empty() ? environment.read(path) : std::nullopt;
    if (cause.empty() && !text) cause = "it cannot be opened, or is longer than 512 KiB";
    if (!cause.empty()) {
        return failure({path, {}, "", "cannot read the configuration: " + cause});
    }
    return load(*text, path, environment, use);
}

}  // namespace elector::config
