// Each transaction compared whole with the table in the protocol (docs/safety.md): what it
// compares, what it does, and what it answers otherwise.
#include "etcd/transactions.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "etcd/records.hpp"

using namespace elector;
using namespace elector::model;
using namespace elector::etcd;
using namespace std::chrono_literals;

namespace {

const Keys kKeys{"/k"};

Compare created(const std::string& key, std::int64_t revision) {
    return Compare{key, Compare::Target::kCreate, Compare::Result::kEqual, revision, {}};
}
Compare modified(const std::string& key, std::int64_t revision) {
    return Compare{key, Compare::Target::kMod, Compare::Result::kEqual, revision, {}};
}
Compare has_value(const std::string& key, const std::string& value) {
    return Compare{key, Compare::Target::kValue, Compare::Result::kEqual, 0, value};
}
Op get(const std::string& key) { return RangeOp{key, {}, false, 0}; }
Op put(const std::string& key, const std::string& value, std::int64_t lease = 0) {
    return PutOp{key, value, lease};
}
Op erase(const std::string& key) { return DeleteOp{key, {}}; }

MemberRecord member(const std::string& candidate_key = {}) {
    MemberRecord r;
    r.name = "a";
    r.instance = "boot-a";
    r.candidate_key = candidate_key;
    return r;
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
    r.gate.wait = 6500ms;
    return r;
}

const StoredRecord kFound{Revision{30}, "bytes as stored", std::nullopt};
const StoredRecord kNothing;
const auto kActive = record(HolderRecord::State::kActive);
const auto kDrained = record(HolderRecord::State::kDrained);
const auto kUnfenced = record(HolderRecord::State::kUnfenced);

KeyValue kv(const std::string& key, const std::string& value, std::int64_t create,
            std::int64_t mod) {
    return KeyValue{key, value, create, mod, 1, 0};
}

TxnReply reply(bool succeeded, std::vector<OpReply> replies = {}) {
    return TxnReply{Header{77, 1, 99, 3}, succeeded, std::move(replies)};
}

void check(const TxnAnswered& event, const TxnAnswered& expected) {
    CHECK(event.op == expected.op);
    CHECK(event.outcome == expected.outcome);
    CHECK(event.revision == expected.revision);
    CHECK(event.member == expected.member);
}

void check(const RecordAnswered& event, const RecordAnswered& expected) {
    CHECK(event.op == expected.op);
    CHECK(event.outcome == expected.outcome);
    CHECK(event.holder == expected.holder);
}

}  // namespace

TEST_CASE("all keys of an election are under two prefixes") {
    CHECK(kKeys.queue == "/k/");
    CHECK(kKeys.data == "/k.d/");
    CHECK(kKeys.holder == "/k.d/holder");
    CHECK(kKeys.members == "/k.d/members/");
    CHECK(kKeys.pause == "/k.d/control/pause");
    CHECK(kKeys.switchover == "/k.d/control/switchover");
    CHECK(kKeys.bootstrap == "/k.d/control/bootstrap");
    CHECK(kKeys.member("a") == "/k.d/members/a");
}

TEST_CASE("the history keeps the newest hundred entries, whatever the order of their terms") {
    const auto asked = newest_history(kKeys);
    CHECK(asked.key == "/k.d/history/");
    CHECK(asked.limit == 101);
    CHECK(asked.newest_first);
    std::vector<KeyValue> newest;
    for (std::int64_t term = 300; newest.size() < 100; --term)
        newest.push_back({kKeys.history_of(Term{term}), "", 0, 0, 0, 0});
    CHECK(outdated_history(kKeys, newest) == std::nullopt);
    newest.push_back({kKeys.history_of(Term{200}), "", 0, 0, 0, 0});
    CHECK(outdated_history(kKeys, newest) ==
          DeleteOp{"/k.d/history/", kKeys.history_of(Term{201})});
    newest[3].key = kKeys.history_of(Term{7});  // an old term that was recorded late is kept
    CHECK(outdated_history(kKeys, newest) == DeleteOp{"/k.d/history/", kKeys.history_of(Term{7})});
}

TEST_CASE("history keys sort by term") {
    CHECK(kKeys.history_of(Term{42}) == "/k.d/history/000000000000002a");
    CHECK(kKeys.history_of(Term{0x7fffffffffffffff}) == "/k.d/history/7fffffffffffffff");
    CHECK(kKeys.history_of(Term{255}) < kKeys.history_of(Term{256}));
}

