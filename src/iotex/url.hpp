// Owns the parsing of node URLs. Pure: no Asio, no name look-up.
// Must never resolve names: a look-up needs a foreign thread and can stall. Thread rule: values
// only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "iotex/result.hpp"

namespace elector::iotex {

/// Where one HTTP server of a node listens. `host` is an IP literal without brackets.
struct Url {
    std::string host;
    std::uint16_t port = 0;
    bool operator==(const Url&) const = default;
};

/// "127.0.0.1:9009", "[::1]:9009": for the Host header and for messages.
std::string authority(const Url& url);

/// Accepts `http://<IP literal>:<port>` with at most a "/" behind it; "localhost" means 127.0.0.1.
/// Everything else (https, host names, paths, user names, no port) is kInvalid and says why.
Result<Url> parse_url(std::string_view text);

}  // namespace elector::iotex
