// What `doctor` says of all groups of a file together.
#include <algorithm>

#include "cli/diagnosis.hpp"

namespace elector::cli {
namespace {

bool has(const Findings& findings, const Finding& wanted) {
    return std::find(findings.begin(), findings.end(), wanted) != findings.end();
}

/// In every group, word for word.
Findings shared_by(const std::vector<GroupDiagnosis>& groups) {
    Findings shared;
    if (groups.size() < 2) return shared;
    for (const auto& finding : groups.front().diagnosis.findings)
        if (std::all_of(groups.begin() + 1, groups.end(), [&finding](const GroupDiagnosis& g) {
                return has(g.diagnosis.findings, finding);
            }))
            shared.push_back(finding);
    return shared;
}

std::string verdict_of(const std::vector<GroupDiagnosis>& groups) {
    const auto sick = std::count_if(groups.begin(), groups.end(), [](const GroupDiagnosis& g) {
        return g.diagnosis.exit_code() != 0;
    });
    const auto all = std::to_string(groups.size());
    return sick == 0 ? "Well: no error in any of " + all + " groups."
                     : "Not well: errors in " + std::to_string(sick) + " of " + all +
                           " groups; mend them first.";
}

}  // namespace

int exit_code_of(const std::vector<GroupDiagnosis>& groups) {
    const bool well = std::all_of(groups.begin(), groups.end(), [](const GroupDiagnosis& g) {
        return g.diagnosis.exit_code() == 0;
    });
    return well ? 0 : 1;
}

std::string render(const std::vector<GroupDiagnosis>& groups, const Look& look) {
    const auto shared = shared_by(groups);
    std::string out;
    if (!shared.empty()) out += "every group\n" + lines_of(shared, look) + "\n";
    for (const auto& g : groups) {
        Findings own;
        for (const auto& finding : g.diagnosis.findings)
            if (finding.level != Level::kOk && !has(shared, finding)) own.push_back(finding);
        const auto tone = g.diagnosis.exit_code() == 0 ? Tone::kGood : Tone::kBad;
        out += "group " + plain(g.group) + ": " + toned(g.diagnosis.verdict(), tone, look) + "\n" +
               lines_of(own, look);
    }
    return out + "\n" +
           toned(verdict_of(groups), exit_code_of(groups) == 0 ? Tone::kGood : Tone::kBad, look) +
           "\n";
}

boost::json::object to_json(const std::vector<GroupDiagnosis>& groups) {
    boost::json::array all;
    for (const auto& g : groups) {
        boost::json::object named{{"group", g.group}};
        for (auto& [name, value] : to_json(g.diagnosis))
            if (name != "v") named.emplace(name, value);
        all.push_back(std::move(named));
    }
    return {{"v", 1},
            {"verdict", verdict_of(groups)},
            {"exit_code", exit_code_of(groups)},
            {"groups", std::move(all)}};
}

}  // namespace elector::cli
