// Owns the JSON form of plans and refusals, the same from commands and API; docs/commands.md holds
// the schema. Must never judge. Thread rule: pure functions.
#pragma once

#include <boost/json.hpp>

#include "orders/switchover.hpp"

namespace elector::orders {

/// With what it is expected to take and to cost.
boost::json::object to_json(const Plan& plan, const config::Config& config);
boost::json::array to_json(const std::vector<report::Condition>& refusals);

/// Of a pause that is in force now.
boost::json::object to_json(const model::PauseOrder& order);

}  // namespace elector::orders
