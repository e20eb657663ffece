// Owns the JSON form of what is reported; docs/commands.md holds the schema. Fields are added,
// never renamed. Must never judge. Thread rule: pure functions.
#pragma once

#include <boost/json.hpp>

#include "report/group.hpp"
#include "report/history.hpp"

namespace elector::report {

boost::json::object to_json(const GroupStatus& status);
boost::json::object to_json(const Explanation& explanation);
boost::json::object to_json(const std::vector<HistoryRow>& rows);

}  // namespace elector::report
