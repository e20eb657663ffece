#include "iotex/excerpt.hpp"

#include <cstddef>

namespace elector::iotex {
namespace {

constexpr std::size_t kShown = 48;

void append_visible(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
        out += c;
    } else {
        out += "\\x";
        out += kHex[byte >> 4U];
        out += kHex[byte & 0xfU];
    }
}

}  // namespace

std::string excerpt(std::string_view text) {
    if (text.empty()) return "an empty body";
    std::string out = "\"";
    for (const char c : text.substr(0, kShown)) append_visible(out, c);
    if (text.size() > kShown) out += "...";
    out += '"';
    return out;
}

}  // namespace elector::iotex
