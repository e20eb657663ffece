// Owns the judgement of a reload: what changed between two configurations and from when it counts.
// Must never apply anything, and never show a secret. Thread rule: pure functions.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/keys.hpp"

namespace elector::config {

/// One key whose effective value differs. `from` and `to` are TOML, or "(hidden)".
struct Change {
    std::string path;
    std::string from;
    std::string to;
    ReloadClass when = ReloadClass::kLive;
    std::string group{};  ///< the name of its [[group]] table; empty: the whole file

    /// One sentence for the log.
    std::string render() const;
    bool operator==(const Change&) const = default;
};

/// All or nothing: with one refused change, none may be applied.
struct ReloadPlan {
    std::vector<Change> changes;

    bool empty() const { return changes.empty(); }
    bool refused() const;
    /// The sentences to log: only the refused ones when refused(), else one per change.
    std::vector<std::string> messages() const;
};

/// Of whole files. Every group's changes, and the file's own. Which groups there are, and their
/// order, is refused.
ReloadPlan diff(const Config& running, const Config& loaded);

}  // namespace elector::config