TEST_CASE("ELECTED reads the queue by create revision, members, record and orders at once") {
    CHECK(to_txn(kKeys, ReadElection{OpId{1}}) ==
          Txn{{},
              {RangeOp{"/k/", "/k0", true, 0}, RangeOp{"/k.d/members/", "/k.d/members0", false, 0},
               get("/k.d/holder"), RangeOp{"/k.d/control/", "/k.d/control0", false, 0}},
              {get("/k.d/holder")}});
}

TEST_CASE("REGISTER takes a free name, or the record of this instance at its revision") {
    const auto json = to_json(member());
    CHECK(to_txn(kKeys, Register{OpId{1}, LeaseId{5}, member(), Revision{}}) ==
          Txn{{created("/k.d/members/a", 0)},
              {put("/k.d/members/a", json, 5)},
              {get("/k.d/members/a")}});
    CHECK(to_txn(kKeys, Register{OpId{1}, LeaseId{5}, member(), Revision{12}}) ==
          Txn{{modified("/k.d/members/a", 12)},
              {put("/k.d/members/a", json, 5)},
              {get("/k.d/members/a")}});
    CHECK(to_txn(kKeys, Register{OpId{1}, LeaseId{5}, member(), Revision{12}, "/k/7"}) ==
          Txn{{modified("/k.d/members/a", 12)},
              {put("/k.d/members/a", json, 5), DeleteOp{"/k/7", {}}},
              {get("/k.d/members/a")}});
}

TEST_CASE("a member publishes only over its own last record") {
    CHECK(to_txn(kKeys, PublishMember{OpId{1}, LeaseId{5}, member(), Revision{12}}) ==
          Txn{{modified("/k.d/members/a", 12)},
              {put("/k.d/members/a", to_json(member()), 5)},
              {get("/k.d/members/a")}});
}

TEST_CASE("that its node is active a member says only beside the holder record it knows") {
    CHECK(to_txn(kKeys, PublishMember{OpId{1}, LeaseId{5}, member(), Revision{12}, Revision{33}}) ==
          Txn{{modified("/k.d/members/a", 12), modified("/k.d/holder", 33)},
              {put("/k.d/members/a", to_json(member()), 5)},
              {get("/k.d/members/a")}});
}

TEST_CASE("two active nodes are written down once for a term and a member") {
    HistoryEntry entry{Term{42}, "a", "double_active", {}, {}, {}};
    entry.other = "b";
    const std::string key = "/k.d/history/000000000000002a-b";
    CHECK(to_txn(kKeys, RecordDoubleActive{OpId{1}, entry}) ==
          Txn{{created(key, 0)}, {put(key, to_json(entry))}, {get(key)}});
    CHECK(parse_history(to_json(entry)) == entry);
}

TEST_CASE("QUEUE puts a new key and the record that names it, under one lease") {
    const auto named = member("/k/5");
    CHECK(to_txn(kKeys, Queue{OpId{1}, LeaseId{5}, named, Revision{12}}) ==
          Txn{{created("/k/5", 0), modified("/k.d/members/a", 12)},
              {put("/k/5", "a", 5), put("/k.d/members/a", to_json(named), 5)},
              {get("/k/5")}});
}

TEST_CASE("RELEASE deletes the key that was queued and nothing else's") {
    CHECK(to_txn(kKeys, Release{OpId{1}, LeaseId{5}, "/k/5", Revision{20}, member()}) ==
          Txn{{created("/k/5", 20)},
              {erase("/k/5"), put("/k.d/members/a", to_json(member()), 5)},
              {get("/k/5")}});
}

TEST_CASE("CLAIM is guarded by the key, the record's revision and bytes, and no pause") {
    CHECK(to_txn(kKeys, Claim{OpId{1}, "/k/5", Revision{42}, kFound, kActive}) ==
          Txn{{created("/k/5", 42), created("/k.d/control/pause", 0), modified("/k.d/holder", 30),
               has_value("/k.d/holder", "bytes as stored")},
              {put("/k.d/holder", to_json(kActive))},
              {get("/k.d/holder")}});
}

