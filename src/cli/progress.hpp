// Owns the one line on a terminal's stderr that says how far a command is, and what it asks there.
// Must never write to anything else than a terminal. Thread rule: the command's thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "model/clock.hpp"

namespace elector::cli {

class Progress {
  public:
    Progress();
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Counts from now on. `expected`: what is usual.
    void begin(std::optional<model::Duration> expected);
    /// "  2.3 s of about 3.2 s: <what>"
    void show(const std::string& what);
    void clear();
    model::Duration elapsed() const;

  private:
    bool terminal_;
    bool shown_ = false;
    std::optional<model::Duration> expected_;
    std::chrono::steady_clock::time_point since_;
};

/// The operator agrees: --yes, or the word "yes" on a terminal. Else why not.
std::string not_agreed(bool yes, const std::string& question);

}  // namespace elector::cli
