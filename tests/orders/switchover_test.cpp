// What becomes of a switchover that is asked for: the plan, the transaction, and every refusal.
#include "orders/switchover.hpp"

#include <fstream>
#include <functional>
#include <sstream>
#include <utility>

#include <doctest/doctest.h>

#include "etcd/records.hpp"
#include "orders/json.hpp"

using namespace elector;
using namespace elector::model;
using namespace std::chrono_literals;

namespace {

const etcd::Keys kKeys{"/k"};

MemberEntry entry(const std::string& name, std::int64_t create, NodeActivity node) {
    MemberEntry e;
    e.record.name = name;
    e.record.instance = "at " + name;
    e.record.candidate_key = "/k/" + name;
    e.record.activity = node;
    e.record.eligible = node == NodeActivity::kStandby;
    e.create = Revision{create};
    e.mod = Revision{create + 20};
    return e;
}

/// a leads; then b, then c.
ElectionView group() {
    ElectionView view;
    view.queue = {
        {"/k/a", Revision{5}, "a"}, {"/k/b", Revision{7}, "b"}, {"/k/c", Revision{9}, "c"}};
    view.members = {entry("a", 1, NodeActivity::kActive), entry("b", 2, NodeActivity::kStandby),
                    entry("c", 3, NodeActivity::kStandby)};
    HolderRecord record;
    record.term = Term{5};
    record.member = "a";
    record.instance = "at a";
    view.holder = StoredRecord{Revision{20}, "{}", record};
    return view;
}

orders::Judgement judge(const ElectionView& view, const std::string& to = "c") {
    return orders::judge(Policy{}, view, {to, "root@host", "new disks"});
}

const std::string& page() {
    static const auto text = [] {
        std::ifstream file(ELECTOR_COMMANDS_PAGE);
        std::stringstream all;
        all << file.rdbuf();
        return all.str();
    }();
    return text;
}

/// Each has words, and a place on the page of the commands.
std::string codes(const orders::Judgement& j) {
    std::string all;
    for (const auto& r : j.refusals) {
        CHECK_MESSAGE(page().find("`" + r.code + "`") != std::string::npos, r.code);
        CHECK(r.sentence.size() > 10);
        CHECK(r.remedy.size() > 10);
        all += (all.empty() ? "" : " ") + r.code;
    }
    return all;
}

using Spoil = std::function<void(ElectionView&)>;

}  // namespace

TEST_CASE("a named member is planned for, and those before it make way first") {
    const auto j = judge(group());
    CHECK(codes(j) == "");
    const SwitchoverOrder order{Revision{}, Term{5}, "c", "root@host", "new disks"};
    const orders::Basis basis{Revision{20}, "/k/c", Revision{9}, Revision{}};
    CHECK(j.plan == orders::Plan{"a", order, basis, {"b"}, false});
}

TEST_CASE("without a name it is the first in the queue that is fit") {
    auto view = group();
    CHECK(judge(view, "").plan.order.to == "b");
    CHECK(judge(view, "").plan.ahead.empty());
    view.members[1].record.eligible = false;
    CHECK(judge(view, "").plan.order.to == "c");
    view.members[1].record.eligible = true;
    view.members[1].record.lag_blocks = 3;
    CHECK(judge(view, "").plan.order.to == "c");
}

TEST_CASE("the order is written under its lease if nothing it was judged by has changed") {
    const auto plan = judge(group()).plan;
    using etcd::Compare;
    const auto equal = Compare::Result::kEqual;
    const etcd::Txn expected{
        {{"/k.d/holder", Compare::Target::kMod, equal, 20, {}},
         {"/k/c", Compare::Target::kCreate, equal, 9, {}},
         {"/k.d/control/pause", Compare::Target::kCreate, equal, 0, {}},
         {"/k.d/control/switchover", Compare::Target::kMod, equal, 0, {}}},
        {etcd::PutOp{"/k.d/control/switchover", etcd::to_json(plan.order), 77}},
        {}};
    CHECK(orders::to_txn(kKeys, plan.order, plan.basis, 77) == expected);
}

TEST_CASE("an order to an earlier holder is replaced, and nothing but that one") {
    auto view = group();
    view.switchover = SwitchoverOrder{Revision{18}, Term{4}, "a", "root@host", ""};
    const auto j = judge(view);
    CHECK(codes(j) == "");
    CHECK(j.plan.basis.stale == Revision{18});
    const auto txn = orders::to_txn(kKeys, j.plan.order, j.plan.basis, 1);
    CHECK(txn.compares.back() == etcd::Compare{"/k.d/control/switchover",
                                               etcd::Compare::Target::kMod,
                                               etcd::Compare::Result::kEqual,
                                               18,
                                               {}});
}

