// What is removed of a member that is gone, and when that is refused.
#include "cli/remove.hpp"

#include <functional>
#include <utility>

#include <doctest/doctest.h>

using namespace elector;
using namespace elector::model;

namespace {

const etcd::Keys kKeys{"/k"};

/// a leads; b is gone, and its record and key were stored without a lease.
struct Group {
    ElectionView view;
    std::vector<cli::Leftover> stored;

    Group() {
        HolderRecord record;
        record.term = Term{5};
        record.member = "a";
        view.holder = StoredRecord{Revision{20}, "{}", record};
        view.queue = {{"/k/a", Revision{5}, "a"}, {"/k/b", Revision{7}, "b"}};
        MemberEntry b;
        b.record.name = "b";
        b.record.candidate_key = "/k/b";
        view.members = {b};
        stored = {{{"/k.d/members/b", "{}", 6, 8, 1, 0}, false},
                  {{"/k/b", "b", 7, 7, 1, 0}, false}};
    }
};

cli::Removal judge(const Group& g) { return cli::judge_removal(kKeys, g.view, "b", g.stored); }

}  // namespace

TEST_CASE("what has no living lease goes, if neither it nor the record has changed") {
    const auto r = judge(Group{});
    CHECK(r.refusal == "");
    CHECK(r.effect == "/k.d/members/b, /k/b");
    using etcd::Compare;
    const auto equal = Compare::Result::kEqual;
    const etcd::Txn expected{{{"/k.d/holder", Compare::Target::kMod, equal, 20, {}},
                              {"/k.d/members/b", Compare::Target::kMod, equal, 8, {}},
                              {"/k/b", Compare::Target::kMod, equal, 7, {}}},
                             {etcd::DeleteOp{"/k.d/members/b", {}}, etcd::DeleteOp{"/k/b", {}}},
                             {}};
    CHECK(r.txn == expected);
}

TEST_CASE("when nothing is stored nothing is refused and nothing is done") {
    Group g;
    g.stored.clear();
    CHECK(judge(g).refusal == "");
    CHECK(judge(g).effect == "");
    CHECK(judge(g).txn == etcd::Txn{});
}

TEST_CASE("whatever lives, or has a duty to the group, is not removed") {
    const std::vector<std::pair<std::string, std::function<void(Group&)>>> cases = {
        {"it is registered", [](Group& g) { g.stored[0].alive = true; }},
        {"its key /k/b is in the queue", [](Group& g) { g.stored[1].alive = true; }},
        {"it holds the lead",
         [](Group& g) {
             g.view.holder.record->member = "b";
             g.view.holder.record->term = Term{7};
         }},
        {"it held the lead",
         [](Group& g) {
             g.view.holder.record->member = "b";
             g.view.holder.record->term = Term{4};
         }},
        {"its node could not be confirmed standby",
         [](Group& g) {
             g.view.holder.record->member = "b";
             g.view.holder.record->state = HolderRecord::State::kUnfenced;
         }},
        {"the holder record lists its key /k/x",
         [](Group& g) {
             g.view.holder.record->foreign = {{"/k/x", Revision{3}, "b"}};
         }},
        {"the key /k/b in the queue is not of its record",
         [](Group& g) { g.view.members.clear(); }},
        {"the key /k/b in the queue is not of its record",
         [](Group& g) { g.view.members[0].record.name = "c"; }},
    };
    for (const auto& [words, change] : cases) {
        Group g;
        change(g);
        const auto r = judge(g);
        CHECK(r.refusal.substr(0, words.size()) == words);
        CHECK(r.txn == etcd::Txn{});
        g.stored.clear();  // a duty remains one when nothing else is stored
        const bool duty = words.find("held") != std::string::npos ||
                          words.find("holds") != std::string::npos ||
                          words.find("could not") != std::string::npos ||
                          words.find("lists") != std::string::npos;
        CHECK(judge(g).refusal.empty() != duty);
    }
}

TEST_CASE("a marker that it wrote is no duty: the gate is kept by the record alone") {
    Group g;
    g.view.holder.record->member = "b";
    g.view.holder.record->state = HolderRecord::State::kDrained;
    g.view.holder.record->term = Term{4};
    CHECK(judge(g).refusal == "");
}
