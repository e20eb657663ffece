// Owns the guardian's one line for people, as the service manager shows it.
// Must never do I/O, read a clock or allocate. Thread rule: values only.
#pragma once

#include "guardian/machine.hpp"

namespace elector::guardian {

/// What the guardian is doing; while its elector does the work, what that says of itself.
StatusText status_of(const Machine& machine, const StatusText& elector_says);

}  // namespace elector::guardian
