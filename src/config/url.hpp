// Owns the only form of address the configuration knows: scheme, host, port.
// Must never resolve a name or open a socket. Thread rule: values only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/parsed.hpp"

namespace elector::config {

/// An address without path, query or user. `host` is lower case, an IPv6 literal without brackets.
struct Url {
    bool tls = false;
    std::string host;
    std::uint16_t port = 0;

    bool empty() const { return host.empty(); }
    /// "http://127.0.0.1:9009"; "" when empty.
    std::string text() const;
    /// "127.0.0.1:9009", "[::1]:9009"; "" when empty.
    std::string authority() const;
    bool operator==(const Url&) const = default;
};

/// Parses `scheme://host:port` with an optional closing "/". The port must be written out (1 to
/// 65535): a default port is always a mistake for etcd and for the node.
Parsed<Url> parse_url(std::string_view text);

/// Parses `host:port` where host is an IP literal; port 0 asks for any free one.
Parsed<Url> parse_listen(std::string_view text);

/// An address on the web: where to connect to, and what to ask for there.
struct WebAddress {
    Url server;
    std::string path;  ///< begins with "/", has the query, no fragment
    bool operator==(const WebAddress&) const = default;
};

/// Parses `http://host/path?query`; the port is 80 or 443 unless it is written out. Visible ASCII
/// only, no user.
Parsed<WebAddress> parse_web_address(std::string_view text);

enum class HostKind {
    kLoopback,       ///< 127.0.0.0/8 or ::1, literally
    kLocalhostName,  ///< the name "localhost", which resolvers may map to either family
    kOtherLiteral,   ///< any other IPv4 or IPv6 literal
    kName,           ///< a name to be resolved
};

HostKind host_kind(std::string_view host);

}  // namespace elector::config
