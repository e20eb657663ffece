// One etcd: transactions, leases, watches, and the election layout that etcdctl shares with us.
#include <algorithm>

#include "etcd_real/fixture.hpp"

using namespace elector::test;

namespace {

/// One etcd for all cases of this file; each uses keys of its own. Its smallest lease is 1 s.
EtcdCluster& cluster() {
    static EtcdCluster one([] {
        EtcdOptions options;
        options.heartbeat = milliseconds(50);
        options.election_timeout = milliseconds(500);
        return options;
    }());
    return one;
}

struct One : RealFixture {
    Client client{io, options(cluster().endpoints(), milliseconds(2000))};  // busy machines

    ~One() { run(io, client.close()); }

    std::int64_t put(const std::string& key, const std::string& value, std::int64_t lease = 0) {
        return value_of(run(io, client.put({key, value, lease}))).header.revision;
    }
    RangeReply get(const std::string& key) {
        return value_of(run(io, client.range({key, "", false, 0})));
    }
};

/// Etcd's own recipe: put the key if it is not there, else say who put it.
Txn campaign(const std::string& key, const std::string& candidate, std::int64_t lease) {
    Txn txn;
    txn.compares = {{key, Compare::Target::kCreate, Compare::Result::kEqual, 0, ""}};
    txn.then_ops = {PutOp{key, candidate, lease}};
    txn.else_ops = {RangeOp{key, "", false, 0}};
    return txn;
}

}  // namespace

TEST_CASE_FIXTURE(One, "a put key is read back with its revisions") {
    const std::int64_t revision = put("basic/k", "v");
    const RangeReply reply = get("basic/k");
    CHECK(reply.kvs == std::vector<KeyValue>{{"basic/k", "v", revision, revision, 1, 0}});
    CHECK(reply.count == 1);
    CHECK(reply.header.cluster_id != 0);
    CHECK(reply.header.raft_term > 0);
    CHECK(value_of(run(io, client.remove({"basic/", prefix_end("basic/")}))).deleted == 1);
    CHECK(get("basic/k").kvs.empty());
}

TEST_CASE_FIXTURE(One, "transactions in one request are each judged by their own condition") {
    const std::int64_t lease = value_of(run(io, client.lease_grant(0x4321, 5))).id;
    const std::int64_t before = put("each/taken", "somebody");
    const std::vector<Txn> all{campaign("each/a", "1", lease), campaign("each/taken", "2", lease),
                               campaign("each/b", "3", lease)};
    const auto replies = value_of(run(io, client.txns(all)));
    REQUIRE(replies.size() == 3);
    CHECK(replies[0].succeeded);
    CHECK_FALSE(replies[1].succeeded);
    CHECK(replies[2].succeeded);
    // Each answer is what it would have been alone.
    REQUIRE(replies[1].replies.size() == 1);
    CHECK(replies[1].replies.front().kvs ==
          std::vector<KeyValue>{{"each/taken", "somebody", before, before, 1, 0}});
    CHECK(replies[0].header.revision == before + 1);
    CHECK(replies[0].header == replies[2].header);
    for (const char* key : {"each/a", "each/b"})
        CHECK(get(key).kvs.front().mod_revision == replies[0].header.revision);
    CHECK(get("each/taken").kvs.front().value == "somebody");
    // As many as one elector sends.
    std::vector<Txn> many;
    for (int i = 0; i < 32; ++i)
        many.push_back(campaign("each/many/" + std::to_string(i), "x", lease));
    CHECK(value_of(run(io, client.txns(many))).size() == 32);
}

TEST_CASE_FIXTURE(One, "and so they are when the first one's condition does not hold") {
    put("other/taken", "somebody");
    const std::vector<Txn> all{campaign("other/taken", "1", 0), campaign("other/a", "2", 0)};
    const auto replies = value_of(run(io, client.txns(all)));
    REQUIRE(replies.size() == 2);
    CHECK_FALSE(replies[0].succeeded);
    CHECK(replies[0].replies.front().kvs.front().value == "somebody");
    CHECK(replies[1].succeeded);
    CHECK(get("other/a").kvs.front().mod_revision == replies[1].header.revision);
    const std::vector<Txn> one{campaign("other/b", "3", 0)};
    CHECK(value_of(run(io, client.txns(one))).front().succeeded);
}

