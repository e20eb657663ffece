// Owns the result of reading one value from text: the value, or what is wrong with it.
// Must never carry a location (the loader adds it). Thread rule: values only.
#pragma once

#include <string>
#include <variant>

namespace elector::config {

/// Why a text is not acceptable, worded to follow the value: `must be ...`, `has no unit ...`.
struct Bad {
    std::string why;
    bool operator==(const Bad&) const = default;
};

template <class T>
using Parsed = std::variant<T, Bad>;

}  // namespace elector::config
