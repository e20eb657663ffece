// Owns the step from the model's log to the checker's entries, for simulators.
// Thread rule: values only.
#pragma once

#include "simnode/checker/checker.hpp"
#include "simnode/model/types.hpp"

namespace elector::simnode {

constexpr checker::Kind to_checker(EntryKind k) {
    switch (k) {
        case EntryKind::proposal:
            return checker::Kind::proposal;
        case EntryKind::proposal_endorsement:
            return checker::Kind::proposal_endorsement;
        case EntryKind::lock_endorsement:
            return checker::Kind::lock_endorsement;
        case EntryKind::commit_endorsement:
            return checker::Kind::commit_endorsement;
        case EntryKind::active_on:
            return checker::Kind::active_on;
        case EntryKind::active_off:
            return checker::Kind::active_off;
        case EntryKind::start:
            return checker::Kind::start;
        case EntryKind::stop:
            break;
    }
    return checker::Kind::stop;
}

/// Virtual time becomes `epoch_ns` + time.
constexpr checker::Entry to_checker(const LogEntry& e, std::int64_t epoch_ns = 0) {
    return {epoch_ns + e.time.count(), e.node, to_checker(e.kind), e.height, e.round};
}

}  // namespace elector::simnode
