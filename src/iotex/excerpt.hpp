// Owns how a piece of a foreign answer is shown to people: short, quoted, printable.
// Pure. Must never pass control characters on to a terminal or a log. Thread rule: values only.
#pragma once

#include <string>
#include <string_view>

namespace elector::iotex {

/// The first bytes of `text` in double quotes, with \xNN for what is not printable ASCII and "..."
/// when something was left out. "an empty body" when there is none.
std::string excerpt(std::string_view text);

}  // namespace elector::iotex
