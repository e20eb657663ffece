// What a watch batch says of an election, applied to a view: whole views are compared.
#include <doctest/doctest.h>

#include "etcd/records.hpp"
#include "etcd/transactions.hpp"

using namespace elector;
using namespace elector::model;
using namespace elector::etcd;

namespace {

const Keys kKeys{"/k"};

WatchEvent came(const std::string& key, const std::string& value, std::int64_t create,
                std::int64_t mod) {
    return {WatchEvent::Kind::kPut, KeyValue{key, value, create, mod, 1, 0}, {}};
}
WatchEvent gone(const std::string& key, std::int64_t mod) {
    KeyValue kv;
    kv.key = key;
    kv.mod_revision = mod;
    return {WatchEvent::Kind::kDelete, kv, {}};
}

MemberRecord member() {
    MemberRecord r;
    r.name = "a";
    r.instance = "boot-a";
    return r;
}

ElectionView full() {
    ElectionView view;
    view.revision = Revision{10};
    view.queue = {Candidate{"/k/5", Revision{5}, "a"}};
    view.members = {MemberEntry{Revision{4}, Revision{6}, member()}};
    view.holder = StoredRecord{Revision{7}, "{}", std::nullopt};
    view.pause = PauseOrder{};
    view.roll_call = "beef";
    view.switchover = SwitchoverOrder{};
    return view;
}

ElectionView after(ElectionView view, const std::vector<WatchEvent>& events) {
    const auto changes = to_changes(kKeys, events);
    apply(view, changes, Revision{20});
    return view;
}

ElectionView at_20(ElectionView view) {
    view.revision = Revision{20};
    return view;
}

}  // namespace

TEST_CASE("puts under the two prefixes become what they mean") {
    const SwitchoverOrder order{Revision{}, Term{5}, "b", "op", "why"};
    HolderRecord record;
    record.term = Term{5};
    auto expected = at_20(ElectionView{});
    expected.queue = {Candidate{"/k/5", Revision{11}, "a"}};
    expected.members = {MemberEntry{Revision{12}, Revision{13}, member()}};
    expected.holder = StoredRecord{Revision{14}, to_json(record), record};
    expected.pause = PauseOrder{"op", ""};
    expected.switchover = order;
    expected.switchover->mod = Revision{16};
    expected.roll_call = "beef";
    CHECK(after(ElectionView{},
                {came("/k/5", "a", 11, 11), came("/k.d/control/bootstrap", "beef", 17, 17),
                 came("/k.d/members/a", to_json(member()), 12, 13),
                 came("/k.d/holder", to_json(record), 9, 14),
                 came("/k.d/control/pause", R"({"who":"op"})", 15, 15),
                 came("/k.d/control/switchover", to_json(order), 16, 16)}) == expected);
}

TEST_CASE("deletions take away what they mean") {
    CHECK(after(full(), {gone("/k/5", 11), gone("/k.d/members/a", 12), gone("/k.d/holder", 13),
                         gone("/k.d/control/pause", 14), gone("/k.d/control/switchover", 15),
                         gone("/k.d/control/bootstrap", 16)}) == at_20(ElectionView{}));
}

TEST_CASE("history and keys of nobody's give no change") {
    CHECK(to_changes(kKeys, {came("/k.d/history/000000000000002a", "{}", 11, 11),
                             came("/k.d/control/other", "{}", 12, 12),
                             came("/k.d/somewhere", "{}", 13, 13), came("/kk/5", "a", 14, 14),
                             came("/other", "a", 15, 15), gone("/k.d/history/00", 16)})
              .empty());
}

TEST_CASE("a damaged record is there and unreadable; a damaged member is not there") {
    auto expected = at_20(full());
    expected.holder = StoredRecord{Revision{11}, "{rubbish", std::nullopt};
    expected.members.clear();
    CHECK(after(full(), {came("/k.d/holder", "{rubbish", 3, 11),
                         came("/k.d/members/a", "{rubbish", 4, 12)}) == expected);
}

TEST_CASE("a damaged switchover is none, a damaged pause is one") {
    auto expected = at_20(full());
    expected.switchover.reset();
    expected.pause = PauseOrder{};
    CHECK(after(full(), {came("/k.d/control/switchover", "{rubbish", 11, 11),
                         came("/k.d/control/pause", "{rubbish", 12, 12)}) == expected);
}

TEST_CASE("a roll call that is no short plain word is none") {
    auto expected = at_20(full());
    expected.roll_call.clear();
    for (const std::string value : {"\xff", "a b", "\"", "A"})
        CHECK(after(full(), {came("/k.d/control/bootstrap", value, 11, 11)}) == expected);
    const std::string longest(32, 'a');
    CHECK(after(full(), {came("/k.d/control/bootstrap", longest + "a", 11, 11)}) == expected);
    expected.roll_call = longest;
    CHECK(after(full(), {came("/k.d/control/bootstrap", longest, 11, 11)}) == expected);
}

TEST_CASE("each change carries the revision of its event, so that old ones are dropped") {
    const auto changes = to_changes(kKeys, {gone("/k/5", 10), came("/k/6", "b", 11, 11)});
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].at == Revision{10});
    CHECK(changes[1].at == Revision{11});
    auto expected = at_20(full());
    expected.queue.push_back(Candidate{"/k/6", Revision{11}, "b"});
    CHECK(after(full(), {gone("/k/5", 10), came("/k/6", "b", 11, 11)}) == expected);
}

TEST_CASE("the prefix itself and keys below a candidate are candidates like any other") {
    auto expected = at_20(full());
    expected.queue.push_back(Candidate{"/k/5/x", Revision{11}, "odd"});
    CHECK(after(full(), {came("/k/5/x", "odd", 11, 11)}) == expected);
}