TEST_CASE("a missing record is guarded by mod = 0 alone") {
    CHECK(to_txn(kKeys, Claim{OpId{1}, "/k/5", Revision{42}, kNothing, kActive}).compares ==
          std::vector<Compare>{created("/k/5", 42), created("/k.d/control/pause", 0),
                               modified("/k.d/holder", 0)});
    CHECK(to_txn(kKeys, Drain{OpId{1}, kNothing, kDrained, "", {}}).compares ==
          std::vector<Compare>{modified("/k.d/holder", 0)});
    CHECK(to_txn(kKeys, MarkUnfenced{OpId{1}, kNothing, kUnfenced}).compares ==
          std::vector<Compare>{modified("/k.d/holder", 0)});
    CHECK(to_txn(kKeys, Depose{OpId{1}, "/k/b", Revision{8}, kNothing}).compares ==
          std::vector<Compare>{created("/k/b", 8), modified("/k.d/holder", 0)});
    CHECK(to_txn(kKeys, RecordForeign{OpId{1}, kNothing, {"/k/o", Revision{8}, "x"}, kActive})
              .compares == std::vector<Compare>{created("/k/o", 8), modified("/k.d/holder", 0)});
}

TEST_CASE("CONFIRM writes nothing and has operations in both branches") {
    CHECK(to_txn(kKeys, Confirm{OpId{1}, "/k/5", Revision{42}, Revision{30}}) ==
          Txn{{created("/k/5", 42), modified("/k.d/holder", 30)},
              {get("/k/5")},
              {get("/k.d/holder"), get("/k/5")}});
}

TEST_CASE("DRAIN is guarded by the record alone, deletes the key and writes history") {
    const HistoryEntry entry{Term{42}, "a", "shutdown", 10s, 700ms, 200ms};
    CHECK(to_txn(kKeys, Drain{OpId{1}, kFound, kDrained, "/k/5", entry}) ==
          Txn{{modified("/k.d/holder", 30), has_value("/k.d/holder", "bytes as stored")},
              {put("/k.d/holder", to_json(kDrained)), erase("/k/5"),
               put("/k.d/history/000000000000002a", to_json(entry))},
              {get("/k.d/holder")}});
}

TEST_CASE("DRAIN of a record whose key is gone deletes nothing") {
    const HistoryEntry entry{Term{42}, "a", "own_record", 0s, 0s, 0s};
    CHECK(to_txn(kKeys, Drain{OpId{1}, kFound, kDrained, "", entry}).then_ops ==
          std::vector<Op>{put("/k.d/holder", to_json(kDrained)),
                          put("/k.d/history/000000000000002a", to_json(entry))});
}

TEST_CASE("UNFENCED is guarded by the record alone and keeps the key") {
    CHECK(to_txn(kKeys, MarkUnfenced{OpId{1}, kFound, kUnfenced}) ==
          Txn{{modified("/k.d/holder", 30), has_value("/k.d/holder", "bytes as stored")},
              {put("/k.d/holder", to_json(kUnfenced))},
              {get("/k.d/holder")}});
}

TEST_CASE("DEPOSE is guarded by the head's key and the record that was judged") {
    CHECK(to_txn(kKeys, Depose{OpId{1}, "/k/b", Revision{8}, kFound}) ==
          Txn{{created("/k/b", 8), modified("/k.d/holder", 30),
               has_value("/k.d/holder", "bytes as stored")},
              {erase("/k/b")},
              {get("/k.d/holder")}});
}

TEST_CASE("FOREIGN is guarded by the foreign key and the record that it keeps") {
    auto kept = kDrained;
    kept.foreign = {ForeignKey{"/k/old", Revision{8}, "b"}};
    CHECK(to_txn(kKeys, RecordForeign{OpId{1}, kFound, kept.foreign[0], kept}) ==
          Txn{{created("/k/old", 8), modified("/k.d/holder", 30),
               has_value("/k.d/holder", "bytes as stored")},
              {put("/k.d/holder", to_json(kept))},
              {get("/k.d/holder")}});
}

