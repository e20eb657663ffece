// Owns how long others have to wait for what a holder record says: arithmetic of the protocol.
// Must never judge whether they still have to (see core/takeover.hpp). Thread rule: pure functions.
#pragma once

#include <optional>

#include "model/policy.hpp"
#include "model/record.hpp"

namespace elector::model {

/// How long a holder of this record may go on signing after its last proof (not stretched).
Duration full_wait(const Policy& p, const HolderRecord& record);
/// What the record says once that foreign key is cleared: as before, but the full wait is due.
HolderRecord without_foreign(const Policy& p, HolderRecord record, const ForeignKey& gone);
/// No judgement of this record can make a head wait longer.
Duration longest_wait(const Policy& p, const std::optional<HolderRecord>& record);

}  // namespace elector::model
