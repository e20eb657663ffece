// Owns the command `check`: a configuration judged without running anything.
// Must never connect anywhere. Thread rule: called from main.
#pragma once

#include <string>
#include <vector>

namespace elector::cli {

/// `check FILE` or `check --from-flags -etcd=URL ...`. Prints effective values and budget, or all
/// problems at once on stderr. Returns 0, or 2 on any problem.
int check(const std::vector<std::string>& arguments);

}  // namespace elector::cli
