// Owns what is said of many groups at once: each in a few fields, with its trouble in one sentence.
// For commands and API alike; docs/commands.md holds the schema. Must never judge anew: what a
// group's own document says is said here. Thread rule: pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "report/group.hpp"

namespace elector::report {

struct Brief {
    std::string group;  ///< name of its [[group]] table
    std::string key;
    int exit_code = 1;
    std::string verdict;
    std::string leader;  ///< of a record that is active; empty: nobody
    std::string state;   ///< of the holder record; empty: there is none
    model::Term term;
    std::vector<std::string> verified_active;
    std::string trouble;           ///< the gravest of what asks for a look; empty: nothing does
    std::optional<Local> local{};  ///< of it only role, node, alarms and resignation are told
};

Brief brief(const std::string& group, const GroupStatus& status);
boost::json::object to_json(const Brief& brief);

/// 0: each has exactly one verified active; 4: one has more; else 1.
int exit_code_of_all(int so_far, const Brief& next);

}  // namespace elector::report
