// Owns the one table of commands and options that help, shell completions and the manual page are
// made from, and that arguments are read by. Must never print. Thread rule: constant data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace elector::cli {

/// What a value looks like: "FILE" is completed with files, "a|b" with its alternatives.
struct Option {
    std::string_view name;   ///< "--json"
    std::string_view value;  ///< empty: a flag
    std::string_view text;   ///< what it does, without a full stop
};

struct Exit {
    int code = 0;
    std::string_view text;
};

struct Command {
    std::string_view name;
    std::vector<std::string_view> forms;  ///< what follows the name, one way to use it each
    std::string_view summary;             ///< a few words
    std::vector<std::string_view> about;  ///< paragraphs
    std::vector<Option> options;
    std::string_view operand;  ///< what a word that is no option is; as Option::value
    std::vector<Exit> exits;
};

/// In the order of the help. A command that is not here is not one for operators.
const std::vector<Command>& commands();
/// Null: there is none.
const Command* find_command(std::string_view name);
/// The same for one that is there.
const Command& command(std::string_view name);

/// "iotex-elector fence [--force] ...", one line a form; those behind the first are aligned below
/// "usage: ".
std::string usage_of(const Command& command);

}  // namespace elector::cli
