// Owns the group as this member knows it, without asking anybody: what the store has told it, and
// what only it knows of itself. Must never judge: see src/report. Thread rule: pure functions.
#pragma once

#include "admin/host.hpp"
#include "report/group.hpp"

namespace elector::admin {

report::Local local_of(const Host& host);
report::GroupInput group_input(const Host& host);

/// This member's node as it is known here, for what it has published may be a moment older: a
/// leader is asked to hand over once it says that it leads. Nothing of a member that does not lead.
void put_own_word(const Host& host, model::ElectionView& view);

}  // namespace elector::admin
