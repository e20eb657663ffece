#include "config/document.hpp"

#include <algorithm>
#include <sstream>

// toml++ 3.3 asserts, or lets the optimiser assume, what a mistyped file breaks: "[,api]" would
// abort. Without these assertions its own error handling, which follows each of them, answers.
#undef NDEBUG
#define TOML_ASSERT(condition) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 1
// Nested deeper than this is no configuration, and the parser recurses.
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

namespace elector::config {
namespace {

// Every dot of a dotted key is a table, which the parser's clean-up descends into by recursion.
constexpr std::ptrdiff_t kMostDotsInLine = 64;

// Our deepest value is an element of a list in a table of [[notify]].
constexpr int kDeepest = 5;

Position position_of(const toml::source_region& region) {
    return Position{static_cast<std::uint32_t>(region.begin.line),
                    static_cast<std::uint32_t>(region.begin.column)};
}

std::string as_written(const toml::node& node) {
    std::ostringstream out;
    node.visit([&out](const auto& concrete) { out << concrete; });
    return out.str();
}

Tree convert(const toml::node& node, int depth);

void convert_table(const toml::table& table, Tree& out, int depth) {
    out.kind = Tree::Kind::kTable;
    if (depth >= kDeepest) return;
    for (const auto& [key, value] : table) {
        Tree child = convert(value, depth + 1);
        child.key = std::string(key.str());
        child.key_at = position_of(key.source());
        out.children.push_back(std::move(child));
    }
    std::stable_sort(out.children.begin(), out.children.end(),
                     [](const Tree& a, const Tree& b) { return a.key_at < b.key_at; });
}

void convert_array(const toml::array& array, Tree& out, int depth) {
    out.kind = Tree::Kind::kArray;
    if (depth >= kDeepest) return;
    for (const toml::node& element : array) out.children.push_back(convert(element, depth + 1));
}

void convert_scalar(const toml::node& node, Tree& out) {
    if (const auto* boolean = node.as_boolean()) {
        out.kind = Tree::Kind::kBoolean;
        out.boolean = boolean->get();
    } else if (const auto* integer = node.as_integer()) {
        out.kind = Tree::Kind::kInteger;
        out.integer = integer->get();
    } else if (const auto* string = node.as_string()) {
        out.kind = Tree::Kind::kString;
        out.text = string->get();
    } else {
        out.kind = node.is_floating_point() ? Tree::Kind::kFloat : Tree::Kind::kDate;
        out.text = as_written(node);
    }
}

Tree convert(const toml::node& node, int depth) {
    Tree out;
    out.at = position_of(node.source());
    if (const auto* table = node.as_table()) {
        convert_table(*table, out, depth);
    } else if (const auto* array = node.as_array()) {
        convert_array(*array, out, depth);
    } else {
        convert_scalar(node, out);
    }
    return out;
}

/// Counts the dots of a document's lines that may belong to a key: those outside of quotes and
/// comments. After three quotes nobody but the parser can say what is inside: every dot counts.
class KeyDots {
  public:
    std::ptrdiff_t in(std::string_view line) {
        std::ptrdiff_t dots = 0;
        char quote = '\0';
        for (std::size_t i = 0; i < line.size() && !every_; ++i) {
            const char c = line[i];
            if (quote != '\0') {
                if (c == '\\' && quote == '"') ++i;
                if (c == quote) quote = '\0';
            } else if (c == '"' || c == '\'') {
                every_ = line.substr(i, 3) == std::string(3, c);
                quote = c;
            } else if (c == '#') {
                break;
            } else if (c == '.') {
                ++dots;
            }
        }
        return every_ ? std::count(line.begin(), line.end(), '.') : dots;
    }

  private:
    bool every_ = false;
};

/// The first line with more dots than any key of ours has; 0: there is none.
std::uint32_t line_of_dots(std::string_view text) {
    KeyDots dots;
    for (std::uint32_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (dots.in(text.substr(0, end)) > kMostDotsInLine) return number;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return 0;
}

}  // namespace

std::variant<Tree, SyntaxError> parse_document(std::string_view text) {
    if (text.size() > kMaxDocumentBytes) {
        return SyntaxError{{1, 1}, "the text is longer than 64 KiB; this is no configuration"};
    }
    if (const std::uint32_t line = line_of_dots(text); line != 0) {
        return SyntaxError{{line, 1}, "more than 64 dots in one line; this is no configuration"};
    }
    const toml::parse_result result = toml::parse(text);
    if (!result) {
        const toml::parse_error& error = result.error();
        return SyntaxError{position_of(error.source()), std::string(error.description())};
    }
    return convert(result.table(), 0);
}

}  // namespace elector::config
