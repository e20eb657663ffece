// Owns the way from this program to the small one that is a guardian and nothing else: where it is,
// whether it is of this very version, and becoming it.
// Must never leave a service without a guardian: who cannot become one is told why, and is one
// itself. Thread rule: called from main, before there are threads.
#pragma once

#include <string>
#include <vector>

#include "guardian/settings.hpp"

namespace elector::app {

/// Where it is installed, and built, as seen from the folder of this program.
std::string guardian_program();

/// Why the program that is open there is not to be trusted with a service; empty: it runs, and is
/// of this very version. Waits no longer than `most` for its word.
std::string unfit(int program, model::Duration most = std::chrono::seconds(2));

/// Becomes that program: it keeps the process id, the environment and the inherited descriptors.
/// Returns only when that cannot be, with the reason; then nothing has been done. `arguments` are
/// for people who look at its command line.
std::string become_guardian(const std::string& path, const guardian::Settings& settings,
                            const std::vector<std::string>& arguments);

}  // namespace elector::app
