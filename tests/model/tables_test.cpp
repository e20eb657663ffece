// The tables that operators read: role changes, notices, blocking conditions.
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <tuple>

#include <doctest/doctest.h>

#include "model/blocker.hpp"
#include "model/notice.hpp"
#include "model/transition_table.hpp"

using namespace elector::model;

namespace {

bool is_code(std::string_view text) {
    for (const char c : text)
        if (!(c == '_' || (c >= 'a' && c <= 'z'))) return false;
    return !text.empty();
}

bool is_sentence(std::string_view text) {
    return text.size() > 10 && text.front() > ' ' && text.back() == '.' &&
           text.find("..") == std::string_view::npos && text.find("  ") == std::string_view::npos;
}

}  // namespace

TEST_CASE("every role change is in the table once") {
    std::set<std::tuple<Role, Role, Cause>> seen;
    for (const auto& row : transition_table())
        CHECK_MESSAGE(seen.emplace(row.from, row.to, row.cause).second, row.code);
}

TEST_CASE("two rows between the same roles have different codes and sentences") {
    std::set<std::tuple<Role, Role, std::string_view>> codes;
    std::set<std::string_view> sentences;
    for (const auto& row : transition_table()) {
        CHECK_MESSAGE(codes.emplace(row.from, row.to, row.code).second, row.code);
        CHECK_MESSAGE(sentences.insert(row.sentence).second, row.sentence);
    }
}

TEST_CASE("one cause has one code wherever it appears") {
    std::set<std::pair<Cause, std::string_view>> pairs;
    std::set<Cause> causes;
    std::set<std::string_view> codes;
    for (const auto& row : transition_table()) {
        pairs.emplace(row.cause, row.code);
        causes.insert(row.cause);
        codes.insert(row.code);
    }
    CHECK(pairs.size() == causes.size());
    CHECK(codes.size() == causes.size());
}

TEST_CASE("every cause is used by a row") {
    std::set<Cause> used;
    for (const auto& row : transition_table()) used.insert(row.cause);
    for (int c = 0; c <= static_cast<int>(Cause::kRecordTaken); ++c)
        CHECK_MESSAGE(used.contains(static_cast<Cause>(c)), c);
    CHECK(used.size() == static_cast<std::size_t>(Cause::kRecordTaken) + 1);
}

TEST_CASE("reason codes are stable") {
    std::ostringstream table;
    for (const auto& row : transition_table())
        table << name(row.from) << " -> " << name(row.to) << " " << row.code << "\n";
    std::ifstream in(ELECTOR_MODEL_TESTS_DIR "/reason_codes.txt");
    std::ostringstream written;
    written << in.rdbuf();
    CHECK(table.str() == written.str());
}

TEST_CASE("only these roles follow each other") {
    std::set<std::pair<Role, Role>> edges;
    for (const auto& row : transition_table()) edges.emplace(row.from, row.to);
    CHECK(edges == std::set<std::pair<Role, Role>>{{Role::kFollower, Role::kCandidate},
                                                   {Role::kCandidate, Role::kFollower},
                                                   {Role::kCandidate, Role::kLeader},
                                                   {Role::kLeader, Role::kDraining},
                                                   {Role::kFollower, Role::kDraining},
                                                   {Role::kCandidate, Role::kDraining},
                                                   {Role::kDraining, Role::kFollower}});
}

TEST_CASE("only a claim makes a leader") {
    for (const auto& row : transition_table())
        if (row.to == Role::kLeader) CHECK(row.cause == Cause::kClaimed);
}

TEST_CASE("every row of the transition table reads well") {
    for (const auto& row : transition_table()) {
        CHECK_MESSAGE(is_code(row.code), row.code);
        CHECK_MESSAGE(is_sentence(row.sentence), row.sentence);
    }
}

TEST_CASE("a row is found by its roles and cause, and nothing else is") {
    for (const auto& row : transition_table())
        CHECK(find_transition(row.from, row.to, row.cause) == &row);
    CHECK(find_transition(Role::kFollower, Role::kLeader, Cause::kClaimed) == nullptr);
    CHECK(find_transition(Role::kLeader, Role::kFollower, Cause::kDrained) == nullptr);
}

TEST_CASE("the notice table is in the order of the enum") {
    const auto table = notice_table();
    REQUIRE(table.size() == static_cast<std::size_t>(Notice::kDoubleActive) + 1);
    for (std::size_t i = 0; i < table.size(); ++i) {
        CHECK(static_cast<std::size_t>(table[i].notice) == i);
        CHECK(&describe(static_cast<Notice>(i)) == &table[i]);
    }
}

TEST_CASE("every notice has a name of its own and reads well") {
    std::set<std::string_view> names;
    for (const auto& row : notice_table()) {
        CHECK_MESSAGE(names.insert(row.name).second, row.name);
        CHECK_MESSAGE(is_code(row.name), row.name);
        CHECK_MESSAGE(is_sentence(row.sentence), row.sentence);
    }
}

TEST_CASE("every blocking condition has a code and a sentence of its own") {
    std::set<std::string_view> codes_seen, sentences;
    for (int b = 0; b < kBlockerCount; ++b) {
        const auto blocker = static_cast<Blocker>(b);
        CHECK_MESSAGE(is_code(code(blocker)), code(blocker));
        CHECK_MESSAGE(codes_seen.insert(code(blocker)).second, code(blocker));
        CHECK_MESSAGE(is_sentence(sentence(blocker)), sentence(blocker));
        CHECK_MESSAGE(sentences.insert(sentence(blocker)).second, sentence(blocker));
        Blockers only;
        only.add(blocker);
        CHECK(codes(only) == code(blocker));
    }
}

TEST_CASE("a set of blocking conditions lists its codes in the order of the enum") {
    Blockers none;
    CHECK(none.none());
    CHECK(codes(none) == "");
    Blockers some;
    some.add(Blocker::kForeign);
    some.add(Blocker::kUnready);
    some.add(Blocker::kUnready);
    CHECK(codes(some) == "unready,foreign");
    CHECK(is_codes("unready,foreign", some));
    for (const auto* other : {"", "unready", "foreign", "unready,foreign,", "unready foreign",
                              "foreign,unready", "unready,foreign,held"})
        CHECK_FALSE(is_codes(other, some));
    CHECK(is_codes("", none));
    CHECK_FALSE(is_codes("held", none));
    CHECK(some.has(Blocker::kForeign));
    CHECK_FALSE(some.has(Blocker::kHeld));
    CHECK(Blockers::from_bits(some.bits()) == some);
}
