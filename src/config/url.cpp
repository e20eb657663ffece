#include "config/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

namespace elector::config {
namespace {

constexpr std::string_view kExample = "write it like \"http://127.0.0.1:2379\"";

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// For functions of C: they would not see what follows a NUL.
bool is_c_text(const std::string& text) { return text.find('\0') == std::string::npos; }

/// One spelling per address, so that duplicates are found.
std::optional<std::string> canonical_ipv6(const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (!is_c_text(text) || inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
        return std::nullopt;
    }
    inet_ntop(AF_INET6, bytes.data(), out.data(), static_cast<socklen_t>(out.size()));
    return std::string(out.data());
}

bool is_ipv4(const std::string& text) {
    std::array<unsigned char, 4> bytes{};
    return is_c_text(text) && inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
}

bool is_ipv6(const std::string& text) { return canonical_ipv6(text).has_value(); }

bool is_name(const std::string& text) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    constexpr std::size_t longest_dns_name = 253;
    const bool all_numeric = text.find_first_not_of("0123456789.") == std::string::npos;
    return !text.empty() && text.size() <= longest_dns_name && !all_numeric &&
           text.find_first_not_of(letters) == std::string::npos && text.front() != '.' &&
           text.front() != '-';
}

Parsed<std::uint16_t> parse_port(std::string_view text, unsigned lowest) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool number = error == std::errc{} && end == text.data() + text.size();
    if (!number || port > 65535 || port < lowest) {
        return Bad{"has a bad port; it must be a number from " + std::to_string(lowest) +
                   " to 65535"};
    }
    return static_cast<std::uint16_t>(port);
}

/// host:port or [ipv6]:port; the host is only split off, not judged.
struct Split {
    std::string host;
    std::string_view port;
    bool bracketed = false;
};

Parsed<Split> split_authority(std::string_view text) {
    if (!text.empty() && text.front() == '[') {
        const std::size_t close = text.find("]:");
        if (close == std::string_view::npos) return Bad{"has no port after the IPv6 address"};
        return Split{lower(text.substr(1, close - 1)), text.substr(close + 2), true};
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return Bad{"has no port"};
    if (text.find(':', colon + 1) != std::string_view::npos) {
        return Bad{"has more than one \":\"; an IPv6 address goes in brackets: \"[::1]\""};
    }
    return Split{lower(text.substr(0, colon)), text.substr(colon + 1), false};
}

Parsed<Url> parse_authority(std::string_view text, unsigned lowest_port) {
    auto split = split_authority(text);
    if (auto* bad = std::get_if<Bad>(&split)) return *bad;
    Split& parts = std::get<Split>(split);
    if (parts.host.empty()) return Bad{"has no host"};
    if (parts.bracketed) {
        const auto canonical = canonical_ipv6(parts.host);
        if (!canonical) return Bad{"has no valid IPv6 address in its brackets"};
        parts.host = *canonical;
    } else if (!is_ipv4(parts.host) && !is_name(parts.host)) {
        return Bad{"has no valid host"};
    }
    const auto port = parse_port(parts.port, lowest_port);
    if (const auto* bad = std::get_if<Bad>(&port)) return *bad;
    return Url{false, parts.host, std::get<std::uint16_t>(port)};
}

}  // namespace

std::string Url::authority() const {
    if (empty()) return "";
    const bool brackets = host.find(':') != std::string::npos;
    return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Url::text() const {
    if (empty()) return "";
    return (tls ? "https://" : "http://") + authority();
}

Parsed<Url> parse_url(std::string_view text) {
    const std::size_t mark = text.find("://");
    const std::string scheme = mark == std::string_view::npos ? "" : lower(text.substr(0, mark));
    if (scheme != "http" && scheme != "https") {
        return Bad{"must begin with http:// or https://; " + std::string(kExample)};
    }
    std::string_view rest = text.substr(mark + 3);
    if (rest.find('@') != std::string_view::npos) {
        return Bad{"must not carry a user or a password"};
    }
    if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
    if (rest.find_first_of("/?#") != std::string_view::npos) {
        return Bad{"must end after the port, without a path; " + std::string(kExample)};
    }
    auto parsed = parse_authority(rest, 1);
    if (auto* bad = std::get_if<Bad>(&parsed)) return Bad{bad->why + "; " + std::string(kExample)};
    std::get<Url>(parsed).tls = scheme == "https";
    return parsed;
}

Parsed<Url> parse_listen(std::string_view text) {
    constexpr std::string_view example = "write it like \"127.0.0.1:9010\", or \"\" for none";
    auto parsed = parse_authority(text, 0);
    if (auto* bad = std::get_if<Bad>(&parsed)) return Bad{bad->why + "; " + std::string(example)};
    const HostKind kind = host_kind(std::get<Url>(parsed).host);
    if (kind == HostKind::kName || kind == HostKind::kLocalhostName) {
        return Bad{"must name an IP address, not a host name; " + std::string(example)};
    }
    return parsed;
}

Parsed<WebAddress> parse_web_address(std::string_view text) {
    const std::size_t mark = text.find("://");
    const std::string scheme = mark == std::string_view::npos ? "" : lower(text.substr(0, mark));
    if (scheme != "http" && scheme != "https") return Bad{"must begin with http:// or https://"};
    std::string_view rest = text.substr(mark + 3);
    const bool visible =
        std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!visible) return Bad{"must hold no spaces, and nothing but ASCII; write %20 for a space"};
    rest = rest.substr(0, rest.find('#'));
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, end);
    if (authority.find('@') != std::string_view::npos) {
        return Bad{"must not carry a user or a password; use token_file"};
    }
    if (authority.empty()) return Bad{"has no host"};
    const bool port_given = authority.find(':', authority.rfind(']') + 1) != std::string::npos;
    const std::string whole = std::string(authority) + (port_given          ? ""
                                                        : scheme == "https" ? ":443"
                                                                            : ":80");
    auto server = parse_authority(whole, 1);
    if (auto* bad = std::get_if<Bad>(&server)) return *bad;
    WebAddress address{std::get<Url>(std::move(server)), std::string(rest.substr(end))};
    address.server.tls = scheme == "https";
    if (address.path.empty() || address.path.front() != '/') address.path.insert(0, "/");
    return address;
}

HostKind host_kind(std::string_view host) {
    const std::string text(host);
    if (is_ipv4(text)) {
        return text.starts_with("127.") ? HostKind::kLoopback : HostKind::kOtherLiteral;
    }
    if (is_ipv6(text)) {
        return canonical_ipv6(text) == "::1" ? HostKind::kLoopback : HostKind::kOtherLiteral;
    }
    return text == "localhost" ? HostKind::kLocalhostName : HostKind::kName;
}

}  // namespace elector::config
