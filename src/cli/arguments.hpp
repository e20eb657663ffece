// Owns how a command's arguments and its configuration file are read, and what is said when they
// cannot be. Must never connect anywhere. Thread rule: called from main.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "config/load.hpp"

namespace elector::cli {

/// What stood on the command line. A flag has an empty value.
using Arguments = std::map<std::string, std::string>;

/// Reads `--name VALUE`, `--name=VALUE` and `--flag`. None: said on stderr, with the usage.
std::optional<Arguments> parse(const std::vector<std::string>& words,
                               const std::vector<std::string>& valued,
                               const std::vector<std::string>& flags, const char* usage);

/// The same by the table of commands.
std::optional<Arguments> parse(const std::vector<std::string>& words, const Command& command);

/// `--help` or `-h` is among the words.
bool asks_for_help(const std::vector<std::string>& words);

/// Tells every problem on stderr; the exit code for a bad configuration.
int complain(const config::LoadResult& loaded);

/// The file named by --config; without it /etc/iotex-elector/elector.toml, if there is one. None:
/// said on stderr.
std::optional<std::string> configuration_file(const Arguments& arguments, const char* usage);

/// The configuration named by --config; without it /etc/iotex-elector/elector.toml, if there is
/// one. None: said on stderr. What is spared is told there too.
std::optional<config::Config> configuration(const Arguments& arguments, const char* usage,
                                            config::Use use = config::Use::kAll);

/// For one of the table.
std::optional<config::Config> configuration(const Arguments& arguments, const Command& command,
                                            config::Use use = config::Use::kAll);

}  // namespace elector::cli
