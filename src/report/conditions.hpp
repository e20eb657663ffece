// Owns what is said of a condition that keeps a member from leading: its sentence, and what would
// change it. Must never judge whether it holds. Thread rule: constant data and pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/blocker.hpp"

namespace elector::report {

struct Condition {
    std::string code;      ///< stable, as in records and log
    std::string sentence;  ///< what is the matter
    std::string remedy;    ///< what would change it
    bool operator==(const Condition&) const = default;
};

Condition describe(model::Blocker blocker);
std::vector<Condition> describe(model::Blockers blockers);
/// The codes of a member record, comma separated. One that this version does not know is given with
/// a sentence that says so.
std::vector<Condition> describe(std::string_view codes);

}  // namespace elector::report
