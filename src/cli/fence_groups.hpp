// Owns how the nodes of all groups of a file are brought to standby side by side. Must never wait
// for one before the next is told. Thread rule: called from main, before there is any thread.
#pragma once

#include "cli/session.hpp"
#include "config/load.hpp"

namespace elector::cli {

/// 0: every node is, certainly; 1: one is not, or its group could not be read from the file.
int fence_groups(const Means& means, const config::LoadResult& file, bool force);

}  // namespace elector::cli
