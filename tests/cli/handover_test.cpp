// Where a hand-over stands by one look at the group, and what is said of its end.
#include "cli/handover.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "cli/duty.hpp"
#include "cli/switchover.hpp"

using namespace elector;
using namespace elector::model;
using namespace std::chrono_literals;

namespace {

MemberEntry entry(const std::string& name, std::int64_t mod, NodeActivity node) {
    MemberEntry e;
    e.record.name = name;
    e.record.instance = "at " + name;
    e.record.candidate_key = "/k/" + name;
    e.record.activity = node;
    e.mod = Revision{mod};
    return e;
}

/// a (term 5) was told to hand over to b, whose key is of revision 7; c's is of revision 9.
orders::Plan plan() {
    orders::Plan p;
    p.from = "a";
    p.order.term = Term{5};
    p.order.to = "b";
    return p;
}

ElectionView ordered() {
    ElectionView view;
    view.queue = {
        {"/k/a", Revision{5}, "a"}, {"/k/b", Revision{7}, "b"}, {"/k/c", Revision{9}, "c"}};
    view.members = {entry("a", 30, NodeActivity::kActive), entry("b", 31, NodeActivity::kStandby),
                    entry("c", 32, NodeActivity::kStandby)};
    HolderRecord record;
    record.term = Term{5};
    record.member = "a";
    record.instance = "at a";
    view.holder = StoredRecord{Revision{20}, "{}", record};
    view.switchover = SwitchoverOrder{Revision{40}, Term{5}, "b", "root@host", ""};
    return view;
}

/// The member of that index has claimed at revision 50.
ElectionView claimed(std::size_t index) {
    auto view = ordered();
    view.holder.mod = Revision{50};
    view.holder.record->term = view.queue[index].create;
    view.holder.record->member = view.members[index].record.name;
    view.holder.record->instance = view.members[index].record.instance;
    view.queue.erase(view.queue.begin());
    return view;
}

cli::Stage stage(const ElectionView& view) { return cli::stage_of(Policy{}, plan(), view); }

cli::HandOver ended(cli::Outcome outcome) {
    cli::HandOver h;
    h.outcome = outcome;
    h.plan = plan();
    h.leader = "b";
    h.total = 3s;
    h.history = HistoryEntry{Term{5}, "a", "switchover", 90s, 700ms, 300ms};
    return h;
}

}  // namespace

TEST_CASE("until the target is verified active under its own record nothing has ended") {
    auto view = ordered();
    CHECK(!stage(view).end);
    view.holder.record->state = HolderRecord::State::kDrained;
    CHECK(!stage(view).end);
    CHECK(stage(view).words == "a has let go; b takes over at the gate");
    view.holder.record->state = HolderRecord::State::kUnfenced;
    CHECK(!stage(view).end);
    view = claimed(1);
    CHECK(!stage(view).end);
    // Active by a word that is older than its claim says nothing of now.
    view.members[1].record.activity = NodeActivity::kActive;
    CHECK(!stage(view).end);
    view.members[1].mod = Revision{51};
    CHECK(stage(view).end == cli::Outcome::kVerified);
    CHECK(stage(view).leader == "b");
    view.members[1].record.instance = "elsewhere";
    CHECK(!stage(view).end);
}

TEST_CASE("a lead that went to another member ends there, verified") {
    auto view = claimed(2);
    CHECK(!stage(view).end);
    view.members[2] = entry("c", 51, NodeActivity::kActive);
    CHECK(stage(view).end == cli::Outcome::kElsewhere);
    CHECK(stage(view).leader == "c");
    view.holder.record->state = HolderRecord::State::kDrained;
    CHECK(!stage(view).end);
}

TEST_CASE("an order that is gone while its holder is verified active was not obeyed") {
    auto view = ordered();
    view.switchover.reset();
    CHECK(stage(view).end == cli::Outcome::kNotObeyed);
    view.members[0].record.activity = NodeActivity::kStandby;  // it lets go after all
    CHECK(!stage(view).end);
}

TEST_CASE("a record that is gone, or older, is not the one that was handed over") {
    auto view = ordered();
    view.holder.record->term = Term{4};
    CHECK(!stage(view).end);
    view.holder = {};
    CHECK(!stage(view).end);
}

TEST_CASE("the end is told with its phases; what was no switchover is said to be none") {
    auto h = ended(cli::Outcome::kVerified);
    CHECK(cli::end_text(h) ==
          "b leads, and its node is verified active.\nheld 1 min 30 s, standby after 0.7 s, "
          "marker 0.3 s later, b active 2.0 s after that; total 3.0 s\n");
    h.history->reason = "node_dead";
    CHECK(cli::end_text(h).find("The holding of a ended by node_dead, not by the order.") !=
          std::string::npos);
    h.outcome = cli::Outcome::kElsewhere;
    h.leader = "c";
    CHECK(cli::end_text(h).starts_with("The lead went to c, not to b"));
    h.outcome = cli::Outcome::kNotObeyed;
    CHECK(cli::end_text(h).starts_with("a still leads"));
    h.outcome = cli::Outcome::kUnfinished;
    h.where = "b holds the lead; its node is being activated";
    CHECK(cli::end_text(h) ==
          "Nobody was verified active within 3.0 s: " + h.where + ". Look with status.\n");
}

TEST_CASE("a half is within the budget up to what check prints as the most") {
    const config::Config config;
    auto h = ended(cli::Outcome::kVerified);
    h.total = 9065ms;
    CHECK(cli::within_budget(h, config));
    h.total += 1ms;
    CHECK(!cli::within_budget(h, config));
}

namespace {

void collect(const boost::json::value& value, std::set<std::string>& names) {
    if (const auto* list = value.if_array())
        for (const auto& item : *list) collect(item, names);
    if (const auto* object = value.if_object())
        for (const auto& field : *object) {
            names.insert(field.key());
            collect(field.value(), names);
        }
}

}  // namespace

TEST_CASE("every field of the document is on the page of the commands") {
    std::ifstream file(ELECTOR_COMMANDS_PAGE);
    std::stringstream all;
    all << file.rdbuf();
    const auto text = all.str();
    const auto begin = text.find("\n### switchover, drill, remove\n");
    REQUIRE(begin != std::string::npos);
    const auto page = text.substr(begin);
    const config::Config config;
    std::set<std::string> names;
    collect(cli::to_json(ended(cli::Outcome::kVerified), config), names);
    auto refused = ended(cli::Outcome::kRefused);
    refused.refusals = {{"paused", "It is.", "Run resume."}};
    collect(cli::to_json(refused, config), names);
    CHECK(names.size() == 24);
    names.erase("v");
    for (const auto& name : names) {
        const bool there = page.find("`" + name + "`") != std::string::npos ||
                           page.find("`" + name + "[]`") != std::string::npos;
        CHECK_MESSAGE(there, "not documented: " << name);
    }
}

TEST_CASE("the best moment is our block and the one after it; the next is a round away") {
    cli::Duty duty;
    CHECK(!duty.now());
    duty.tip = 100;
    duty.own = 100;
    CHECK(duty.now());
    CHECK(duty.until_next() == 24);
    duty.tip = 101;
    CHECK(duty.now());
    duty.tip = 102;
    CHECK(!duty.now());
    CHECK(duty.until_next() == 22);
    duty.tip = 130;
    CHECK(duty.until_next() == 0);
}
