// Owns the commands that show a group as etcd has it: `status`, `history`, `explain`.
// Must never write. Thread rule: called from main.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "cli/table.hpp"
#include "report/group.hpp"
#include "report/history.hpp"

namespace elector::cli {

/// How many changes `history` and the API show.
inline constexpr std::int64_t kHistoryRows = etcd::kHistoryKept;

/// Reads the newest entries; what is no entry is left out. Client and keys outlive the call.
boost::asio::awaitable<etcd::Result<std::vector<report::StoredHistory>>> newest_history(
    etcd::Client& client, const etcd::Keys& keys, std::int64_t limit);

std::string render(const report::GroupStatus& status, const Look& look);
std::string render(const report::Explanation& explanation, const Look& look);
std::string render(const std::vector<report::HistoryRow>& rows, const Look& look);

/// 0 exactly one node verified active, 1 none (or nothing could be read), 4 more than one; 2 for a
/// wrong command line or configuration.
int status(const std::vector<std::string>& arguments, const Means& means);
/// Both return 0, or 1 when nothing could be read, 2 as above.
int history(const std::vector<std::string>& arguments, const Means& means);
int explain(const std::vector<std::string>& arguments, const Means& means);

}  // namespace elector::cli
