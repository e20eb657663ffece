// Owns the service: one member in the foreground, signals, reload, exit code.
// Must never decide an election. Thread rule: called from main, blocks until the end.
#pragma once

#include <functional>
#include <string>

#include "config/load.hpp"

namespace elector::app {

struct RunOptions {
    config::Config config;
    /// Reads the configuration again, on SIGHUP.
    std::function<config::LoadResult()> reload;
    /// Lines to log at start (warnings of the loader, the note on older command lines).
    std::vector<std::string> notes;
};

/// Runs until the member has handed over and left. Exit codes: 0 clean, 1 refused, 3 drain overran,
/// 70 invariant broken. SIGTERM and SIGINT drain; SIGHUP reloads; SIGUSR1 dumps state and last
/// events.
int run_service(RunOptions options);

}  // namespace elector::app