TEST_CASE("a foreign key is cleared only when that very key is gone and the record is as judged") {
    CHECK(to_txn(kKeys, ClearForeign{OpId{1}, kFound, {"/k/old", Revision{8}, "b"}, kDrained}) ==
          Txn{{Compare{"/k/old", Compare::Target::kCreate, Compare::Result::kNotEqual, 8, {}},
               modified("/k.d/holder", 30), has_value("/k.d/holder", "bytes as stored")},
              {put("/k.d/holder", to_json(kDrained))},
              {get("/k.d/holder")}});
}

TEST_CASE("no transaction writes one key twice, which etcd would refuse") {
    const HistoryEntry entry{Term{42}, "a", "shutdown", 10s, 700ms, 200ms};
    const Txn txns[] = {to_txn(kKeys, Queue{OpId{1}, LeaseId{5}, member("/k/5"), Revision{12}}),
                        to_txn(kKeys, Release{OpId{1}, LeaseId{5}, "/k/5", Revision{20}, member()}),
                        to_txn(kKeys, Drain{OpId{1}, kFound, kDrained, "/k/5", entry})};
    for (const auto& txn : txns) {
        std::vector<std::string> written;
        for (const auto& op : txn.then_ops) {
            if (const auto* p = std::get_if<PutOp>(&op)) written.push_back(p->key);
            if (const auto* d = std::get_if<DeleteOp>(&op)) written.push_back(d->key);
        }
        std::sort(written.begin(), written.end());
        CHECK(std::adjacent_find(written.begin(), written.end()) == written.end());
    }
}

/// Its first keys, the key two places before the one of 42, and two members.
const ReadElection kFront{OpId{4}, 2, {}, {"/k/5"}, {"a", "b"}, Revision{42}};

TEST_CASE("of a crowd the queue's first keys are read, and members by their names") {
    CHECK(to_txn(kKeys, kFront).then_ops ==
          std::vector<Op>{RangeOp{"/k/", "/k0", true, 3},
                          RangeOp{"/k.d/members/", "/k.d/members0", false, 3}, get("/k.d/holder"),
                          RangeOp{"/k.d/control/", "/k.d/control0", false, 0},
                          RangeOp{"/k/", "/k0", false, 2, true, 41}, get("/k/5"),
                          get("/k.d/members/a"), get("/k.d/members/b")});
    auto look = kFront;
    look.queue = {"/k/1"};
    look.before = {};
    CHECK(to_txn(kKeys, look).then_ops ==
          std::vector<Op>{get("/k.d/holder"), RangeOp{"/k.d/control/", "/k.d/control0", false, 0},
                          get("/k/1"), get("/k/5"), get("/k.d/members/a"), get("/k.d/members/b")});
}

TEST_CASE("a read of a crowd becomes a view of its front; of a small group, the whole view") {
    const auto named = member("/k/5");
    const auto record = kv("/k.d/members/a", to_json(named), 12, 43);
    OpReply members{{record, record, record}, 0, 9};
    const OpReply none{};
    const OpReply first{{kv("/k/1", "x", 20, 20), kv("/k/2", "y", 30, 30), kv("/k/3", "z", 31, 31)},
                        0};
    const OpReply before{{kv("/k/4", "z", 41, 41), kv("/k/3", "z", 31, 31)}, 0};
    const OpReply own{{kv("/k/5", "a", 42, 42)}, 0};
    const auto event = to_event(
        kKeys, kFront,
        reply(true, {first, members, none, none, before, own, OpReply{{record}, 0}, none}));
    CHECK(event.bell == "/k/3");
    CHECK(event.view.queue ==
          std::vector<Candidate>{{"/k/1", Revision{20}, "x"}, {"/k/2", Revision{30}, "y"}});
    CHECK(event.view.members == std::vector<MemberEntry>{{Revision{12}, Revision{43}, named}});
    Crowd crowd;
    crowd.front = 2;
    crowd.cut = true;
    crowd.queue_at = Revision{99};
    crowd.members = 9;
    crowd.beyond = {Candidate{"/k/5", Revision{42}, "a"}};
    CHECK(event.view.crowd == crowd);
    members.kvs.resize(2);
    const auto whole =
        to_event(kKeys, kFront, reply(true, {own, members, none, none, none, own, none, none}));
    CHECK(whole.view.crowd == Crowd{});
    CHECK(whole.view.members.size() == 2);
}

