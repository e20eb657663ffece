#include "fuzz/check.hpp"

#include <algorithm>

namespace elector::fuzz {
namespace {

constexpr std::size_t kShown = 2000;

std::size_t continuation_bytes(unsigned char first) {
    if (first < 0x80) return 0;
    if (first >= 0xc2 && first < 0xe0) return 1;
    if (first >= 0xe0 && first < 0xf0) return 2;
    if (first >= 0xf0 && first < 0xf5) return 3;
    return std::string_view::npos;
}

/// Whole sequences of UTF-8; overlong ones of three and four bytes pass.
bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto more = continuation_bytes(static_cast<unsigned char>(text.front()));
        if (more == std::string_view::npos || more >= text.size()) return false;
        const auto rest = text.substr(1, more);
        const bool whole = std::all_of(rest.begin(), rest.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
        });
        if (!whole) return false;
        text.remove_prefix(1 + more);
    }
    return true;
}

}  // namespace

std::string escaped(std::string_view bytes) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (const char c : bytes.substr(0, kShown)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '\\') {
            out += c;
        } else {
            out += {'\\', 'x', hex[byte >> 4U], hex[byte & 15U]};
        }
    }
    return out + (bytes.size() > kShown ? "..." : "");
}

void require(bool holds, std::string_view claim, std::string_view seen) {
    if (holds) return;
    throw Violation(std::string(claim) + ": " + escaped(seen));
}

void require_same(std::string_view first, std::string_view second, std::string_view claim) {
    if (first == second) return;
    const auto [a, b] = std::mismatch(first.begin(), first.end(), second.begin(), second.end());
    const auto at = static_cast<std::size_t>(a - first.begin());
    const auto from = at > 40 ? at - 40 : 0;
    throw Violation(std::string(claim) + ": they differ at byte " + std::to_string(at) + "\n  " +
                    escaped(first.substr(from)) + "\n  " + escaped(second.substr(from)));
}

void require_readable(std::string_view text, std::string_view what, bool lines) {
    const bool control = std::any_of(text.begin(), text.end(), [lines](char c) {
        return (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) && !(lines && c == '\n');
    });
    require(!text.empty(), std::string(what) + " is not empty");
    require(!control, std::string(what) + " has no control characters", text);
    require(is_utf8(text), std::string(what) + " is UTF-8", text);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + separator.size());
    }
}

char take_selector(std::string_view& bytes) {
    if (bytes.empty()) return 0;
    const char first = bytes.front();
    bytes.remove_prefix(1);
    return first;
}

}  // namespace elector::fuzz
