// Owns the words of the stories: one command line, done to a world. See stories/README.md.
// Thread rule: one thread.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "scenarios/world.hpp"

namespace elector::scenarios {

struct BadCommand : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws BadCommand with what is wrong.
void run_command(World& world, const std::string& command);

}  // namespace elector::scenarios
