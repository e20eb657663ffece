// Owns which group a request is about: `?group=NAME`, where the file has [[group]] tables.
// Must never guess: an order to the wrong group costs a lead. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "admin/host.hpp"
#include "admin/message.hpp"

namespace elector::admin {

/// The value of `name` in a query, decoded; none: it is not there.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// All groups, for a path that can tell of all.
struct Everyone {};

/// The member that `request` is about. Without tables that is the only one; with them, one that is
/// not named is all of them, if the path takes that, and else a refusal with the list (400). A name
/// that is not there is a refusal with the nearest (404).
std::variant<Host*, Everyone, Answer> choose(const House& house, const Request& request,
                                             bool takes_all);

}  // namespace elector::admin
