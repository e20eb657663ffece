// Owns how a row of the key table is tied to its place in Config. Internal to keys.cpp.
// Must never name a key. Thread rule: constants.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/keys.hpp"
#include "config/values.hpp"

namespace elector::config::fields {

/// A member of a section: Slot<&Config::election, &Election::hold>.
template <auto Section, auto Member>
struct Slot {
    using Type = std::remove_reference_t<decltype(std::declval<Config&>().*Section.*Member)>;
    static Type& ref(Config& config) { return config.*Section.*Member; }
    static const Type& get(const Config& config) { return config.*Section.*Member; }
};

/// A member of the last [[notify]] table.
template <auto Member>
struct NotifySlot {
    using Type = std::remove_reference_t<decltype(std::declval<Notify&>().*Member)>;
    static Type& ref(Config& config) { return config.notify.back().*Member; }
    static const Type& get(const Config& config) { return config.notify.back().*Member; }
};

template <class At>
constexpr BoolField boolean() {
    return {At::ref, At::get};
}

template <class At>
constexpr IntField integer(std::int64_t min, std::int64_t max) {
    return {At::ref, At::get, min, max};
}

template <class At>
constexpr DurationField duration(Duration min, Duration max) {
    return {At::ref, At::get, min, max};
}

template <class At, auto Fault>
constexpr TextField text() {
    return {[](Config& config, std::string_view written) {
                std::string fault = Fault(written);
                if (fault.empty()) At::ref(config) = std::string(written);
                return fault;
            },
            [](const Config& config) { return At::get(config); }};
}

template <class Value>
std::string store_choice(Value& value, std::string_view written,
                         std::span<const std::string_view> names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] != written) continue;
        value = static_cast<Value>(i);
        return "";
    }
    return choice_fault(written, names);
}

template <class At, const auto& Names>
constexpr TextField choice() {
    return {[](Config& config, std::string_view written) {
                return store_choice(At::ref(config), written, Names);
            },
            [](const Config& config) {
                return std::string(Names[static_cast<std::size_t>(At::get(config))]);
            }};
}

/// `Parse` gives Parsed<the member's type>, `Format` writes it back.
template <class At, auto Parse, auto Format>
constexpr TextField parsed() {
    return {[](Config& config, std::string_view written) -> std::string {
                auto result = Parse(written);
                if (auto* bad = std::get_if<Bad>(&result)) return bad->why;
                At::ref(config) = std::get<0>(std::move(result));
                return "";
            },
            [](const Config& config) { return Format(At::get(config)); }};
}

template <class At, auto Fault>
constexpr ListField texts(std::size_t max_size) {
    return {[](Config& config) { At::ref(config).clear(); },
            [](Config& config, std::string_view written) {
                std::string fault = Fault(written);
                if (fault.empty()) At::ref(config).emplace_back(written);
                return fault;
            },
            [](const Config& config) { return At::get(config); }, max_size};
}

}  // namespace elector::config::fields
