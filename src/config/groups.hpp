// Owns how [[group]] tables become one whole configuration each: what they have from the file's own
// tables, what each must say itself. Internal to this folder. Must never relate two groups to each
// other (claims.hpp does). Thread rule: as load.hpp.
#pragma once

#include "config/document.hpp"
#include "config/load.hpp"
#include "config/report.hpp"

namespace elector::config {

/// What the file says under "group"; none: it has no groups.
const Tree* group_tables(const Tree& root);

/// `file` and `report` have what the file's own tables say.
LoadResult load_groups(const Tree& tables, Config file, Report& report,
                       const Environment& environment, Use use);

}  // namespace elector::config
