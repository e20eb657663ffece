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

/// The same with what was spared and which groups were left out.
std::optional<config::LoadResult> load_named(const Arguments& arguments, const Command& command,
                                             config::Use use);

/// What is wrong with asking for the group of that name; empty: it is there, or the file is all
/// there is. `name` empty: none was named. Requires a configuration.
std::string group_fault(const config::LoadResult& loaded, const std::string& name);

/// The one named by --group; the file itself when it has no groups. Null: said on stderr, with the
/// names there are.
const config::Config* group_of(const config::LoadResult& loaded, const Arguments& arguments,
                               const Command& command);
std::optional<config::Config> configuration_of_group(const Arguments& arguments,
                                                     const Command& command,
                                                     config::Use use = config::Use::kAll);

/// For one of the table.
std::optional<config::Config> configuration(const Arguments& arguments, const Command& command,
                                            config::Use use = config::Use::kAll);

}  // namespace elector::cli
