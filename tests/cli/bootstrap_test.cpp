// When the first record may be created, and what is said when it may not.
#include "cli/bootstrap.hpp"

#include <doctest/doctest.h>

#include "etcd/records.hpp"

using namespace elector;
using namespace elector::model;
using namespace std::chrono_literals;

namespace {

const etcd::Keys kKeys{"/k"};

Policy times() {
    Policy p;
    p.hold = 5s;
    p.quiesce = 11s;
    p.settle = 6500ms;
    return p;
}

MemberEntry answered(const std::string& name, std::int64_t mod) {
    MemberRecord r;
    r.name = name;
    r.instance = "boot-" + name;
    r.candidate_key = "/k/" + name;
    r.activity = NodeActivity::kStandby;
    r.roll_call = "n1";
    return MemberEntry{Revision{mod - 1}, Revision{mod}, r};
}

ElectionView ready() {
    ElectionView view;
    view.members = {answered("a", 11), answered("b", 13)};
    view.queue = {{"/k/a", Revision{12}, "a"}};
    return view;
}

cli::RollCall judge(const ElectionView& view, std::vector<std::string> members = {"a", "b"}) {
    return cli::judge(kKeys, times(), view, members, "n1", "root@host");
}

using Spoil = void (*)(ElectionView&);

}  // namespace

TEST_CASE("once all have answered, the first record is created unless anything has changed") {
    const auto call = judge(ready());
    CHECK(call.refusal == "");
    CHECK(call.missing == "");
    HolderRecord first;
    first.state = HolderRecord::State::kDrained;
    first.hold = 5s;
    first.quiesce = 11s;
    first.gate = Gate{std::nullopt, 6500ms};
    first.reason = "bootstrap";
    const HistoryEntry history{{}, "", "bootstrap", {}, {}, {}, "root@host"};
    using etcd::Compare;
    const auto equal = Compare::Result::kEqual;
    const etcd::Txn expected{
        {{"/k.d/holder", Compare::Target::kCreate, equal, 0, {}},
         {"/k.d/members/a", Compare::Target::kMod, equal, 11, {}},
         {"/k.d/members/b", Compare::Target::kMod, equal, 13, {}}},
        {etcd::PutOp{"/k.d/holder", etcd::to_json(first), 0},
         etcd::PutOp{"/k.d/history/0000000000000000", etcd::to_json(history), 0}},
        {}};
    CHECK(call.txn == expected);
}

TEST_CASE("an answer to another call, or none, is awaited") {
    auto view = ready();
    view.members[0].record.roll_call = "n0";
    CHECK(judge(view).missing == "a");
    view.members[1].record.roll_call.clear();
    CHECK(judge(view).missing == "a, b");
    CHECK(judge(view).refusal == "");
}

TEST_CASE("what speaks against it is told, with what to do") {
    const std::vector<std::pair<std::string, Spoil>> cases = {
        {"there is a holder record already; the group has been started, and its members wait by "
         "themselves for what they do not know",
         [](ElectionView& v) { v.holder.mod = Revision{5}; }},
        {"an older elector or etcdctl is in the queue, and its node may sign; stop it first",
         [](ElectionView& v) { v.queue[0].key = "/k/old"; }},
        {"b is not registered; start its elector, and look at member.name",
         [](ElectionView& v) { v.members.pop_back(); }},
        {"c is registered and not named; name every member",
         [](ElectionView& v) { v.members.push_back(answered("c", 15)); }},
        {"the node of b is active; set system.active: false in its configuration, and wait until "
         "its elector has brought it to standby",
         [](ElectionView& v) { v.members[1].record.activity = NodeActivity::kActive; }},
        {"the node of b was active on its own not long ago and may still sign; wait until its "
         "elector no longer says seen_active",
         [](ElectionView& v) { v.members[1].record.blocked_by = "unready,seen_active"; }},
        {"b has pinned another etcd cluster; say bootstrap --accept-cluster on its host and "
         "restart its elector",
         [](ElectionView& v) { v.members[1].record.blocked_by = "other_cluster,unready"; }},
    };
    for (const auto& [refusal, spoil] : cases) {
        auto view = ready();
        spoil(view);
        CHECK(judge(view).refusal == refusal);
        CHECK(judge(view).txn == etcd::Txn{});
    }
}

TEST_CASE("a list of names is read without empty ones and repetitions") {
    CHECK(cli::names_of("a,b,,a,c,") == std::vector<std::string>{"a", "b", "c"});
    CHECK(cli::names_of(",") == std::vector<std::string>{});
}
