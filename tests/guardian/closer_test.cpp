// What the guardian's other child writes: transactions are compared whole with the protocol's.
#include "app/closer.hpp"

#include <doctest/doctest.h>

#include "etcd/records.hpp"

using namespace elector;
using namespace elector::app;
using namespace elector::model;
using guardian::GateKind;
using guardian::Order;
using guardian::parse_order;
using namespace std::chrono_literals;

namespace {

const etcd::Keys kKeys{"/k"};
const Gate kGate{Height{100}, 6500ms};

HolderRecord record(HolderRecord::State state) {
    HolderRecord r;
    r.state = state;
    r.term = Term{42};
    r.member = "a";
    r.instance = "boot-a";
    r.nonce = Nonce{7};
    r.hold = 5s;
    r.quiesce = 11s;
    return r;
}

ElectionView view_of(const HolderRecord& r) {
    ElectionView view;
    view.holder = StoredRecord{Revision{30}, etcd::to_json(r), r};
    view.queue = {{"/k/cafe", Revision{42}, "a"}, {"/k/dead", Revision{50}, "b"}};
    return view;
}

Order order(bool unfenced = false) {
    return Order{unfenced,        GateKind::kTip, Term{42}, Nonce{7},
                 LeaseId{0xcafe}, Instant(9s),    "/k/cafe"};
}

etcd::Txn drained(const ElectionView& view) {
    auto r = *view.holder.record;
    r.state = HolderRecord::State::kDrained;
    r.gate = kGate;
    r.reason = "guardian";
    const auto* key = find_created(view, Term{42});
    const HistoryEntry history{Term{42}, "a", "guardian", {}, {}, {}, {}};
    return etcd::to_txn(kKeys, Drain{{}, view.holder, r, key ? key->key : "", history});
}

}  // namespace

TEST_CASE("the record of the order's holding becomes drained, and its key goes") {
    using State = HolderRecord::State;
    for (const auto state : {State::kActive, State::kUnfenced}) {
        const auto view = view_of(record(state));
        CHECK(closure_of(kKeys, view, order(), kGate) == Closure{drained(view), "drained"});
    }
}

TEST_CASE("foreign keys that the record lists stay listed") {
    auto r = record(HolderRecord::State::kActive);
    r.foreign = {{"/k/beef", Revision{12}, "b"}};
    const auto view = view_of(r);
    CHECK(closure_of(kKeys, view, order(), kGate).txn == drained(view));
}

TEST_CASE("a key that is gone already is not missed") {
    auto view = view_of(record(HolderRecord::State::kActive));
    view.queue.clear();
    CHECK(closure_of(kKeys, view, order(), kGate).txn == drained(view));
}

TEST_CASE("unfenced changes the state and keeps the key") {
    const auto view = view_of(record(HolderRecord::State::kActive));
    auto r = *view.holder.record;
    r.state = HolderRecord::State::kUnfenced;
    r.reason = "guardian";
    const auto txn = etcd::to_txn(kKeys, MarkUnfenced{{}, view.holder, r});
    CHECK(closure_of(kKeys, view, order(true), kGate) == Closure{txn, "unfenced"});
}

TEST_CASE("what is written already is not written again") {
    using State = HolderRecord::State;
    CHECK(!closure_of(kKeys, view_of(record(State::kDrained)), order(), kGate).txn);
    CHECK(!closure_of(kKeys, view_of(record(State::kDrained)), order(true), kGate).txn);
    CHECK(!closure_of(kKeys, view_of(record(State::kUnfenced)), order(true), kGate).txn);
}

TEST_CASE("another's record is left alone; the own key is taken away if it is there") {
    auto other_nonce = record(HolderRecord::State::kActive);
    other_nonce.nonce = Nonce{8};
    auto other_term = record(HolderRecord::State::kActive);
    other_term.term = Term{50};
    for (const auto& r : {other_nonce, other_term}) {
        auto view = view_of(r);
        const Depose gone{{}, "/k/cafe", Revision{42}, view.holder};
        CHECK(closure_of(kKeys, view, order(), kGate).txn == etcd::to_txn(kKeys, gone));
        CHECK(!closure_of(kKeys, view, order(true), kGate).txn);
        view.queue.erase(view.queue.begin());
        CHECK(!closure_of(kKeys, view, order(), kGate).txn);
    }
    auto unreadable = view_of(record(HolderRecord::State::kActive));
    unreadable.holder.record.reset();
    CHECK(closure_of(kKeys, unreadable, order(), kGate).txn.has_value());
}

