// Owns the text of any plain value of the core, field by field, so that whole states can be
// compared without listing their members. Thread rule: pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/pfr.hpp>

#include "core/state.hpp"

namespace elector::core {

template <class T>
std::string dump(const T& value);

namespace dumping {

template <class T>
inline constexpr bool kIsDuration = false;
template <class R, class P>
inline constexpr bool kIsDuration<std::chrono::duration<R, P>> = true;

template <class C, class D>
std::string text(const std::chrono::time_point<C, D>& value) {
    return std::to_string(value.time_since_epoch().count());
}
inline std::string text(const std::string& value) { return '"' + value + '"'; }
inline std::string text(std::string_view value) { return '"' + std::string(value) + '"'; }
template <class T>
std::string text(const std::optional<T>& value) {
    return value ? dump(*value) : "none";
}
template <class T>
std::string text(const std::vector<T>& list) {
    std::string out = "[";
    for (const auto& item : list) out += dump(item) + " ";
    return out + "]";
}
template <class... Ts>
std::string text(const std::variant<Ts...>& value) {
    return std::to_string(value.index()) +
           std::visit([](const auto& held) { return dump(held); }, value);
}
template <class T>
std::string text(const T& value) {
    std::string out = "{";
    if constexpr (!std::is_empty_v<T>)
        boost::pfr::for_each_field(value, [&](const auto& field) { out += dump(field) + " "; });
    return out + "}";
}

}  // namespace dumping

template <class T>
std::string dump(const T& value) {
    if constexpr (std::is_pointer_v<T>) {
        return value ? dump(*value) : "null";
    } else if constexpr (std::is_enum_v<T>) {
        return std::to_string(static_cast<long long>(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
        return std::to_string(value);
    } else if constexpr (dumping::kIsDuration<T>) {
        return std::to_string(value.count());
    } else {
        return dumping::text(value);
    }
}

template <class T>
bool same(const T& a, const T& b);

namespace dumping {

template <class T>
bool equal(const std::optional<T>& a, const std::optional<T>& b) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
}
template <class T>
bool equal(const std::vector<T>& a, const std::vector<T>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!same(a[i], b[i])) return false;
    return true;
}
template <class... Ts>
bool equal(const std::variant<Ts...>& a, const std::variant<Ts...>& b) {
    if (a.index() != b.index()) return false;
    return std::visit(
        [&](const auto& held) { return same(held, std::get<std::decay_t<decltype(held)>>(b)); }, a);
}
template <class T, std::size_t... I>
bool equal_fields(const T& a, const T& b, std::index_sequence<I...>) {
    return (same(boost::pfr::get<I>(a), boost::pfr::get<I>(b)) && ...);
}
template <class T>
bool equal(const T& a, const T& b) {
    if constexpr (std::is_empty_v<T>) {
        return true;
    } else {
        return equal_fields(a, b, std::make_index_sequence<boost::pfr::tuple_size_v<T>>{});
    }
}

}  // namespace dumping

/// Field by field, like dump() but quicker.
template <class T>
bool same(const T& a, const T& b) {
    if constexpr (std::is_pointer_v<T> || std::is_enum_v<T> || std::is_arithmetic_v<T> ||
                  dumping::kIsDuration<T> || std::is_same_v<T, Instant> ||
                  std::is_same_v<T, std::string>) {
        return a == b;
    } else {
        return dumping::equal(a, b);
    }
}

/// Where two dumps part; empty when they are the same.
inline std::string difference(const std::string& a, const std::string& b) {
    std::size_t i = 0;
    while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
    if (i == a.size() && i == b.size()) return {};
    const auto from = i < 60 ? 0 : i - 60;
    return "…" + a.substr(from, 120) + "\n…" + b.substr(from, 120);
}

}  // namespace elector::core