TEST_CASE("a store that is full refuses transactions in one request as it does a single one") {
    EtcdOptions little;
    little.more = {"--quota-backend-bytes=300000"};
    EtcdCluster small(little);
    RealFixture fixture;
    auto& io = fixture.io;
    Client client(io, RealFixture::options(small.endpoints(), milliseconds(2000)));
    const std::string bulk(20'000, 'x');
    Result<std::vector<TxnReply>> last = std::vector<TxnReply>{};
    for (int i = 0; i < 5000 && last; ++i) {  // its size is known a commit later
        const auto name = "full/" + std::to_string(i);
        const std::vector<Txn> all{campaign(name + "/a", "small", 0),
                                   campaign(name + "/b", bulk, 0)};
        last = run(io, client.txns(all));
    }
    REQUIRE(last.has_error());
    CHECK(last.error().kind == ErrorKind::kNoSpace);
    CHECK_FALSE(last.error().outcome_unknown);
    run(io, client.close());
}

TEST_CASE_FIXTURE(One, "of transactions in one request, one whose lease is gone spoils all") {
    const std::vector<Txn> all{campaign("spoilt/a", "1", 0), campaign("spoilt/b", "2", 0x777)};
    const auto replies = run(io, client.txns(all));
    REQUIRE(replies.has_error());
    CHECK(replies.error().kind == ErrorKind::kLeaseNotFound);
    CHECK_FALSE(replies.error().outcome_unknown);
    CHECK(get("spoilt/a").kvs.empty());
}

TEST_CASE_FIXTURE(One, "a campaign may be repeated and leaves one key") {
    const std::int64_t lease = value_of(run(io, client.lease_grant(0x1234, 5))).id;
    const Txn txn = campaign("again/1234", "a", lease);
    const TxnReply first = value_of(run(io, client.txn(txn)));
    const TxnReply second = value_of(run(io, client.txn(txn)));
    CHECK(first.succeeded);
    CHECK_FALSE(second.succeeded);
    REQUIRE(second.replies.size() == 1);
    const std::int64_t revision = first.header.revision;
    CHECK(second.replies[0].kvs ==
          std::vector<KeyValue>{{"again/1234", "a", revision, revision, 1, lease}});
}

TEST_CASE_FIXTURE(One, "every comparison means what etcd means by it") {
    const std::int64_t created = put("cmp/k", "v1");
    const std::int64_t changed = put("cmp/k", "v2");
    using Target = Compare::Target;
    using Relation = Compare::Result;
    const auto holds = [&](Compare compare) {
        Txn txn;
        txn.compares = {std::move(compare)};
        txn.then_ops = {RangeOp{"cmp/k", "", false, 0}};
        txn.else_ops = {RangeOp{"cmp/k", "", false, 0}};
        return value_of(run(io, client.txn(txn))).succeeded;
    };
    CHECK(holds({"cmp/k", Target::kCreate, Relation::kEqual, created, ""}));
    CHECK_FALSE(holds({"cmp/k", Target::kCreate, Relation::kEqual, changed, ""}));
    CHECK(holds({"cmp/k", Target::kMod, Relation::kEqual, changed, ""}));
    CHECK(holds({"cmp/k", Target::kMod, Relation::kGreater, created, ""}));
    CHECK(holds({"cmp/k", Target::kMod, Relation::kLess, changed + 1, ""}));
    CHECK(holds({"cmp/k", Target::kVersion, Relation::kEqual, 2, ""}));
    CHECK(holds({"cmp/k", Target::kVersion, Relation::kNotEqual, 1, ""}));
    CHECK(holds({"cmp/k", Target::kValue, Relation::kEqual, 0, "v2"}));
    CHECK_FALSE(holds({"cmp/k", Target::kValue, Relation::kEqual, 0, "v1"}));
    CHECK(holds({"cmp/k", Target::kLease, Relation::kEqual, 0, ""}));
    // Of a missing key all numbers are 0, and no comparison of its value holds.
    CHECK(holds({"cmp/none", Target::kCreate, Relation::kEqual, 0, ""}));
    CHECK(holds({"cmp/none", Target::kMod, Relation::kEqual, 0, ""}));
    CHECK_FALSE(holds({"cmp/none", Target::kValue, Relation::kEqual, 0, ""}));
    CHECK_FALSE(holds({"cmp/none", Target::kValue, Relation::kNotEqual, 0, "x"}));
}

TEST_CASE_FIXTURE(One, "a transaction that writes one key twice is refused") {
    Txn txn;
    txn.then_ops = {PutOp{"twice/k", "a", 0}, PutOp{"twice/k", "b", 0}};
    const auto reply = run(io, client.txn(txn));
    REQUIRE(reply.has_error());
    CHECK(reply.error().kind == ErrorKind::kInvalid);
    CHECK_FALSE(reply.error().outcome_unknown);
}

TEST_CASE_FIXTURE(One, "a range by create revision puts the oldest key first") {
    put("order/b", "1");
    put("order/a", "2");
    put("order/b", "3");
    const auto keys = [&](bool by_create_revision, std::int64_t limit) {
        const RangeOp op{"order/", prefix_end("order/"), by_create_revision, limit};
        std::vector<std::string> found;
        for (const auto& kv : value_of(run(io, client.range(op))).kvs) found.push_back(kv.key);
        return found;
    };
    CHECK(keys(true, 0) == std::vector<std::string>{"order/b", "order/a"});
    CHECK(keys(false, 0) == std::vector<std::string>{"order/a", "order/b"});
    CHECK(keys(true, 1) == std::vector<std::string>{"order/b"});
}

TEST_CASE_FIXTURE(One,
                  "a lease is granted once, kept alive, asked about and revoked with its keys") {
    const std::int64_t id = 0x77aa;
    CHECK(value_of(run(io, client.lease_grant(id, 60))).ttl_seconds == 60);
    CHECK(run(io, client.lease_grant(id, 60)).error().kind == ErrorKind::kLeaseExists);
    put("lease/k", "v", id);
    CHECK(value_of(run(io, client.keep_alive(id, milliseconds(2000)))).ttl_seconds == 60);
    const LeaseTtl ttl = value_of(run(io, client.lease_time_to_live(id)));
    CHECK(ttl.granted_ttl_seconds == 60);
    CHECK(ttl.ttl_seconds >= 58);
    CHECK(run(io, client.lease_revoke(id)).has_value());
    CHECK(get("lease/k").kvs.empty());
    CHECK(run(io, client.lease_revoke(id)).error().kind == ErrorKind::kLeaseNotFound);
    CHECK(run(io, client.put({"lease/k", "v", id})).error().kind == ErrorKind::kLeaseNotFound);
    CHECK(value_of(run(io, client.keep_alive(id, milliseconds(2000)))).ttl_seconds == 0);
    CHECK(value_of(run(io, client.lease_time_to_live(id))).ttl_seconds == -1);
}

TEST_CASE_FIXTURE(One, "a lease that is not kept alive expires and its key's end is heard") {
    const std::int64_t id = 0x77ab;
    const LeaseGrant grant = value_of(run(io, client.lease_grant(id, 1)));
    const std::int64_t revision = put("expiry/k", "v", id);
    Heard heard;
    const Watch watch = client.watch(watch_prefix("expiry/", revision + 1), heard.handler());
    const auto begin = Clock::now();
    run_until(io, [&] { return !heard.events.empty(); });
    CHECK(heard.events[0].kind == WatchEvent::Kind::kDelete);
    CHECK(heard.events[0].kv.key == "expiry/k");
    CHECK(since(begin) < std::chrono::seconds(grant.ttl_seconds) + milliseconds(2500));
}

TEST_CASE_FIXTURE(One, "a watch hears puts and deletes with the value before") {
    const std::int64_t revision = put("watch/k", "v0");
    WatchOptions watched = watch_prefix("watch/", revision + 1);
    watched.ranges.push_back({"watch.d/", prefix_end("watch.d/")});
    watched.previous = true;
    Heard heard;
    const Watch watch = client.watch(watched, heard.handler());
    run_until(io, [&] { return heard.connected == 1; });
    const std::int64_t changed = put("watch/k", "v1");
    const std::int64_t other = put("watch.d/h", "x");
    const auto removed = value_of(run(io, client.remove({"watch/k", ""}))).header.revision;
    run_until(io, [&] { return heard.events.size() == 3; });
    const KeyValue before{"watch/k", "v0", revision, revision, 1, 0};
    const KeyValue after{"watch/k", "v1", revision, changed, 2, 0};
    CHECK(heard.events ==
          std::vector<WatchEvent>{
              {WatchEvent::Kind::kPut, after, before},
              {WatchEvent::Kind::kPut, {"watch.d/h", "x", other, other, 1, 0}, {}},
              {WatchEvent::Kind::kDelete, {"watch/k", "", 0, removed, 0, 0}, after}});
}

TEST_CASE_FIXTURE(One, "a quiet watch is probed, answered and kept") {
    WatchOptions watched = watch_prefix("probe/", 0);
    watched.progress_interval = milliseconds(20);
    Heard heard;
    Client impatient(io, options(cluster().endpoints()));
    const Watch watch = impatient.watch(watched, heard.handler());
    run_until(io, [&] { return heard.connected == 1; });
    const auto quiet_until = Clock::now() + milliseconds(700);  // beyond interval and time-out
    run_until(io, [&] { return Clock::now() >= quiet_until; });
    CHECK(heard.connected == 1);
    CHECK(heard.interrupted == 0);
}

TEST_CASE_FIXTURE(
    One, "catching up, a batch carries the store's revision and not that of its last event") {
    const std::int64_t first = put("many/k", "0");
    for (int i = 1; i <= 1200; ++i) put("many/k", std::to_string(i));
    Heard heard;
    const Watch watch = client.watch(watch_prefix("many/", first), heard.handler());
    run_until(io, [&] { return heard.events.size() == 1201; });
    REQUIRE(heard.batches.size() > 1);
    CHECK(heard.batches[0].header.revision > heard.batches[0].events.back().kv.mod_revision);
    CHECK(heard.events.back().kv.value == "1200");
}

TEST_CASE_FIXTURE(One, "a watch of compacted history says so and goes on without a gap") {
    const std::int64_t old = put("compact/k", "1");
    const std::int64_t latest = put("compact/k", "2");
    etcdctl(cluster().endpoint(0), {"compact", std::to_string(latest)});
    Heard heard;
    const Watch watch = client.watch(watch_prefix("compact/", old), heard.handler());
    run_until(io, [&] { return heard.resyncs.size() == 1; });
    CHECK(heard.resyncs[0].compact_revision == latest);
    CHECK(heard.resyncs[0].next_revision > latest);
    put("compact/k", "3");
    run_until(io, [&] { return !heard.events.empty(); });
    CHECK(heard.events[0].kv.value == "3");
}

TEST_CASE_FIXTURE(One, "etcdctl elect and our campaign see each other in one queue") {
    const std::string prefix = "election";
    const std::int64_t id = 0x0f00d;
    value_of(run(io, client.lease_grant(id, 30)));
    const std::string ours = prefix + "/" + hex(id);
    CHECK(ours == "election/f00d");
    const TxnReply campaigned = value_of(run(io, client.txn(campaign(ours, "us", id))));
    CHECK(campaigned.succeeded);
    Heard heard;
    const Watch watch =
        client.watch(watch_prefix(prefix + "/", campaigned.header.revision + 1), heard.handler());
    const BackgroundProcess rival({find_program("etcdctl", "etcd-client"),
                                   "--endpoints=" + cluster().endpoint(0), "elect", prefix,
                                   "them"});
    run_until(io, [&] { return heard.events.size() == 1; });

    const RangeOp queue{prefix + "/", prefix_end(prefix + "/"), true, 0};
    const auto entries = value_of(run(io, client.range(queue))).kvs;
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].value == "us");
    CHECK(entries[1].value == "them");
    CHECK(entries[1].key == prefix + "/" + hex(entries[1].lease));
    const BackgroundProcess listener({find_program("etcdctl", "etcd-client"),
                                      "--endpoints=" + cluster().endpoint(0), "elect", "--listen",
                                      prefix});

    // When ours goes, theirs is the oldest, and etcdctl proclaims nothing that we would not see.
    CHECK(run(io, client.lease_revoke(id)).has_value());
    const auto left = value_of(run(io, client.range(queue))).kvs;
    REQUIRE(left.size() == 1);
    CHECK(left[0].value == "them");
}

