// Owns the question to etcd that a group is shown by: the election, and the newest of its history.
// Must never write. Thread rule: the session's io_context.
#pragma once

#include <string>

#include "cli/session.hpp"
#include "report/group.hpp"

namespace elector::cli {

/// What to do when etcd could not be asked, after the cause.
inline constexpr const char* kThroughEtcd =
    "; this goes through etcd: look at etcd.endpoints and at etcd; what the elector of this host "
    "knows is in its log";

/// All that a status is made of, as of now.
boost::asio::awaitable<etcd::Result<report::GroupInput>> read_group(Session& session,
                                                                    const std::string& key);

}  // namespace elector::cli
