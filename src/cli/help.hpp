// Owns the texts that are made from the table of commands: help, shell completions, manual page.
// Must never print, nor name an option of its own. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/commands.hpp"

namespace elector::cli {

/// One line for each form of each command.
std::string help_of_all();
std::string help_of(const Command& command);

/// Source of iotex-elector(1), for man(7).
std::string man_page(std::string_view version);

/// "bash", "zsh" or "fish"; none: there are no others.
std::optional<std::string> completion(std::string_view shell);

}  // namespace elector::cli