TEST_CASE("a whole read becomes the view") {
    const auto named = member("/k/5");
    const SwitchoverOrder order{Revision{}, Term{42}, "b", "op", "why"};
    const auto event =
        to_event(kKeys, ReadElection{OpId{4}},
                 reply(true, {OpReply{{kv("/k/5", "a", 42, 42), kv("/k/old", "b", 50, 50)}, 0},
                              OpReply{{kv("/k.d/members/a", to_json(named), 12, 43),
                                       kv("/k.d/members/damaged", "{rubbish", 13, 13)},
                                      0},
                              OpReply{{kv("/k.d/holder", to_json(kActive), 9, 44)}, 0},
                              OpReply{{kv("/k.d/control/pause", "because", 51, 51),
                                       kv("/k.d/control/switchover", to_json(order), 52, 53),
                                       kv("/k.d/control/bootstrap", "beef", 55, 55),
                                       kv("/k.d/control/other", "?", 54, 54)},
                                      0}}));
    ElectionView view;
    view.cluster_id = 77;
    view.raft_term = 3;
    view.revision = Revision{99};
    view.queue = {Candidate{"/k/5", Revision{42}, "a"}, Candidate{"/k/old", Revision{50}, "b"}};
    view.members = {MemberEntry{Revision{12}, Revision{43}, named}};
    view.holder = StoredRecord{Revision{44}, to_json(kActive), kActive};
    view.pause = PauseOrder{};
    view.switchover = order;
    view.switchover->mod = Revision{53};
    view.roll_call = "beef";
    CHECK(event.op == OpId{4});
    CHECK(event.outcome == StoreOutcome::kDone);
    CHECK(event.view == view);
}

TEST_CASE("an empty store reads as an empty view") {
    const auto event = to_event(kKeys, ReadElection{OpId{4}}, reply(true, {{}, {}, {}, {}}));
    ElectionView view;
    view.cluster_id = 77;
    view.raft_term = 3;
    view.revision = Revision{99};
    CHECK(event.outcome == StoreOutcome::kDone);
    CHECK(event.view == view);
}

TEST_CASE("a key that nobody asked for is no member") {
    const OpReply strangers{{kv("/k", to_json(member()), 1, 1), kv("", to_json(member()), 1, 1)},
                            0};
    const auto event = to_event(kKeys, ReadElection{OpId{4}}, reply(true, {{}, strangers, {}, {}}));
    CHECK(event.outcome == StoreOutcome::kDone);
    CHECK(event.view.members.empty());
    CHECK(!to_event(kKeys, Register{OpId{4}, {}, {}, {}}, reply(false, {strangers})).member);
}

TEST_CASE("a read with too few answers proves nothing") {
    const auto event = to_event(kKeys, ReadElection{OpId{4}}, reply(true, {{}, {}, {}}));
    CHECK(event.op == OpId{4});
    CHECK(event.outcome == StoreOutcome::kUnknown);
}

TEST_CASE("member transactions answer with the store's revision") {
    const TxnAnswered done{OpId{4}, StoreOutcome::kDone, Revision{99}, {}};
    const TxnAnswered failed{OpId{4}, StoreOutcome::kGuardFailed, Revision{99}, {}};
    check(to_event(kKeys, Register{OpId{4}, {}, {}, {}}, reply(true)), done);
    check(to_event(kKeys, PublishMember{OpId{4}, {}, {}, {}}, reply(true)), done);
    check(to_event(kKeys, Queue{OpId{4}, {}, {}, {}}, reply(true)), done);
    check(to_event(kKeys, Release{OpId{4}, {}, {}, {}, {}}, reply(true)), done);
    check(to_event(kKeys, PublishMember{OpId{4}, {}, {}, {}}, reply(false)), failed);
    check(to_event(kKeys, Queue{OpId{4}, {}, {}, {}}, reply(false)), failed);
    check(to_event(kKeys, Release{OpId{4}, {}, {}, {}, {}}, reply(false)), failed);
}

TEST_CASE("a REGISTER that was refused tells who has the name") {
    auto other = member();
    other.instance = "boot-other";
    const auto found = OpReply{{kv("/k.d/members/a", to_json(other), 12, 43)}, 0};
    check(to_event(kKeys, Register{OpId{4}, {}, member(), {}}, reply(false, {found})),
          {OpId{4}, StoreOutcome::kGuardFailed, Revision{99},
           MemberEntry{Revision{12}, Revision{43}, other}});
    const TxnAnswered nobody{OpId{4}, StoreOutcome::kGuardFailed, Revision{99}, {}};
    check(to_event(kKeys, Register{OpId{4}, {}, member(), {}}, reply(false, {OpReply{}})), nobody);
    const auto damaged = OpReply{{kv("/k.d/members/a", "{rubbish", 12, 43)}, 0};
    check(to_event(kKeys, Register{OpId{4}, {}, member(), {}}, reply(false, {damaged})), nobody);
}

