// Owns the commands that go to the elector of this host: `resign` and `rejoin`.
// Must never write to etcd: the elector does. Thread rule: called from main.
#pragma once

#include <string>
#include <vector>

namespace elector::cli {

/// Both return 0 when it is done, with --wait when another member is verified active; 1 when not;
/// 2 for a wrong command line or configuration.
int resign(const std::vector<std::string>& arguments);
int rejoin(const std::vector<std::string>& arguments);

}  // namespace elector::cli
