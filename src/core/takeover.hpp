// Owns the judgement of the holder record: may somebody else activate now, and if not, when or why
// not. This is where overlap is prevented; see docs/safety.md. Thread rule: pure functions.
#pragma once

#include "core/eligibility.hpp"

namespace elector::core {

struct Judgement {
    bool open = false;           ///< a claim may be made
    Blocker because{};           ///< when not open
    Instant at = kNever;         ///< when time alone opens it
    std::optional<Height> over;  ///< or: our exact tip above this
};

/// Judges the record as this process knows it. SAFETY: S5 to S9.
Judgement judge_record(const Policy& p, const State& s, Instant now);

/// Everything that keeps this member from claiming now; empty while it may.
Blockers blocked_because(const Policy& p, const State& s, Instant now);

/// Is this record ours by instance, and not the holding of this process?
bool is_own_leftover(const Policy& p, const State& s);

}  // namespace elector::core
