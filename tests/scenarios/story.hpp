// Owns the reading, telling and comparing of one story file.
// Thread rule: one thread.
#pragma once

#include <string>

#include <doctest/doctest.h>

namespace elector::scenarios {

struct Outcome {
    std::string written;  ///< the file as it stands
    std::string told;     ///< the file as the world tells it now
};

/// Runs the commands of the file. With --rewrite on the command line the file becomes what was
/// told.
Outcome run_story(const std::string& path);

/// The lines that no story may have, each below its command.
std::string trouble(const Outcome& outcome);
/// The first line in which they differ, with its neighbours; empty when they do not.
std::string first_difference(const Outcome& outcome);

}  // namespace elector::scenarios

#define CHECK_STORY(path)                                         \
    do {                                                          \
        const auto outcome = elector::scenarios::run_story(path); \
        INFO(elector::scenarios::first_difference(outcome));      \
        CHECK(outcome.written == outcome.told);                   \
        CHECK(elector::scenarios::trouble(outcome) == "");        \
    } while (false)
