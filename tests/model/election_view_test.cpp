#include "model/election_view.hpp"

#include <doctest/doctest.h>

using namespace elector::model;

namespace {

MemberEntry member(const std::string& name, std::int64_t mod, const std::string& key = {}) {
    MemberEntry entry{Revision{2}, Revision{mod}, {}};
    entry.record.name = name;
    entry.record.instance = "boot-" + name;
    entry.record.candidate_key = key;
    return entry;
}

Candidate candidate(const std::string& key, std::int64_t create, const std::string& value = "x") {
    return Candidate{key, Revision{create}, value};
}

StoredRecord holder(std::int64_t mod, std::int64_t term) {
    HolderRecord record;
    record.term = Term{term};
    return StoredRecord{Revision{mod}, "bytes", record};
}

ElectionView view_at(std::int64_t revision) {
    ElectionView view;
    view.cluster_id = 1;
    view.raft_term = 2;
    view.revision = Revision{revision};
    return view;
}

}  // namespace

TEST_CASE("changes are applied in order and the view takes the batch's revision") {
    auto view = view_at(10);
    const std::vector<Change> batch = {
        {Revision{11}, CandidateCame{candidate("K/a", 11)}},
        {Revision{12}, MemberCame{member("a", 12, "K/a")}},
        {Revision{13}, HolderChanged{holder(13, 11)}},
        {Revision{14}, PauseChanged{PauseOrder{"op", "why"}}},
        {Revision{15}, SwitchoverChanged{SwitchoverOrder{Revision{15}, Term{11}, "b", "op", "w"}}},
    };
    CHECK(apply(view, batch, Revision{17}));
    auto expected = view_at(17);
    expected.queue = {candidate("K/a", 11)};
    expected.members = {member("a", 12, "K/a")};
    expected.holder = holder(13, 11);
    expected.pause = PauseOrder{"op", "why"};
    expected.switchover = SwitchoverOrder{Revision{15}, Term{11}, "b", "op", "w"};
    CHECK(view == expected);
}

TEST_CASE("a change that is not newer than the view is dropped") {
    auto view = view_at(10);
    view.queue = {candidate("K/a", 5)};
    const auto before = view;
    const std::vector<Change> old = {{Revision{9}, CandidateGone{"K/a"}},
                                     {Revision{10}, HolderChanged{holder(10, 5)}}};
    CHECK_FALSE(apply(view, old, Revision{10}));
    CHECK(view == before);
}

TEST_CASE("of a batch that overlaps the view only the newer half is applied") {
    auto view = view_at(10);
    const std::vector<Change> batch = {{Revision{10}, CandidateCame{candidate("K/a", 10)}},
                                       {Revision{11}, CandidateCame{candidate("K/b", 11)}}};
    CHECK(apply(view, batch, Revision{11}));
    auto expected = view_at(11);
    expected.queue = {candidate("K/b", 11)};
    CHECK(view == expected);
}

TEST_CASE("a batch applied twice changes nothing the second time") {
    auto view = view_at(10);
    const std::vector<Change> batch = {{Revision{11}, CandidateCame{candidate("K/a", 11)}},
                                       {Revision{11}, MemberCame{member("a", 11)}}};
    CHECK(apply(view, batch, Revision{11}));
    const auto once = view;
    CHECK_FALSE(apply(view, batch, Revision{11}));
    CHECK(view == once);
}

TEST_CASE("an empty batch only carries the revision forward, never back") {
    auto view = view_at(10);
    CHECK_FALSE(apply(view, {}, Revision{12}));
    CHECK(view == view_at(12));
    CHECK_FALSE(apply(view, {}, Revision{11}));
    CHECK(view == view_at(12));
}

TEST_CASE("all changes of one revision are applied, whatever their number") {
    auto view = view_at(10);
    view.queue = {candidate("K/a", 5)};
    view.members = {member("a", 6, "K/a")};
    const std::vector<Change> batch = {{Revision{11}, CandidateGone{"K/a"}},
                                       {Revision{11}, MemberGone{"a"}},
                                       {Revision{11}, HolderChanged{}}};
    CHECK(apply(view, batch, Revision{11}));
    CHECK(view == view_at(11));
}

