#include "config/duration.hpp"

#include <array>
#include <cstdint>

namespace elector::config {
namespace {

using std::chrono::milliseconds;

struct Unit {
    std::string_view name;
    std::int64_t in_milliseconds;
};

constexpr std::array kUnits{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                            Unit{"h", 3'600'000}};
constexpr std::int64_t kLongest = 1000 * 3'600'000LL;
constexpr std::string_view kDigits = "0123456789";

Bad malformed() {
    return Bad{
        "is no duration; write one number and one unit, such as \"300ms\", \"2.5s\", \"10m\" or "
        "\"1h\""};
}

std::int64_t to_number(std::string_view digits) {
    std::int64_t value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
}

/// Takes the leading digits off `text`.
std::string_view take_digits(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_not_of(kDigits), text.size());
    const std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
}

/// whole.fraction x unit, exactly.
Parsed<model::Duration> combine(std::string_view whole, std::string_view fraction, Unit unit) {
    whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
    while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
    constexpr std::size_t most_digits = 10;  // 10^10 h in milliseconds still fits 63 bits
    if (whole.size() > most_digits) return Bad{"is too long; at most \"1000h\""};
    if (fraction.size() > most_digits) return Bad{"is finer than a millisecond"};
    std::int64_t scale = 1;
    for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
    const std::int64_t part = to_number(fraction) * unit.in_milliseconds;
    if (part % scale != 0) return Bad{"is finer than a millisecond"};
    const std::int64_t total = to_number(whole) * unit.in_milliseconds + part / scale;
    if (total > kLongest) return Bad{"is too long; at most \"1000h\""};
    return model::Duration{milliseconds{total}};
}

}  // namespace

Parsed<model::Duration> parse_duration(std::string_view text) {
    if (text.starts_with('-')) return Bad{"must not be negative"};
    const std::string_view whole = take_digits(text);
    if (whole.empty()) return malformed();
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
        if (fraction.empty()) return malformed();
    }
    if (text.empty()) return Bad{"has no unit; write for example \"300ms\" or \"5s\""};
    for (const Unit unit : kUnits) {
        if (unit.name == text) return combine(whole, fraction, unit);
    }
    return malformed();
}

std::string format_duration(model::Duration span) {
    const std::int64_t total = std::chrono::duration_cast<milliseconds>(span).count();
    if (total < 0) return "-" + format_duration(-span);
    if (total > 0 && total % 3'600'000 == 0) return std::to_string(total / 3'600'000) + "h";
    if (total > 0 && total % 60'000 == 0) return std::to_string(total / 60'000) + "m";
    if (total > 0 && total < 1000) return std::to_string(total) + "ms";
    std::string out = std::to_string(total / 1000);
    if (total % 1000 != 0) {
        std::string fraction = std::to_string(1000 + total % 1000).substr(1);
        while (fraction.back() == '0') fraction.pop_back();
        out += "." + fraction;
    }
    return out + "s";
}

}  // namespace elector::config