TEST_CASE("a marker is looked for nowhere but in the holding's own election and etcd") {
    CHECK(elsewhere(kKeys, order(), 0, 0) == "");
    CHECK(elsewhere(kKeys, order(), 5, 0) == "");
    CHECK(elsewhere(kKeys, order(), 0, 5) == "");
    CHECK(elsewhere(kKeys, order(), 5, 5) == "");
    CHECK(elsewhere(kKeys, order(), 5, 0xab) ==
          "the etcd that answers is cluster ab, and this host has pinned 5");
    auto deeper = order();
    deeper.key = "/k/x/cafe";
    CHECK(elsewhere(kKeys, deeper, 5, 5) != "");
    for (const auto* key : {"/", "/k/c", "/kk", "/K"}) {
        CAPTURE(key);
        CHECK(elsewhere(etcd::Keys{key}, order(), 5, 5) ==
              "the candidate key of this holding is /k/cafe, and the configuration's "
              "election.key now gives " +
                  std::string(key) + "/...");
    }
}

TEST_CASE("a gate rests on what is known of the node") {
    const config::Config c;
    const Height tip{100};
    CHECK(gate_of(c, GateKind::kTip, tip) == Gate{tip, 6500ms});
    CHECK(gate_of(c, GateKind::kTime, tip) == Gate{std::nullopt, 6500ms});
    CHECK(gate_of(c, GateKind::kDead, tip) == Gate{std::nullopt, 2500ms});
    CHECK(gate_of(c, GateKind::kRestarted, tip) == Gate{std::nullopt, 17s});
}

TEST_CASE("an order is read from its words, and from no others") {
    const std::vector<std::string> words{"drained", "tip",        "42",      "7",
                                         "51966",   "9000000000", "/k/cafe", ""};
    CHECK(parse_order(words) == order());
    auto of_group = words;
    of_group.back() = "west";
    auto wests = order();
    wests.group = "west";
    CHECK(parse_order(of_group) == wests);
    auto of_living = words;
    of_living.front() = "spared";
    auto spared = order();
    spared.spared = true;
    CHECK(parse_order(of_living) == spared);
    auto more = words;
    more.insert(more.end(), {"--config", "x"});
    CHECK(parse_order(more) == order());
    for (std::size_t i = 0; i < words.size(); ++i) {
        for (const auto* bad : {"", "-1", "0", "9x", "99999999999999999999"}) {
            auto wrong = words;
            wrong[i] = bad;
            const bool any_text = (i == 6 && *bad != '\0') || i == 7;
            CAPTURE(i);
            CAPTURE(bad);
            CHECK(parse_order(wrong).has_value() == any_text);
        }
    }
    CHECK(!parse_order({words.begin(), words.end() - 1}));
}

TEST_CASE(
    "one closer is told of several orders, each with its own connection, and where they end") {
    const auto words = [](const std::string& group) {
        return std::vector<std::string>{"drained", "tip",        "42",      "7",
                                        "51966",   "9000000000", "/k/cafe", group};
    };
    std::vector<std::string> all;
    for (const auto* group : {"a", "b", "c"}) {
        if (!all.empty()) all.emplace_back("and");
        for (const auto& word : words(group)) all.push_back(word);
    }
    all.insert(all.end(), {"--config", "x"});
    auto left = all;
    const auto orders = guardian::take_orders(left);
    CHECK(left == std::vector<std::string>{"--config", "x"});
    std::vector<Order> expected;
    for (const auto& [group, connection] :
         {std::pair("a", 3), std::pair("b", 5), std::pair("c", 6)}) {
        expected.push_back(order());
        expected.back().group = group;
        expected.back().connection = connection;
    }
    CHECK(orders == expected);
    all.resize(20);  // in the middle of one
    CHECK(guardian::take_orders(all).empty());
    std::vector<std::string> none{"--config", "x"};
    CHECK(guardian::take_orders(none).empty());
}
