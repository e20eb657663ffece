#include "iotex/url.hpp"

#include <array>
#include <charconv>
#include <system_error>

#include <arpa/inet.h>

#include "iotex/excerpt.hpp"

namespace elector::iotex {
namespace {

constexpr std::string_view kScheme = "http://";

Error refused(std::string_view text, std::string_view cause) {
    return {ErrorKind::kInvalid, "cannot use URL " + excerpt(text) + ": " + std::string(cause) +
                                     " [url:invalid]; nothing is contacted there; write it as "
                                     "http://127.0.0.1:9009"};
}

bool is_literal(const std::string& host, int family) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    // An embedded NUL would end the C string early.
    return host.find('\0') == std::string::npos &&
           inet_pton(family, host.c_str(), address.data()) == 1;
}

bool parse_port(std::string_view text, std::uint16_t& port) {
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, port);
    return failure == std::errc{} && stop == end && port != 0;
}

}  // namespace

std::string authority(const Url& url) {
    const bool v6 = url.host.find(':') != std::string::npos;
    return (v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

Result<Url> parse_url(std::string_view text) {
    if (!text.starts_with(kScheme)) return refused(text, "only http:// is supported");
    std::string_view rest = text.substr(kScheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find_first_of("/?#@") != std::string_view::npos) {
        return refused(text, "it must be only a host and a port");
    }
    const auto colon = rest.rfind(':');
    const bool bracketed = rest.starts_with('[');
    const auto host_end = bracketed ? rest.find(']') : colon;
    if (colon == std::string_view::npos || host_end == std::string_view::npos ||
        (bracketed && colon != host_end + 1)) {
        return refused(text, "it has no port");
    }
    Url url;
    url.host = bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
    if (!parse_port(rest.substr(colon + 1), url.port))
        return refused(text, "the port is not 1-65535");
    if (url.host == "localhost") url.host = "127.0.0.1";
    if (!is_literal(url.host, bracketed ? AF_INET6 : AF_INET)) {
        return refused(text, "the host must be an IP address");
    }
    return url;
}

}  // namespace elector::iotex
