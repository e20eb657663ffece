// Owns what a configuration may ask of the machine it is loaded on: host name, environment
// variables, files. Must never write. Thread rule: used before the reactor runs and on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace elector::config {

/// What is known of a path without opening it. Symbolic links are followed.
struct FileFacts {
    std::string error;  ///< empty when there is something; else the system's words
    bool regular = false;
    bool readable = false;    ///< by this process
    bool executable = false;  ///< by this process
    unsigned mode = 0;        ///< permission bits
};

struct Environment {
    std::string host_name;
    std::function<std::optional<std::string>(const std::string& name)> variable;
    std::function<FileFacts(const std::string& path)> inspect;
    /// At most 512 KiB; nothing when the file cannot be read or is longer.
    std::function<std::optional<std::string>(const std::string& path)> read;
    /// The wall clock, which certificates are judged by: seconds since 1970.
    std::function<std::int64_t()> unix_seconds;
};

/// The real one.
Environment system_environment();

/// No host name, no variables, no files, the year 1970: what a test starts from.
Environment empty_environment();

}  // namespace elector::config
