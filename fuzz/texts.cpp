// Claims about single values of a configuration: what is read is written back, and read again.
#include "config/duration.hpp"
#include "config/text.hpp"
#include "config/url.hpp"
#include "config/values.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"

namespace elector::fuzz {
namespace {

using config::Bad;
using config::Parsed;

/// `read` of what `write` makes of an accepted value is that value; a refusal has words.
template <class T, class Read, class Write>
void judge(std::string_view text, Read read, Write write) {
    const Parsed<T> parsed = read(text);
    if (const auto* bad = std::get_if<Bad>(&parsed)) return require_readable(bad->why, "a refusal");
    const std::string written = write(std::get<0>(parsed));
    require_readable(written, "a written value");
    const Parsed<T> again = read(written);
    require(again == parsed, "a written value is read back", written);
    require_same(write(std::get<0>(again)), written, "a value has one written form");
}

std::string with_scheme(const config::Url& url) { return url.text(); }
std::string without_scheme(const config::Url& url) { return url.authority(); }

}  // namespace

void fuzz_texts(std::string_view bytes) {
    judge<model::Duration>(bytes, config::parse_duration, config::format_duration);
    judge<std::int64_t>(bytes, config::parse_percent, config::format_percent);
    judge<std::optional<model::Duration>>(bytes, config::parse_failback, config::format_failback);
    judge<config::Url>(bytes, config::parse_url, with_scheme);
    judge<config::Url>(bytes, config::parse_listen, without_scheme);
    // What is shown of a text has no user name or password of an address.
    const auto secret = "http://user:Zq7hX2@" + std::string(bytes);
    require(config::shown(secret).find("Zq7hX2") == std::string::npos ||
                bytes.find("Zq7hX2") != std::string_view::npos,
            "a shown address hides its user", config::shown(secret));
    for (const auto& shown : {config::shown(bytes), config::shown_key(bytes)}) {
        require(config::find_control(shown) == std::string_view::npos,
                "what is shown has no control characters", shown);
        require(shown.size() <= 6 * 60 + 5, "what is shown is short", shown);
    }
}

}  // namespace elector::fuzz
