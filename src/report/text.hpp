// Owns the words that documents and tables share: spans, instants, states.
// Must never print. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/record.hpp"
#include "report/group.hpp"

namespace elector::report {

/// "0.4 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h".
std::string span_text(model::Duration span);
/// "2026-08-01T10:20:30Z".
std::string utc_text(std::int64_t unix_ms);
std::string_view word(model::HolderRecord::State state);
std::string_view word(model::NodeActivity activity);
std::string_view word(Place place);

}  // namespace elector::report
