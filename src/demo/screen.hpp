// Owns how a picture is laid out: lines of styled text, cut to a width and a height.
// Must never write anywhere. Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "demo/picture.hpp"

namespace elector::demo {

enum class Style : std::uint8_t { kPlain, kDim, kBold, kGood, kBusy, kBad, kTitle };

struct Span {
    std::string text;
    Style style = Style::kPlain;
    bool operator==(const Span&) const = default;
};
using Line = std::vector<Span>;

/// At most `height` lines of at most `width` characters (ASCII); the last two are the keys.
/// Whatever the size, the members come first and old happenings go first.
std::vector<Line> lay_out(const Picture& picture, std::size_t width, std::size_t height);

/// One frame of a whole screen of that width, that redraws in place without a flicker.
std::string to_ansi(const std::vector<Line>& lines, std::size_t width, bool colour);
/// The text alone.
std::string to_text(const Line& line);

/// What it does or waits for, and for how long at most.
std::string why_text(const Why& why);
/// "812 ms", "1 234 ms"; "-" for nothing.
std::string milliseconds_text(const std::optional<model::Duration>& span);
/// "2.3 s"
std::string seconds_text(model::Duration span);

}  // namespace elector::demo
