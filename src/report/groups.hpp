// Owns what is shown of many groups at once: one row each, a verdict and an exit code over all.
// Must never do I/O or read a clock. Thread rule: pure functions over values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "report/group.hpp"

namespace elector::report {

/// What only the running elector knows of itself, in short.
struct RowLocal {
    model::Role role = model::Role::kFollower;
    model::NodeActivity node = model::NodeActivity::kUnknown;
    std::vector<std::string> alarms;
    bool resigned = false;
};

/// What one line says of a group.
struct GroupRow {
    std::string group;  ///< the name of its [[group]] table
    std::string key;
    std::string leader;  ///< as the holder record says; empty: nobody, or it cannot be read
    std::string
        state;  ///< of the holder record: active, drained, unfenced, unreadable; empty: none
    model::Term term;
    std::optional<NodeStatus> node;  ///< of the leader
    int members = 0;
    bool paused = false;
    std::string verdict;
    int exit_code = 1;    ///< as GroupStatus::exit_code
    std::string trouble;  ///< empty: there is none
    std::optional<RowLocal> local{};
};

GroupRow row_of(const std::string& group, const GroupStatus& status);

struct GroupsStatus {
    std::vector<GroupRow> rows;
    std::string verdict;  ///< one sentence
    int exit_code = 1;    ///< 0 every group has exactly one, 4 any has more than one, else 1
};

GroupsStatus groups_status(std::vector<GroupRow> rows);

boost::json::object to_json(const GroupRow& row);
boost::json::object to_json(const GroupsStatus& all);

}  // namespace elector::report