TEST_CASE_FIXTURE(One, "members and status describe the running etcd") {
    const MemberListReply members = value_of(run(io, client.member_list()));
    REQUIRE(members.members.size() == 1);
    CHECK(members.members[0].client_urls == std::vector<std::string>{cluster().endpoint(0)});
    const StatusReply status = value_of(run(io, client.status(cluster().endpoint(0))));
    CHECK(status.leader_id == members.members[0].id);
    CHECK_FALSE(status.version.empty());
    CHECK(status.errors.empty());
}

TEST_CASE_FIXTURE(One, "ranges that take each other's place miss nothing and repeat nothing") {
    std::int64_t at = put("swap/a/0", "v");
    auto options = watch_prefix("swap/", at + 1);
    options.ranges.push_back({"beside/", prefix_end("beside/")});
    Heard heard;
    Watch watch = client.watch(options, heard.handler());
    run_until(io, [&] { return heard.connected == 1; });
    std::vector<std::int64_t> wanted, beside;
    for (int i = 0; i < 20; ++i) {
        const bool narrow = i % 2 == 0;
        const std::string range = narrow ? "swap/a/" : "swap/";
        // Written before the change, and told after it: by the one range or by the other.
        wanted.push_back(put("swap/a/1", "v"));
        beside.push_back(put("beside/1", "v"));
        run_until(io, [&] { return heard.events.size() >= wanted.size() + beside.size() - 1; });
        const auto seen = std::any_of(heard.events.begin(), heard.events.end(), [&](const auto& e) {
            return e.kv.mod_revision == wanted.back();
        });
        watch.set_range(0, {range, prefix_end(range)}, seen ? wanted.back() + 1 : wanted.back());
        const auto outside = put("swap/b/1", "v");
        if (!narrow) wanted.push_back(outside);
    }
    run_until(io, [&] { return heard.events.size() >= wanted.size() + beside.size(); });
    std::vector<std::int64_t> told[2];
    for (const auto& batch : heard.batches)
        for (const auto& e : batch.events) told[batch.range].push_back(e.kv.mod_revision);
    CHECK(told[0] == wanted);
    CHECK(told[1] == beside);
    CHECK(heard.connected == 1);
    CHECK(heard.interrupted == 0);
}
