// Owns who may change something through the API: token, Host and Origin of a request.
// Must never say how near a wrong token was, nor log one. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "admin/message.hpp"

namespace elector::admin {

struct Protection {
    std::string token;     ///< empty: none is asked for
    bool loopback = true;  ///< nobody but this host can connect
};

/// Judges a request that would change something; none: it may. 401 without the token, 403 from a
/// page of another origin, 415 for a body that a page could send unasked.
std::optional<Answer> judge(const Request& request, const Protection& protection);

/// The value of an Authorization field, compared in a time that tells nothing of the token.
bool carries_token(std::string_view authorization, std::string_view token);

/// "127.0.0.1:9010", "[::1]", "localhost:80": the names under which loopback is meant. A page whose
/// name was bent to this address (DNS rebinding) comes with its own.
bool names_loopback(std::string_view host_field);

}  // namespace elector::admin