TEST_CASE("a record that was written is known with its revision and bytes") {
    const RecordAnswered active{OpId{4}, StoreOutcome::kDone,
                                StoredRecord{Revision{99}, to_json(kActive), kActive}};
    const RecordAnswered drained{OpId{4}, StoreOutcome::kDone,
                                 StoredRecord{Revision{99}, to_json(kDrained), kDrained}};
    check(to_event(kKeys, Claim{OpId{4}, "", {}, {}, kActive}, reply(true)), active);
    check(to_event(kKeys, Drain{OpId{4}, {}, kDrained, "", {}}, reply(true)), drained);
    check(to_event(kKeys, RecordForeign{OpId{4}, {}, {}, kActive}, reply(true)), active);
    check(to_event(kKeys, ClearForeign{OpId{4}, {}, {}, kDrained}, reply(true)), drained);
    const RecordAnswered unfenced{OpId{4}, StoreOutcome::kDone,
                                  StoredRecord{Revision{99}, to_json(kUnfenced), kUnfenced}};
    check(to_event(kKeys, MarkUnfenced{OpId{4}, {}, kUnfenced}, reply(true)), unfenced);
}

TEST_CASE("a failed guard answers with the record that was found") {
    const auto found = OpReply{{kv("/k.d/holder", to_json(kUnfenced), 9, 44)}, 0};
    const RecordAnswered theirs{OpId{4}, StoreOutcome::kGuardFailed,
                                StoredRecord{Revision{44}, to_json(kUnfenced), kUnfenced}};
    check(to_event(kKeys, Claim{OpId{4}, "", {}, {}, kActive}, reply(false, {found})), theirs);
    check(to_event(kKeys, Drain{OpId{4}, {}, kDrained, "", {}}, reply(false, {found})), theirs);
    check(to_event(kKeys, MarkUnfenced{OpId{4}, {}, kActive}, reply(false, {found})), theirs);
    check(to_event(kKeys, Confirm{OpId{4}, "", {}, {}}, reply(false, {found, OpReply{}})), theirs);
    const auto rubbish = OpReply{{kv("/k.d/holder", "{rubbish", 9, 44)}, 0};
    check(to_event(kKeys, Drain{OpId{4}, {}, kDrained, "", {}}, reply(false, {rubbish})),
          {OpId{4}, StoreOutcome::kGuardFailed,
           StoredRecord{Revision{44}, "{rubbish", std::nullopt}});
    const RecordAnswered nothing{OpId{4}, StoreOutcome::kGuardFailed, {}};
    check(to_event(kKeys, Drain{OpId{4}, {}, kDrained, "", {}}, reply(false, {OpReply{}})),
          nothing);
    check(to_event(kKeys, Drain{OpId{4}, {}, kDrained, "", {}}, reply(false)), nothing);
}

TEST_CASE("a failed event carries the operation and the outcome, whatever was asked") {
    CHECK(failed_event(Claim{OpId{4}, "", {}, {}, {}}, StoreOutcome::kUnknown).op == OpId{4});
    CHECK(failed_event(Claim{OpId{4}, "", {}, {}, {}}, StoreOutcome::kUnknown).outcome ==
          StoreOutcome::kUnknown);
    CHECK(failed_event(ReadElection{OpId{5}}, StoreOutcome::kRefused).outcome ==
          StoreOutcome::kRefused);
    CHECK(failed_event(Queue{OpId{6}, {}, {}, {}}, StoreOutcome::kLeaseGone).op == OpId{6});
}

TEST_CASE("the end of a prefix is the next prefix") {
    CHECK(prefix_end("/k/") == "/k0");
    CHECK(prefix_end("a") == "b");
    CHECK(prefix_end("a\xff") == "b");
    CHECK(prefix_end("\xff\xff") == std::string(1, '\0'));
}
