// Owns the judgement "at most one node of the group is active", from what members have published of
// their nodes, and that a breach is told and written down. Must never touch a node or the record:
// each member demotes its own node by what it sees of it. Thread rule: values only.
#pragma once

#include <optional>
#include <string>

#include "model/election_view.hpp"
#include "model/event.hpp"
#include "model/means.hpp"

namespace elector::sentinel {

using namespace model;

/// Two nodes that are both published as active.
struct DoubleActive {
    Term term;           ///< of the holder record then; 0: there is none
    std::string holder;  ///< who holds the record; if neither does, who was active first
    std::string other;
    bool operator==(const DoubleActive&) const = default;
};

struct Sentinel {
    std::optional<DoubleActive> seen;  ///< lasts
    std::optional<DoubleActive> owed;  ///< to the history
    Slot slot;
    std::uint64_t observed = 0;  ///< breaches since the start
};

/// What the view shows. A publication from before the present holder record does not count: its
/// member has been drained since, and may not have been able to say so.
std::optional<DoubleActive> double_active(const ElectionView& view);

/// Judges the view: a breach is announced once while it lasts and, if `write`, written down.
void drive(Sentinel& s, Means& m, const ElectionView& view, bool write);

/// True if the answer was to what this wrote.
bool on_written(Sentinel& s, Means& m, const TxnAnswered& e);

}  // namespace elector::sentinel
