// Owns the way from a TOML text to a Config: every key known, in range and consistent with the
// others, or a list of everything that is wrong. Must never write, and never print a secret.
// Thread rule: before the reactor runs, or on its thread (reads small files).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/document.hpp"
#include "config/environment.hpp"

namespace elector::config {

/// One thing wrong, or worth a warning.
struct Problem {
    std::string source;   ///< name of the file
    Position at;          ///< of the value; of the key when it is unknown; line 0: none
    std::string path;     ///< "election.hold"; empty for a syntax error
    std::string message;  ///< a whole sentence, the path included
    std::string whose{};  ///< `group "west"`, `group "west" and 3 more`; empty: the file's own

    /// `elector.toml:12:9: election.hold = "2s" must be ...`,
    /// `elector.toml:40:9: group "west": election.hold = "2s" must be ...`
    std::string render() const;
    bool operator==(const Problem&) const = default;
};

/// Either a configuration or at least one problem; warnings with both. Sorted by position.
struct LoadResult {
    std::optional<Config> config;
    std::vector<Problem> problems;
    std::vector<Problem> warnings;
    std::vector<Problem> spared;  ///< wrong, and not in the way of this use
    /// Groups that cannot be used and are not in `config`, as problems call them: `group "west"`,
    /// `group 3`.
    std::vector<std::string> left_out{};
};

/// What for: bringing a node to standby must not wait for what it does not need. A value whose
/// problem is spared is the default, or what could be read of it; a fence command or an API that
/// cannot be trusted is left out.
enum class Use {
    kAll,  ///< every problem counts
    kRun,  ///< the service: spares lost files of [fence], [api] and [[notify]]
    // The next two leave a group out that cannot be used, so that the others are served.
    kRecord,  ///< a word to etcd: needs [member], [election], [node] and [etcd], and of the files
              ///< of [etcd] only that they can be read; what is in them etcd may judge
    kDemote   ///< the node to standby: needs [member], [election] and [node]
};

/// Parses and validates the whole text and reads the secrets it names; an empty text is valid and
/// gives all defaults. `source` is only for messages.
LoadResult load(std::string_view text, std::string_view source, const Environment& environment,
                Use use = Use::kAll);

/// load() of a file; a file that cannot be read is a problem without position.
LoadResult load_file(const std::string& path, const Environment& environment, Use use = Use::kAll);

}  // namespace elector::config
