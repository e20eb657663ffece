// Owns what a guardian is told at its start, and how that reaches one that is a program of its own:
// as bytes in a sealed memfd, between two programs of one build.
// Must never read a configuration. Thread rule: values, but for the calls with a descriptor.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "guardian/process.hpp"

namespace elector::guardian {

struct Settings {
    Options options;
    bool json = false;  ///< its log
    Level least = Level::kInfo;
};

/// What both programs have to be: of one version, with one link and one form of settings.
std::string stamp();

std::string encode(const Settings& settings);
/// None: not the settings of this very stamp, in every byte. The program is not among them.
std::optional<Settings> decode_settings(std::string_view bytes);

/// A descriptor that whoever inherits it can only read. -1: errno says why not.
int seal(const Settings& settings);
/// Closes it. None: it is nothing that seal() has made for this stamp.
std::optional<Settings> unseal(int fd);

/// A whole guardian: takes the locks of its nodes, then guards them. The exit code of the service.
int serve(const Settings& settings);

}  // namespace elector::guardian
