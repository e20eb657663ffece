// Owns the reading of the node's answers on /ha and /health. Pure: no Asio.
// Must never guess: what is not exactly the documented answer is an error. Thread rule: values
// only.
#pragma once

#include <string_view>

#include "iotex/result.hpp"

namespace elector::iotex {

enum class HaStatus { kActive, kStandby };

/// Reads the body of a status query: `{"active":true}` or `{"active":false}`, white space allowed.
/// Anything else, an empty body too, is kMalformed and quotes the beginning of what came.
Result<HaStatus> parse_ha_status(std::string_view body);

/// Reads the answer of /health: 200 `OK` is true, 503 (any body) is false; another body is
/// kMalformed, another status kHttpStatus.
Result<bool> parse_readiness(unsigned status_code, std::string_view body);

}  // namespace elector::iotex
