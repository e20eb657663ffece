// Owns `status --watch`: when a status is shown again, and how a screen is redrawn without flicker.
// Must never write to etcd. Thread rule: called from main; the session's io_context.
#pragma once

#include <string>

#include "cli/session.hpp"
#include "cli/table.hpp"
#include "report/group.hpp"

namespace elector::cli {

/// What has to differ for a status to count as changed: everything but ages, tips, lags and
/// revisions, which go on by themselves. `failing`: etcd cannot be read just now.
std::string essence(const report::GroupStatus& status, bool failing);

/// `text` as one screen of `rows` lines that overwrites the one before in place; 0: no limit. No
/// line is wider than `width`; 0: no limit.
std::string frame(const std::string& text, std::size_t width, std::size_t rows);

/// Goes on until SIGINT or SIGTERM; 0 then.
boost::asio::awaitable<int> watch_status(Session& session, std::string key, bool json);

}  // namespace elector::cli
