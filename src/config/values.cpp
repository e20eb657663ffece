#include "config/values.hpp"

#include <algorithm>
#include <vector>

#include "config/duration.hpp"
#include "config/text.hpp"
#include "model/notice.hpp"

namespace elector::config {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestKey = 256;
constexpr std::size_t kLongestText = 1024;
constexpr std::int64_t kPpmPerPercent = 10'000;
constexpr std::string_view kDigits = "0123456789";

bool has_control(std::string_view text) { return find_control(text) != std::string_view::npos; }

}  // namespace

std::string member_name_fault(std::string_view text) {
    if (text.empty()) return "must not be empty";
    if (text.size() > kLongestName) return "is longer than 64 bytes";
    if (text.find('/') != std::string_view::npos)
        return "must not contain \"/\"; it is part of a key";
    if (has_control(text)) return "must not contain control characters";
    if (text.front() == ' ' || text.back() == ' ') return "must not begin or end with a space";
    return "";
}

std::string election_key_fault(std::string_view text) {
    if (text.empty()) return "must not be empty";
    if (text.size() > kLongestKey) return "is longer than 256 bytes";
    if (has_control(text)) return "must not contain control characters";
    if (text.ends_with('/'))
        return "must not end in \"/\"; candidates queue under the key plus \"/\"";
    if (text.ends_with(".d"))
        return "must not end in \".d\"; that ending is kept for the group's records";
    return "";
}

std::string path_fault(std::string_view text) {
    if (text.empty()) return "";
    if (text.size() > kLongestText) return "is longer than 1024 bytes";
    if (has_control(text)) return "must not contain control characters";
    if (text.front() != '/') return "must be an absolute path, beginning with \"/\"";
    return "";
}

std::string program_fault(std::string_view text) {
    if (text.empty()) return "must not be empty";
    const std::string fault = path_fault(text);
    return fault.empty() ? fault : fault + "; neither a shell nor PATH is used";
}

std::string plain_fault(std::string_view text) {
    if (text.size() > kLongestText) return "is longer than 1024 bytes";
    if (has_control(text)) return "must not contain control characters";
    return "";
}

std::string webhook_fault(std::string_view text) {
    if (text.empty()) return "";
    if (text.size() > kLongestText) return "is longer than 1024 bytes";
    const auto parsed = parse_web_address(text);
    const auto* bad = std::get_if<Bad>(&parsed);
    return bad ? bad->why : "";
}

std::string notify_event_fault(std::string_view text) {
    std::vector<std::string_view> known(kNotifyClasses.begin(), kNotifyClasses.end());
    known.emplace_back("role_change");
    for (const auto& row : model::notice_table()) known.push_back(row.name);
    if (std::find(known.begin(), known.end(), text) != known.end()) return "";
    const std::string_view near = closest(text, known);
    const std::string hint = near.empty() ? "" : "; did you mean " + quoted(near) + "?";
    return "must be " + alternatives(kNotifyClasses) + ", or the name of an event of the election" +
           hint;
}

std::string node_address_fault(const Url& url) {
    if (url.tls) return "must begin with http://; the node speaks no TLS";
    const HostKind kind = host_kind(url.host);
    if (kind == HostKind::kLoopback || kind == HostKind::kLocalhostName) return "";
    return "must be on this host's loopback, for example \"http://127.0.0.1:" +
           std::to_string(url.port) +
           "\"; a node elsewhere could go on signing when this host is lost";
}

Parsed<std::int64_t> parse_percent(std::string_view text) {
    const Bad malformed{"must be a percentage in quotes, such as \"1%\" or \"0.5%\""};
    if (!text.ends_with('%')) return malformed;
    text.remove_suffix(1);
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, dot);
    std::string fraction(text.substr(std::min(dot + 1, text.size())));
    const bool digits = whole.find_first_not_of(kDigits) == std::string_view::npos &&
                        fraction.find_first_not_of(kDigits) == std::string::npos;
    const bool dangling = dot != text.size() && fraction.empty();
    if (!digits || dangling || whole.empty() || whole.size() > 3) return malformed;
    if (fraction.size() > 4) return Bad{"has more than four decimals"};
    fraction.resize(4, '0');
    std::int64_t ppm = 0;
    for (const char c : std::string(whole) + fraction) ppm = ppm * 10 + (c - '0');
    if (ppm < 1 || ppm > 5 * kPpmPerPercent)
        return Bad{"must be more than \"0%\" and at most \"5%\""};
    return ppm;
}

std::string format_percent(std::int64_t ppm) {
    std::string out = std::to_string(ppm / kPpmPerPercent);
    std::string fraction = std::to_string(kPpmPerPercent + ppm % kPpmPerPercent).substr(1);
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
    if (!fraction.empty()) out += "." + fraction;
    return out + "%";
}

Parsed<std::optional<Duration>> parse_failback(std::string_view text) {
    constexpr std::string_view prefix = "after ";
    if (text == "manual") return std::optional<Duration>{};
    if (!text.starts_with(prefix)) return Bad{"must be \"manual\" or for example \"after 10m\""};
    const auto parsed = parse_duration(text.substr(prefix.size()));
    if (std::holds_alternative<Bad>(parsed)) {
        return Bad{"must be \"manual\" or for example \"after 10m\""};
    }
    const Duration after = std::get<Duration>(parsed);
    if (after < seconds{5} || after > std::chrono::hours{24}) {
        return Bad{"must wait between \"5s\" and \"24h\""};
    }
    return std::optional<Duration>{after};
}

std::string format_failback(std::optional<Duration> after) {
    return after ? "after " + format_duration(*after) : "manual";
}

std::string choice_fault(std::string_view text, std::span<const std::string_view> names) {
    const std::string_view near = closest(text, names);
    const std::string hint = near.empty() ? "" : "; did you mean " + quoted(near) + "?";
    return "must be " + alternatives(names) + hint;
}

}  // namespace elector::config
