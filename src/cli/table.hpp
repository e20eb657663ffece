// Owns how tables and words look on a terminal: widths, colours, what is left out when it is
// narrow. Must never print. Thread rule: pure functions, but look_of() asks the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace elector::cli {

enum class Tone { kPlain, kGood, kBad, kDim };

struct Cell {
    std::string text;
    Tone tone = Tone::kPlain;
};

struct Column {
    std::string title;
    int drop = 0;  ///< where there is no room, the largest goes first; 0 never does
};

/// What is written to.
struct Look {
    std::size_t width = 0;  ///< 0: as wide as it needs
    bool colour = false;    ///< a terminal, and not NO_COLOR
};
/// Of standard output.
Look look_of_stdout();

/// Control characters that somebody has stored must not reach a terminal.
std::string plain(std::string_view text);
/// The same, but lines stay lines.
std::string plain_lines(std::string_view text);
/// Words in lines that end with a newline and are no wider than `width` (0: one line); those behind
/// the first begin at column `indent`, where the caller has brought the first.
std::string folded(std::string_view text, std::size_t indent, std::size_t width);
std::string toned(std::string_view text, Tone tone, const Look& look);

/// Lines that end with a newline. No line is wider than the look allows: columns are left out
/// first, then the line is cut.
std::string render(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows,
                   const Look& look);

}  // namespace elector::cli
