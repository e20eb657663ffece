#include "admin/gate.hpp"

#include <algorithm>
#include <cctype>

#include <openssl/crypto.h>

#include "config/url.hpp"

namespace elector::admin {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

/// Without the port; an IPv6 literal without its brackets.
std::string_view host_of(std::string_view field) {
    if (field.starts_with('[')) {
        const auto end = field.find(']');
        if (end == std::string_view::npos) return {};
        const auto rest = field.substr(end + 1);
        if (!rest.empty() && !rest.starts_with(':')) return {};
        return field.substr(1, end - 1);
    }
    return field.substr(0, field.find(':'));
}

/// "http://127.0.0.1:9010" -> "127.0.0.1:9010"
std::string_view authority_of(std::string_view origin) {
    const auto cut = origin.find("://");
    return cut == std::string_view::npos ? std::string_view{} : origin.substr(cut + 3);
}

bool is_json(std::string_view content_type) {
    const auto media = lower(content_type.substr(0, content_type.find(';')));
    const auto end = media.find_last_not_of(" \t");
    return end != std::string::npos && media.substr(0, end + 1) == "application/json";
}

}  // namespace

bool carries_token(std::string_view authorization, std::string_view token) {
    constexpr std::string_view scheme = "bearer ";
    if (token.empty() || lower(authorization.substr(0, scheme.size())) != scheme) return false;
    authorization.remove_prefix(scheme.size());
    if (authorization.size() != token.size()) return false;  // its length is no secret
    return CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

bool names_loopback(std::string_view host_field) {
    const auto host = lower(host_of(host_field));
    const auto kind = config::host_kind(host);
    return kind == config::HostKind::kLoopback || kind == config::HostKind::kLocalhostName;
}

std::optional<Answer> judge(const Request& request, const Protection& protection) {
    if (!protection.token.empty() && !carries_token(request.authorization, protection.token)) {
        auto answer =
            refusal(401, "cannot change anything: the token is missing or wrong [api:token]",
                    "send the field Authorization: Bearer TOKEN, with what api.token_file holds");
        answer.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"iotex-elector\"");
        return answer;
    }
    if (protection.loopback && !names_loopback(request.host))
        return refusal(403,
                       "cannot change anything: the field Host does not name this host's loopback "
                       "[api:host]",
                       "ask for 127.0.0.1, as a web page under another name may be behind this");
    if (!request.origin.empty() && authority_of(request.origin) != request.host)
        return refusal(403, "cannot change anything: a page of another origin asks [api:origin]",
                       "send it from the dashboard, or from a program");
    if (!request.body.empty() && !is_json(request.content_type))
        return refusal(415, "cannot read the body: it is not sent as application/json [api:type]",
                       "send the field Content-Type: application/json, or no body");
    return std::nullopt;
}

}  // namespace elector::admin
