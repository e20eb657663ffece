#include "report/history.hpp"

#include <algorithm>
#include <array>

#include "model/transition_table.hpp"

namespace elector::report {
namespace {

struct Reason {
    std::string_view code;
    std::string_view sentence;
};

/// Reasons that are no role change of a member.
constexpr std::array kOthers = {
    Reason{"bootstrap",
           "An operator vouched for the group's first start; the waiting was skipped."},
    Reason{"confirmed_dead",
           "An operator vouched that the node cannot sign; its record was made drained."},
    Reason{"guardian",
           "The elector was gone or late; its guardian brought the node to standby and recorded "
           "it."},
    Reason{"double_active", "Two nodes were published as active at one time."},
};

}  // namespace

std::string_view sentence_of(std::string_view reason) {
    // A holding ends by draining: where a code has several rows, that one is meant.
    for (const auto& row : model::transition_table())
        if (row.code == reason && row.to == model::Role::kDraining) return row.sentence;
    for (const auto& row : model::transition_table())
        if (row.code == reason) return row.sentence;
    for (const auto& other : kOthers)
        if (other.code == reason) return other.sentence;
    return "This version knows no such reason.";
}

std::vector<HistoryRow> history(std::vector<StoredHistory> entries,
                                const std::optional<model::HolderRecord>& holder) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& a, const auto& b) { return b.mod < a.mod; });
    std::vector<HistoryRow> rows;
    std::string next;  // who held after the entry at hand
    model::Term newer;
    if (holder) {
        next = holder->member;
        newer = holder->term;
    }
    for (const auto& stored : entries) {
        const auto& e = stored.entry;
        HistoryRow row;
        row.revision = stored.mod;
        if (e.unix_ms > 0) row.unix_ms = e.unix_ms;
        row.term = e.term;
        row.from = e.member;
        row.reason = e.reason;
        row.sentence = std::string(sentence_of(e.reason));
        row.actor = e.actor;
        row.held = e.held;
        row.standby = e.standby;
        row.marker = e.marker;
        if (e.other.empty()) {
            if (newer > e.term) row.to = next;
            next = e.member;
            newer = e.term;
        } else {
            row.to = e.other;  // no change: who was active beside it
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace elector::report