TEST_CASE("what speaks against the holder refuses, whoever is to follow") {
    const std::vector<std::pair<std::string, Spoil>> cases = {
        {"no_record", [](auto& v) { v.holder = {}; }},
        {"record_unreadable", [](auto& v) { v.holder.record.reset(); }},
        {"foreign",
         [](auto& v) {
             v.holder.record->foreign = {{"/k/x", Revision{4}, "x"}};
         }},
        {"unfenced", [](auto& v) { v.holder.record->state = HolderRecord::State::kUnfenced; }},
        {"nobody_leads", [](auto& v) { v.holder.record->state = HolderRecord::State::kDrained; }},
        {"nobody_leads",  // since bootstrap
         [](auto& v) {
             v.holder.record = HolderRecord{};
             v.holder.record->state = HolderRecord::State::kDrained;
         }},
        {"holder_gone", [](auto& v) { v.queue.erase(v.queue.begin()); }},
        {"holder_unverified",
         [](auto& v) { v.members[0].record.activity = NodeActivity::kStandby; }},
        {"holder_unverified",
         [](auto& v) { v.members[0].record.activity = NodeActivity::kUnknown; }},
        {"holder_unverified", [](auto& v) { v.members[0].record.activity_age = 4s; }},
        {"holder_unverified", [](auto& v) { v.members[0].record.instance = "elsewhere"; }},
        {"paused",
         [](auto& v) {
             v.pause = PauseOrder{"ops", "new disks"};
         }},
        {"order_pending",
         [](auto& v) {
             v.switchover = SwitchoverOrder{Revision{18}, Term{5}, "b", "ops", ""};
         }},
    };
    for (const auto& [code, spoil] : cases) {
        auto view = group();
        spoil(view);
        CHECK(codes(judge(view)) == code);
        CHECK(codes(judge(view, "")) == code);
    }
}

TEST_CASE("what speaks against the target refuses") {
    const std::vector<std::pair<std::string, Spoil>> cases = {
        {"target_unfit",
         [](auto& v) {
             v.members[2].record.eligible = false;
             v.members[2].record.blocked_by = "lagging,unready";
         }},
        {"target_not_queued", [](auto& v) { v.members[2].record.candidate_key.clear(); }},
        {"target_not_queued", [](auto& v) { v.queue.pop_back(); }},
        {"target_lags", [](auto& v) { v.members[2].record.lag_blocks = 3; }},
        {"target_unknown", [](auto& v) { v.members.pop_back(); }},
        {"foreign_ahead",
         [](auto& v) {
             v.queue.insert(v.queue.begin() + 1, {"/k/x", Revision{6}, "x"});
         }},
        {"head_taken foreign_ahead",
         [](auto& v) {
             v.queue.insert(v.queue.begin(), {"/k/x", Revision{4}, "x"});
         }},
    };
    for (const auto& [code, spoil] : cases) {
        auto view = group();
        spoil(view);
        CHECK(codes(judge(view)) == code);
    }
    CHECK(codes(judge(group(), "a")) == "target_leads");
}

TEST_CASE("a target that is not fit is told with its conditions and what would change them") {
    auto view = group();
    view.members[2].record.eligible = false;
    view.members[2].record.blocked_by = "lagging";
    const auto lagging = report::describe(Blocker::kLagging);
    const auto j = judge(view);
    REQUIRE(j.refusals.size() == 1);
    CHECK(j.refusals[0] ==
          report::Condition{"target_unfit",
                            "c is not fit to lead: " + lagging.sentence + " (lagging)",
                            lagging.remedy});
}

TEST_CASE("when nobody else is fit each is told with what keeps it from leading") {
    auto view = group();
    view.members[1].record.eligible = false;
    view.members[1].record.blocked_by = "node_dead";
    view.members[2].record.candidate_key.clear();
    const auto j = judge(view, "");
    REQUIRE(codes(j) == "nobody_else");
    CHECK(j.refusals[0].sentence ==
          "No other member is fit to lead. b: " + report::describe(Blocker::kNodeDead).sentence +
              " (node_dead) c: It is not in the queue.");
    view.members.resize(1);
    CHECK(judge(view, "").refusals[0].sentence == "No other member is fit to lead.");
}

TEST_CASE("all that applies is told at once") {
    auto view = group();
    view.pause = PauseOrder{"ops", "new disks"};
    view.holder.record->state = HolderRecord::State::kUnfenced;
    CHECK(codes(judge(view, "x")) == "unfenced paused target_unknown");
}

TEST_CASE("an older elector behind the target is waited for, not refused") {
    auto view = group();
    view.queue.push_back({"/k/x", Revision{12}, "x"});
    const auto j = judge(view);
    CHECK(codes(j) == "");
    CHECK(j.plan.foreign_waits);
    const config::Config config;
    const auto plain = orders::expected(config, judge(group()).plan);
    CHECK(orders::expected(config, j.plan).total() == plain.total() + 6500ms);
}

TEST_CASE("the expected time is that of the budget, and its cost a share of a round of producers") {
    const config::Config config;
    const auto plan = judge(group()).plan;
    CHECK(orders::expected(config, plan) == orders::Expected{700ms, 2500ms, 2500ms, 6565ms});
    CHECK(orders::missed_blocks(60s, 2500ms) == doctest::Approx(1.0));
    CHECK(boost::json::serialize(orders::to_json(plan, config)) ==
          R"({"from":"a","to":"c","term":5,"makes_way_first":["b"],"expected":{"standby_ms":700,)"
          R"("gate_ms":2500,"total_ms":3200,"total_at_most_ms":9065,"missed_blocks":5E-2,)"
          R"("missed_blocks_at_most":1.5E-1}})");
    config::Config blind;
    blind.node.web3_mode = config::Web3Mode::kOff;
    CHECK(orders::expected(blind, plan).gate == 6565ms);
}
