// What the queue alone tells a candidate.
#include "model/queue.hpp"

#include <doctest/doctest.h>

using namespace elector::model;

namespace {

constexpr Revision kMine{20};

/// a (10), b (20, the one that asks), c (30); all eligible and alike.
ElectionView three() {
    ElectionView view;
    std::int64_t create = 0;
    for (const char* name : {"a", "b", "c"}) {
        create += 10;
        const auto key = std::string("K/") + name;
        view.queue.push_back(Candidate{key, Revision{create}, name});
        MemberEntry entry{Revision{create}, Revision{create}, {}};
        entry.record.name = name;
        entry.record.candidate_key = key;
        entry.record.eligible = true;
        view.members.push_back(entry);
    }
    view.holder = StoredRecord{Revision{11}, "", HolderRecord{}};
    view.holder.record->term = Term{10};
    return view;
}

MemberRecord& record_of(ElectionView& view, std::size_t place) {
    return view.members[place].record;
}

}  // namespace

TEST_CASE("the head is the key that was created first") {
    const auto view = three();
    CHECK(is_head(view, Revision{10}));
    CHECK_FALSE(is_head(view, kMine));
    CHECK_FALSE(is_head(ElectionView{}, kMine));
}

TEST_CASE("only a strictly better eligible member behind outranks") {
    auto view = three();
    constexpr Rank mine;
    CHECK_FALSE(outranked(view, kMine, mine));
    record_of(view, 0).priority = 9;  // ahead: it is served first anyway
    CHECK_FALSE(outranked(view, kMine, mine));
    record_of(view, 2).priority = 1;
    CHECK(outranked(view, kMine, mine));
    record_of(view, 2).eligible = false;
    CHECK_FALSE(outranked(view, kMine, mine));
}

TEST_CASE("lag decides among equal priorities only") {
    auto view = three();
    Rank mine{0, 1};
    CHECK(outranked(view, kMine, mine));
    mine.priority = 1;
    CHECK_FALSE(outranked(view, kMine, mine));
}

TEST_CASE("an order to a member behind makes those before it step aside, while its term lasts") {
    auto view = three();
    CHECK_FALSE(in_the_way(view, kMine, "b"));
    view.switchover = SwitchoverOrder{Revision{12}, Term{10}, "c", "operator", "test"};
    CHECK(in_the_way(view, kMine, "b"));
    CHECK_FALSE(in_the_way(view, Revision{30}, "c"));
    view.switchover->to = "a";  // it is ahead
    CHECK_FALSE(in_the_way(view, kMine, "b"));
    view.switchover->to = "b";
    CHECK_FALSE(in_the_way(view, kMine, "b"));
    view.switchover->to = "";  // whoever is next
    CHECK_FALSE(in_the_way(view, kMine, "b"));
    view.switchover->to = "c";
    view.switchover->term = Term{9};
    CHECK_FALSE(in_the_way(view, kMine, "b"));
    view.switchover->term = Term{10};
    view.holder.record->state = HolderRecord::State::kDrained;
    CHECK_FALSE(in_the_way(view, kMine, "b"));
}

TEST_CASE("a key that the record lists as foreign is known by its create revision") {
    auto view = three();
    view.holder.record->foreign = {ForeignKey{"K/b", Revision{19}, "b"}};
    CHECK_FALSE(taken_for_foreign(view, kMine));
    view.holder.record->foreign.push_back(ForeignKey{"K/b", kMine, "b"});
    CHECK(taken_for_foreign(view, kMine));
    view.holder.record.reset();
    CHECK_FALSE(taken_for_foreign(view, kMine));
}

TEST_CASE("a foreign key is listed by key and create revision") {
    const std::vector<ForeignKey> foreign{{"K/old", Revision{4}, "old"}};
    CHECK(lists(foreign, Candidate{"K/old", Revision{4}, "renamed"}));
    CHECK_FALSE(lists(foreign, Candidate{"K/old", Revision{5}, "old"}));
    CHECK_FALSE(lists(foreign, Candidate{"K/new", Revision{4}, "old"}));
    CHECK_FALSE(lists({}, Candidate{"K/old", Revision{4}, "old"}));
}
