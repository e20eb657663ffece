#include "iotex/ha_payload.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "iotex/excerpt.hpp"

namespace elector::iotex {
namespace {

Error unrecognised(std::string_view body) {
    return {ErrorKind::kMalformed, "expected {\"active\":true} or {\"active\":false}, got " +
                                       excerpt(body) + " [ha:malformed]"};
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

Result<HaStatus> parse_ha_status(std::string_view body) {
    boost::system::error_code failure;
    const boost::json::value document = boost::json::parse(body, failure);
    if (failure || !document.is_object()) return unrecognised(body);
    const auto& object = document.get_object();
    const auto* active = object.if_contains("active");
    // The parser merges repeated names silently: a second colon betrays
    // `{"active":true,"active":false}`.
    const bool single = object.size() == 1 && std::count(body.begin(), body.end(), ':') == 1;
    if (active == nullptr || !active->is_bool() || !single) return unrecognised(body);
    return active->get_bool() ? HaStatus::kActive : HaStatus::kStandby;
}

Result<bool> parse_readiness(unsigned status_code, std::string_view body) {
    if (status_code == 503) return false;
    if (status_code != 200) {
        return Error{ErrorKind::kHttpStatus,
                     "expected status 200 or 503 [http:" + std::to_string(status_code) + "]"};
    }
    if (trimmed(body) != "OK") {
        return Error{ErrorKind::kMalformed,
                     "expected OK, got " + excerpt(body) + " [health:malformed]"};
    }
    return true;
}

}  // namespace elector::iotex
