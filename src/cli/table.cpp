#include "cli/table.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace elector::cli {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Code points, which is close enough for names.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string cut(std::string_view text, std::size_t width) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (continues(text[i])) continue;
        if (seen++ == width) return std::string(text.substr(0, i));
    }
    return std::string(text);
}

std::string_view code(Tone tone) {
    switch (tone) {
        case Tone::kGood:
            return "\x1b[32m";
        case Tone::kBad:
            return "\x1b[1;31m";
        case Tone::kDim:
            return "\x1b[2m";
        case Tone::kPlain:
            break;
    }
    return "";
}

using Rows = std::vector<std::vector<Cell>>;

std::vector<std::size_t> widths_of(const std::vector<Column>& columns, const Rows& rows) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        auto width = width_of(columns[i].title);
        for (const auto& row : rows) width = std::max(width, width_of(row[i].text));
        widths.push_back(width);
    }
    return widths;
}

/// Which columns stay.
std::vector<std::size_t> fitting(const std::vector<Column>& columns,
                                 const std::vector<std::size_t>& widths, std::size_t room) {
    std::vector<std::size_t> stay;
    for (std::size_t i = 0; i < columns.size(); ++i) stay.push_back(i);
    for (;;) {
        std::size_t needed = 0;
        for (const auto i : stay) needed += widths[i] + 2;
        if (room == 0 || stay.empty() || needed - 2 <= room) return stay;
        const auto next = std::max_element(stay.begin(), stay.end(), [&](auto a, auto b) {
            return columns[a].drop < columns[b].drop;
        });
        if (columns[*next].drop == 0) return stay;
        stay.erase(next);
    }
}

}  // namespace

Look look_of_stdout() {
    Look look;
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    const char* const no_colour = std::getenv("NO_COLOR");
    look.colour = terminal && (no_colour == nullptr || *no_colour == '\0');
    if (const char* const columns = std::getenv("COLUMNS")) {
        const std::string_view text = columns;
        std::from_chars(text.data(), text.data() + text.size(), look.width);
    }
    winsize size{};
    if (look.width == 0 && terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        look.width = size.ws_col;
    return look;
}

std::string plain(std::string_view text) {
    std::string clean(text);
    for (auto& c : clean) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) c = '?';
    }
    // What follows 0xc2 may be a control character too (U+0080 to U+009F).
    for (std::size_t i = 0; i + 1 < clean.size(); ++i)
        if (clean[i] == '\xc2' && static_cast<unsigned char>(clean[i + 1]) < 0xa0)
            clean.replace(i, 2, "??");
    return clean;
}

std::string plain_lines(std::string_view text) {
    std::string clean;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        clean += plain(text.substr(0, end));
        if (end < text.size()) clean += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return clean;
}

std::string folded(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out;
    std::size_t column = indent;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (column > indent && width != 0 && column + 1 + width_of(word) > width) {
            out += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            column += 1;
        }
        out += word;
        column += width_of(word);
    }
    return out + "\n";
}

std::string toned(std::string_view text, Tone tone, const Look& look) {
    if (!look.colour || tone == Tone::kPlain) return std::string(text);
    return std::string(code(tone)) + std::string(text) + "\x1b[0m";
}

std::string render(const std::vector<Column>& columns, const Rows& given, const Look& look) {
    Rows rows = given;
    for (auto& row : rows)
        for (auto& cell : row) cell.text = plain(cell.text);
    std::vector<Cell> titles;
    for (const auto& column : columns) titles.push_back({column.title, Tone::kDim});
    const auto widths = widths_of(columns, rows);
    const auto stay = fitting(columns, widths, look.width);
    rows.insert(rows.begin(), titles);
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        std::size_t at = 0;
        for (const auto i : stay) {
            const auto room = look.width == 0 ? widths[i] : look.width - std::min(at, look.width);
            const auto shown = cut(row[i].text, room);
            line += toned(shown, row[i].tone, look);
            at += widths[i] + 2;
            const bool last = i == stay.back() || (look.width != 0 && at >= look.width);
            if (last) break;
            line.append(widths[i] + 2 - width_of(shown), ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

}  // namespace elector::cli
