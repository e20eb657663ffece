// Owns the start of a program that may lie where nothing answers: by fork, so that loading it holds
// up a child and not us. Must never allocate, nor run what is not safe between fork and exec.
// Thread rule: any.
#pragma once

#include <string_view>

#include <sys/types.h>

#include "spawn/child.hpp"

namespace elector::spawn {

/// What no program of the operator's is given: passwords and tokens are named so; the others are
/// between us and the service manager.
bool withheld(std::string_view variable);

/// Starts `what` with its input to read, `output` for what it says, and no other descriptor. To
/// `report` an int is written, the errno, if that fails later than here; it ends with 127 then.
/// All of them stay the caller's. -1: errno says why there is no process.
pid_t start_apart(const Start& what, int output, int report);

}  // namespace elector::spawn