TEST_CASE("the queue stays in the order of create revisions") {
    auto view = view_at(10);
    const std::vector<Change> batch = {{Revision{11}, CandidateCame{candidate("K/c", 11)}},
                                       {Revision{12}, CandidateCame{candidate("K/a", 7)}},
                                       {Revision{13}, CandidateCame{candidate("K/b", 9)}},
                                       {Revision{14}, CandidateCame{candidate("K/a", 14)}}};
    CHECK(apply(view, batch, Revision{14}));
    auto expected = view_at(14);
    expected.queue = {candidate("K/b", 9), candidate("K/c", 11), candidate("K/a", 14)};
    CHECK(view == expected);
}

TEST_CASE("a member record replaces the one of the same name in place") {
    auto view = view_at(10);
    view.members = {member("a", 5), member("b", 6)};
    CHECK(apply(view, {{Revision{11}, MemberCame{member("a", 11, "K/a")}}}, Revision{11}));
    auto expected = view_at(11);
    expected.members = {member("a", 11, "K/a"), member("b", 6)};
    CHECK(view == expected);
}

TEST_CASE("orders end when their keys go") {
    auto view = view_at(10);
    view.pause = PauseOrder{};
    view.switchover = SwitchoverOrder{};
    const std::vector<Change> batch = {{Revision{11}, PauseChanged{}},
                                       {Revision{12}, SwitchoverChanged{}}};
    CHECK(apply(view, batch, Revision{12}));
    CHECK(view == view_at(12));
}

TEST_CASE("keys and members are found by what names them") {
    auto view = view_at(10);
    view.queue = {candidate("K/a", 5), candidate("K/b", 6)};
    view.members = {member("a", 7, "K/a"), member("b", 8, "K/b")};
    CHECK(find_key(view, "K/b") == &view.queue[1]);
    CHECK(find_key(view, "K/c") == nullptr);
    CHECK(find_created(view, Revision{5}) == &view.queue[0]);
    CHECK(find_created(view, Revision{7}) == nullptr);
    CHECK(find_member(view, "b") == &view.members[1]);
    CHECK(find_member(view, "c") == nullptr);
    CHECK(owner_of(view, "K/a") == &view.members[0]);
    CHECK(owner_of(view, "K/c") == nullptr);
}

TEST_CASE("a member without a candidacy owns no key, not even an empty one") {
    auto view = view_at(10);
    view.queue = {candidate("K/a", 5)};
    view.members = {member("a", 7)};
    CHECK(owner_of(view, "K/a") == nullptr);
    CHECK(is_foreign(view, view.queue[0]));
}

TEST_CASE("foreign is a key that is neither the record's term nor named by a member") {
    struct Row {
        const char* name;
        std::int64_t term;
        const char* owned;
        bool foreign;
    };
    for (const auto& row : {Row{"nobody's", 4, "K/other", true}, Row{"a member's", 4, "K/a", false},
                            Row{"the holder's", 5, "K/other", false}}) {
        CAPTURE(row.name);
        auto view = view_at(10);
        view.queue = {candidate("K/a", 5)};
        view.members = {member("m", 7, row.owned)};
        view.holder = holder(8, row.term);
        CHECK(is_foreign(view, view.queue[0]) == row.foreign);
        CHECK(any_foreign(view) == row.foreign);
    }
}

TEST_CASE("an unreadable record makes nobody's key the holder's") {
    auto view = view_at(10);
    view.queue = {candidate("K/a", 5)};
    view.holder = StoredRecord{Revision{8}, "{rubbish", std::nullopt};
    CHECK(any_foreign(view));
}

TEST_CASE("a change of the record that is older than the record known is dropped") {
    // The record was learned from the answer to an own write, ahead of the watch.
    auto view = view_at(10);
    view.holder = holder(15, 9);
    CHECK(apply(view, {{Revision{13}, HolderChanged{holder(13, 5)}}}, Revision{13}));
    auto expected = view_at(13);
    expected.holder = holder(15, 9);
    CHECK(view == expected);
    CHECK(apply(view, {{Revision{14}, HolderChanged{}}}, Revision{14}));
    CHECK(view.holder == holder(15, 9));
    CHECK(apply(view, {{Revision{16}, HolderChanged{}}}, Revision{16}));
    CHECK(view.holder == StoredRecord{});
}
