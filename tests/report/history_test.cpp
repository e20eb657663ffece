// The history of leader changes as rows: newest first, with who came next and why in words.
#include "report/history.hpp"

#include <doctest/doctest.h>

#include "model/transition_table.hpp"

using namespace elector::report;
using namespace std::chrono_literals;
using elector::model::HistoryEntry;
using elector::model::HolderRecord;
using elector::model::Revision;
using elector::model::Term;

namespace {

StoredHistory ended(std::int64_t term, const std::string& member, const std::string& reason,
                    std::int64_t mod) {
    return {Revision{mod}, HistoryEntry{Term{term}, member, reason, {}, {}, {}}};
}

HolderRecord held_by(const std::string& member, std::int64_t term) {
    HolderRecord r;
    r.term = Term{term};
    r.member = member;
    return r;
}

std::vector<std::string> ways(const std::vector<HistoryRow>& rows) {
    std::vector<std::string> all;
    for (const auto& r : rows) all.push_back(r.from + ">" + r.to);
    return all;
}

using Ways = std::vector<std::string>;

}  // namespace

TEST_CASE("each change names who held next, the newest by the holder record") {
    const std::vector<StoredHistory> entries = {ended(10, "a", "node_dead", 20),
                                                ended(30, "b", "switchover", 40)};
    CHECK(ways(history(entries, held_by("c", 50))) == Ways{"b>c", "a>b"});
}

TEST_CASE("a holding that ended and was not followed yet names nobody") {
    CHECK(ways(history({ended(30, "b", "shutdown", 40)}, held_by("b", 30))) == Ways{"b>"});
    CHECK(ways(history({ended(30, "b", "shutdown", 40)}, std::nullopt)) == Ways{"b>"});
}

TEST_CASE("two active nodes are a row of their own and no change of the lead") {
    auto both = ended(30, "b", "double_active", 45);
    both.entry.other = "a";
    const std::vector<StoredHistory> entries = {ended(10, "a", "node_dead", 20), both,
                                                ended(30, "b", "switchover", 50)};
    CHECK(ways(history(entries, held_by("c", 60))) == Ways{"b>c", "b>a", "a>b"});
}

TEST_CASE("a row holds all that was recorded, with the reason in words") {
    auto entry = ended(30, "b", "switchover", 40);
    entry.entry.actor = "op@host";
    entry.entry.held = 1h;
    entry.entry.standby = 700ms;
    entry.entry.marker = 210ms;
    entry.entry.unix_ms = 1'785'000'000'000;
    const HistoryRow row{Revision{40},
                         1'785'000'000'000,
                         Term{30},
                         "b",
                         "c",
                         "switchover",
                         "A switchover was ordered; the node is brought to standby and the lead is "
                         "handed over.",
                         "op@host",
                         1h,
                         700ms,
                         210ms};
    CHECK(history({entry}, held_by("c", 50)) == std::vector<HistoryRow>{row});
    entry.entry.unix_ms = 0;
    CHECK(history({entry}, std::nullopt).front().unix_ms == std::nullopt);
}

TEST_CASE("every reason that can stand in the history has a sentence") {
    for (const auto& row : elector::model::transition_table())
        if (row.to == elector::model::Role::kDraining)
            CHECK_MESSAGE(!sentence_of(row.code).starts_with("This version"), row.code);
    CHECK(sentence_of("shutdown") == "Shutting down; the node is brought to standby first.");
    for (const auto* other : {"bootstrap", "confirmed_dead", "guardian", "double_active"})
        CHECK_MESSAGE(!sentence_of(other).starts_with("This version"), other);
    CHECK(sentence_of("of_a_later_version") == "This version knows no such reason.");
}
