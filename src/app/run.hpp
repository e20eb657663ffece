// Owns the service: a guardian and its elector, or one member in the foreground: signals, reload,
// exit code.
// Must never decide an election. Thread rule: called from main, blocks until the end.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace elector::app {

struct RunOptions {
    config::Config config;
    /// Reads the configuration again, on SIGHUP.
    std::function<config::LoadResult()> reload;
    /// Lines to log at start (warnings of the loader, the note on older command lines).
    std::vector<std::string> notes;
    /// What a child has to be told so that it reads the same configuration.
    std::vector<std::string> arguments;
    /// This process is the elector of a guardian, which holds the node's lock.
    bool has_guardian = false;
};

/// Runs until the member has handed over and left: as the guardian of an elector that is started,
/// or, when the configuration wants none, or there is one already, as the elector itself. Exit
/// codes: 0 clean, 1 refused, 3 drain overran, 70 invariant broken. SIGTERM and SIGINT drain;
/// SIGHUP reloads; SIGUSR1 dumps state and last events.
int run_service(RunOptions options);

}  // namespace elector::app
