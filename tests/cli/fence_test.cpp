// What an operator's word changes, and when it is refused. Transactions are compared whole with
// those of the protocol.
#include "cli/fence.hpp"

#include <doctest/doctest.h>

#include "core/takeover.hpp"
#include "etcd/records.hpp"

using namespace elector;
using namespace elector::model;
using namespace std::chrono_literals;

namespace {

const etcd::Keys kKeys{"/k"};
const std::string kWho = "root@host";

Policy times() {
    Policy p;
    p.hold = 5s;
    p.quiesce = 11s;
    p.overtime = 2500ms;
    p.settle = 6500ms;
    return p;
}

HolderRecord record(HolderRecord::State state) {
    HolderRecord r;
    r.state = state;
    r.term = Term{42};
    r.member = "a";
    r.instance = "boot-a";
    r.nonce = Nonce{7};
    r.hold = 5s;
    r.quiesce = 11s;
    r.gate = Gate{Height{100}, 6500ms};
    return r;
}

ElectionView view_of(const HolderRecord& r) {
    ElectionView view;
    view.holder = StoredRecord{Revision{30}, etcd::to_json(r), r};
    return view;
}

cli::Vouching vouch(const ElectionView& view, const std::string& whom) {
    return cli::vouch(kKeys, times(), view, whom, kWho);
}

const ForeignKey kForeign{"/k/beef", Revision{12}, "b"};

HolderRecord with_foreign(HolderRecord::State state) {
    auto r = record(state);
    r.foreign = {kForeign};
    return r;
}

}  // namespace

TEST_CASE("an unfenced record becomes drained, time only, and its key goes") {
    auto view = view_of(record(HolderRecord::State::kUnfenced));
    view.queue = {{"/k/cafe", Revision{42}, "a"}, {"/k/dead", Revision{50}, "b"}};
    const auto v = vouch(view, "a");
    CHECK(v.refusal == "");
    CHECK(v.doubt == "");
    CHECK(v.effect ==
          "the record of a (term 42) becomes drained; another member may take over 6.5 s later");
    auto drained = record(HolderRecord::State::kDrained);
    drained.gate = Gate{std::nullopt, 6500ms};
    drained.reason = "confirmed_dead";
    const HistoryEntry history{Term{42}, "a", "confirmed_dead", {}, {}, {}, kWho};
    CHECK(v.txn == etcd::to_txn(kKeys, Drain{{}, view.holder, drained, "/k/cafe", history}));
}

TEST_CASE("the key of an unfenced record that is gone already is not missed") {
    const auto view = view_of(record(HolderRecord::State::kUnfenced));
    const auto v = vouch(view, "a");
    CHECK(v.refusal == "");
    CHECK(v.txn.then_ops.size() == 2);  // record and history
}

TEST_CASE("a node that its elector still reports active is doubted") {
    auto view = view_of(record(HolderRecord::State::kUnfenced));
    MemberRecord member;
    member.name = "a";
    member.activity = NodeActivity::kActive;
    view.members = {{Revision{1}, Revision{2}, member}};
    CHECK(vouch(view, "a").doubt == "its elector still reports the node active");
}

TEST_CASE("a foreign key that is gone is cleared by its name or its key, with the full wait") {
    const auto view = view_of(with_foreign(HolderRecord::State::kDrained));
    auto cleared = record(HolderRecord::State::kDrained);
    cleared.gate = Gate{std::nullopt, 18500ms};
    auto expected = etcd::to_txn(kKeys, ClearForeign{{}, view.holder, kForeign, cleared});
    const HistoryEntry history{Term{12}, "b", "confirmed_dead", {}, {}, {}, kWho};
    expected.then_ops.emplace_back(
        etcd::PutOp{"/k.d/history/000000000000000c", etcd::to_json(history), 0});
    for (const char* whom : {"b", "key:beef"}) {
        const auto v = vouch(view, whom);
        CHECK(v.refusal == "");
        CHECK(v.effect ==
              "the foreign key /k/beef (named b) is cleared; the record is drained again, with the "
              "full wait of 18.5 s from now");
        CHECK(v.txn == expected);
    }
}

TEST_CASE("an active record stays active when its foreign key is cleared") {
    const auto view = view_of(with_foreign(HolderRecord::State::kActive));
    const auto v = vouch(view, "b");
    const auto active = record(HolderRecord::State::kActive);
    CHECK(std::get<etcd::PutOp>(v.txn.then_ops.front()).value == etcd::to_json(active));
}

TEST_CASE("an unfenced record with a foreign key takes two words") {
    auto view = view_of(with_foreign(HolderRecord::State::kUnfenced));
    const auto v = vouch(view, "b");
    CHECK(v.effect ==
          "the foreign key /k/beef (named b) is cleared; the record is unfenced again and still "
          "has to be vouched for");
    CHECK(std::get<etcd::PutOp>(vouch(view, "a").txn.then_ops.front()).value.find("beef") !=
          std::string::npos);
}

TEST_CASE("a foreign key that is still in the queue is not cleared") {
    auto view = view_of(with_foreign(HolderRecord::State::kDrained));
    view.queue = {{"/k/beef", Revision{12}, "b"}};
    CHECK(vouch(view, "b").refusal ==
          "its key /k/beef is still in the queue; stop the older elector or etcdctl that owns it, "
          "and wait until its lease has ended");
}

TEST_CASE("what needs nobody's word is refused with what is there") {
    const std::string rule =
        "; only the member of an unfenced record and a foreign key listed in it can be vouched for";
    CHECK(vouch(ElectionView{}, "a").refusal ==
          "there is no holder record; nothing waits for anybody's word");
    ElectionView rubbish;
    rubbish.holder = StoredRecord{Revision{3}, "{", std::nullopt};
    CHECK(vouch(rubbish, "a").refusal ==
          "the holder record cannot be read; members wait the longest possible holding and then "
          "replace it");
    CHECK(vouch(view_of(record(HolderRecord::State::kActive)), "a").refusal ==
          "the record is active and of a" + rule);
    CHECK(vouch(view_of(record(HolderRecord::State::kDrained)), "a").refusal ==
          "the record is drained and of a" + rule);
    CHECK(vouch(view_of(record(HolderRecord::State::kUnfenced)), "b").refusal ==
          "the record is unfenced and of a" + rule);
    CHECK(vouch(view_of(with_foreign(HolderRecord::State::kActive)), "key:feed").refusal ==
          "the record is active and of a, with a foreign key /k/beef named b" + rule);
}
