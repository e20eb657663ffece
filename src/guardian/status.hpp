// Owns the guardian's words for people: one line as the service manager shows it, why it acts.
// Must never do I/O, read a clock or allocate. Thread rule: values only.
#pragma once

#include <string_view>

#include "guardian/machine.hpp"

namespace elector::guardian {

/// What the guardian is doing; while its elector does the work, what that says of itself.
StatusText status_of(const Machine& machine, const StatusText& elector_says);

/// Why the guardian acts: a word, and a sentence.
std::string_view word(Reason reason);
std::string_view sentence(Reason reason);

}  // namespace elector::guardian
