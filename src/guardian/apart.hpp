// Owns the start of a program that may lie where nothing answers: by fork, so that loading it holds
// up a child and not us. Must never allocate, nor run what is not safe between fork and exec.
// Thread rule: any.
#pragma once

#include <sys/types.h>

#include "guardian/child.hpp"

namespace elector::guardian {

/// Starts `what` with nothing to read, `output` for what it says, and no other descriptor. To
/// `report` an int is written, the errno, if that fails later than here; it ends with 127 then.
/// Both stay the caller's. -1: errno says why there is no process.
pid_t start_apart(const Start& what, int output, int report);

}  // namespace elector::guardian
