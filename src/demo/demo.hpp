// Owns `iotex-elector demo`: three members, three simulated nodes and an etcd of its own, live in
// the terminal. Must never leave a process or a file behind. Thread rule: the main thread, which
// the etcd child dies with.
#pragma once

#include <string>
#include <vector>

namespace elector::demo {

/// Runs the demo with the words after `demo`. Returns the exit code: 0 when all went well (or the
/// user quit), 1 when a hand-over failed or something is missing, 2 for wrong words, 128 + signal.
int demo(const std::vector<std::string>& arguments);

}  // namespace elector::demo
