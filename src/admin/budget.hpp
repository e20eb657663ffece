// Owns the time budget as the status document has it. Must never compute one: see config/budget.
// Thread rule: pure functions.
#pragma once

#include "config/config.hpp"
#include "report/group.hpp"

namespace elector::admin {

report::Budget reported_budget(const config::Config& config);

}  // namespace elector::admin
