// Owns what commands do with every group of one file: all of them through one client, some at a
// time. Must never say what a command says of one group. Thread rule: called from main.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "cli/session.hpp"
#include "cli/table.hpp"
#include "config/load.hpp"
#include "report/many.hpp"

namespace elector::cli {

/// Each group's own part of a session, in the order of the file.
std::vector<std::unique_ptr<Session>> sessions_of(Session& whole, const Means& means,
                                                  const config::Config& file);

/// Does `work` for 0 to count - 1, `at_once` of them at a time, and ends when all have.
boost::asio::awaitable<void> for_each(
    Session& whole, std::size_t count, std::size_t at_once,
    std::function<boost::asio::awaitable<void>(std::size_t)> work);

/// 0 every group has exactly one node verified active, 4 any has more than one, else 1.
int exit_code_of(const std::vector<report::Brief>& all);
/// A verdict over all, then a line for each.
std::string render(const std::vector<report::Brief>& all, const Look& look);
boost::json::object to_json(const std::vector<report::Brief>& all, const std::string& member);

/// `status` and `explain` of every group; exit codes as those of one.
int status_of_groups(const Means& means, const config::LoadResult& file, bool json);
int explain_groups(const Means& means, const config::LoadResult& file, bool json);

}  // namespace elector::cli
