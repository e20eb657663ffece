// Owns the history of leader changes as rows for people: who from, who to, why in words, by whom.
// Must never do I/O. Thread rule: pure functions over values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/record.hpp"

namespace elector::report {

/// An entry as found in the store.
struct StoredHistory {
    model::Revision mod;  ///< the order of what happened, also where no time is known
    model::HistoryEntry entry;
};

struct HistoryRow {
    model::Revision revision;
    std::optional<std::int64_t> unix_ms;  ///< by the wall clock of whoever wrote it
    model::Term term;
    std::string from;
    std::string to;        ///< who held next; empty: nobody has yet
    std::string reason;    ///< code
    std::string sentence;  ///< what the code means
    std::string actor;     ///< the operator; empty: the member by itself
    model::Duration held{};
    model::Duration standby{};
    model::Duration marker{};
    bool operator==(const HistoryRow&) const = default;
};

/// What a reason code means: the sentence of the transition table, where it is one of a role
/// change.
std::string_view sentence_of(std::string_view reason);

/// Newest first. `holder` is the record as it stands, which names who followed the last entry.
std::vector<HistoryRow> history(std::vector<StoredHistory> entries,
                                const std::optional<model::HolderRecord>& holder);

}  // namespace elector::report
