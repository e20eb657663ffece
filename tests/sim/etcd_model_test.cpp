#include "sim/etcd_model.hpp"

#include <doctest/doctest.h>

namespace elector::sim {
namespace {

using etcd::Compare;
using etcd::DeleteOp;
using etcd::KeyValue;
using etcd::PutOp;
using etcd::RangeOp;
using etcd::Txn;
using etcd::WatchEvent;

Compare number(const std::string& key, Compare::Target target, std::int64_t n) {
    return Compare{key, target, Compare::Result::kEqual, n, {}};
}
Compare value(const std::string& key, Compare::Result result, const std::string& v) {
    return Compare{key, Compare::Target::kValue, result, 0, v};
}

struct Store {
    EtcdModel etcd;
    EtcdModel::Answer put(const std::string& key, const std::string& v, std::int64_t lease = 0) {
        return etcd.txn(Txn{{}, {PutOp{key, v, lease}}, {}});
    }
    bool holds(const Compare& c) { return etcd.txn(Txn{{c}, {}, {}}).reply.succeeded; }
};

TEST_CASE("a missing key has revisions and version 0, and no value compare on it is true") {
    Store s;
    CHECK(s.holds(number("k", Compare::Target::kCreate, 0)));
    CHECK(s.holds(number("k", Compare::Target::kMod, 0)));
    CHECK(s.holds(number("k", Compare::Target::kVersion, 0)));
    CHECK(s.holds(number("k", Compare::Target::kLease, 0)));
    CHECK_FALSE(s.holds(value("k", Compare::Result::kEqual, "")));
    CHECK_FALSE(s.holds(value("k", Compare::Result::kNotEqual, "x")));
    CHECK_FALSE(s.holds(value("k", Compare::Result::kLess, "x")));
}

TEST_CASE("all writes of a transaction share one revision, and a read takes none") {
    Store s;
    const auto wrote = s.etcd.txn(Txn{{}, {PutOp{"a", "1", 0}, PutOp{"b", "2", 0}}, {}});
    CHECK(wrote.reply.header.revision == 2);
    const auto read = s.etcd.txn(Txn{{}, {RangeOp{"a", "c", false, 0}}, {}});
    CHECK(read.reply.header.revision == 2);
    const std::vector<KeyValue> kvs = {{"a", "1", 2, 2, 1, 0}, {"b", "2", 2, 2, 1, 0}};
    CHECK(read.reply.replies.at(0).kvs == kvs);
}

TEST_CASE("a put keeps the create revision and counts the version, until the key is deleted") {
    Store s;
    s.put("k", "1");
    s.put("k", "2");
    CHECK(*s.etcd.get("k") == KeyValue{"k", "2", 2, 3, 2, 0});
    CHECK(s.etcd.txn(Txn{{}, {DeleteOp{"k", {}}}, {}}).reply.replies.at(0).deleted == 1);
    s.put("k", "3");
    CHECK(*s.etcd.get("k") == KeyValue{"k", "3", 5, 5, 1, 0});
}

TEST_CASE("deleting what is not there takes no revision") {
    Store s;
    CHECK(s.etcd.txn(Txn{{}, {DeleteOp{"k", {}}}, {}}).reply.replies.at(0).deleted == 0);
    CHECK(s.etcd.revision() == 1);
    CHECK(s.etcd.history().empty());
}

TEST_CASE("a transaction that writes one key twice is refused and nothing of it is done") {
    Store s;
    s.put("k", "1");
    CHECK(s.etcd.txn(Txn{{}, {PutOp{"k", "2", 0}, PutOp{"k", "3", 0}}, {}}).error ==
          StoreError::kDuplicateKey);
    CHECK(s.etcd.txn(Txn{{}, {PutOp{"k", "2", 0}, DeleteOp{"a", "z"}}, {}}).error ==
          StoreError::kDuplicateKey);
    CHECK(s.etcd.get("k")->value == "1");
    // The branch that is not taken is not looked at.
    const Txn guarded{
        {number("k", Compare::Target::kMod, 9)}, {PutOp{"k", "2", 0}, PutOp{"k", "3", 0}}, {}};
    CHECK(s.etcd.txn(guarded).error == StoreError::kNone);
}

TEST_CASE("a put on a lease that is gone fails the whole transaction") {
    Store s;
    CHECK(s.etcd.txn(Txn{{}, {PutOp{"a", "1", 0}, PutOp{"b", "1", 7}}, {}}).error ==
          StoreError::kLeaseNotFound);
    CHECK(s.etcd.get("a") == nullptr);
}

TEST_CASE("a lease that expires takes all its keys in one revision") {
    Store s;
    CHECK(s.etcd.grant(7, 3, 0s).ttl_seconds == 3);
    s.put("a", "1", 7);
    s.put("b", "1", 7);
    s.put("c", "1");
    s.etcd.scan(2999ms);
    CHECK(s.etcd.has_lease(7));
    s.etcd.scan(3s);
    CHECK_FALSE(s.etcd.has_lease(7));
    CHECK(s.etcd.keys().size() == 1);
    const std::vector<WatchEvent> gone = {
        {WatchEvent::Kind::kDelete, {"a", "", 0, 5, 0, 0}, {}},
        {WatchEvent::Kind::kDelete, {"b", "", 0, 5, 0, 0}, {}},
    };
    CHECK(s.etcd.history().back().revision == 5);
    CHECK(s.etcd.history().back().events == gone);
}

TEST_CASE("a key that is put without its lease no longer goes with it") {
    Store s;
    s.etcd.grant(7, 3, 0s);
    s.put("a", "1", 7);
    s.put("a", "2");
    CHECK(s.etcd.revoke(7) == StoreError::kNone);
    CHECK(s.etcd.get("a") != nullptr);
    CHECK(s.etcd.revoke(7) == StoreError::kLeaseNotFound);
}

TEST_CASE("short leases are raised, a second grant of one id is refused") {
    Store s;
    CHECK(s.etcd.grant(7, 1, 0s).ttl_seconds == EtcdModel::kMinTtlSeconds);
    CHECK(s.etcd.grant(7, 5, 0s).error == StoreError::kLeaseExists);
}

TEST_CASE("a keep-alive renews, and says 0 once the lease has expired") {
    Store s;
    s.etcd.grant(7, 3, 0s);
    CHECK(s.etcd.keep_alive(7, 2s) == 3);
    CHECK(s.etcd.keep_alive(7, 4999ms) == 3);
    CHECK(s.etcd.keep_alive(7, 8s) == 0);
    CHECK(s.etcd.keep_alive(8, 0s) == 0);
}

TEST_CASE("a new leader gives every lease its full time again and a higher term") {
    Store s;
    s.etcd.grant(7, 3, 0s);
    const auto term = s.etcd.header().raft_term;
    s.etcd.change_leader(2s);
    s.etcd.scan(5999ms);
    CHECK(s.etcd.has_lease(7));
    s.etcd.scan(6s);
    CHECK_FALSE(s.etcd.has_lease(7));
    CHECK(s.etcd.header().raft_term == term + 1);
}

TEST_CASE("a range comes in key order, by create revision when asked, and limited when asked") {
    Store s;
    s.put("q/b", "1");
    s.put("q/a", "2");
    s.put("r", "3");
    const auto by_key = s.etcd.txn(Txn{{}, {RangeOp{"q/", "q0", false, 0}}, {}});
    CHECK(by_key.reply.replies.at(0).kvs.at(0).key == "q/a");
    const auto by_age = s.etcd.txn(Txn{{}, {RangeOp{"q/", "q0", true, 0}}, {}});
    CHECK(by_age.reply.replies.at(0).kvs.at(0).key == "q/b");
    CHECK(by_age.reply.replies.at(0).kvs.size() == 2);
    const auto first = s.etcd.txn(Txn{{}, {RangeOp{"q/", "q0", true, 1}}, {}});
    CHECK(first.reply.replies.at(0).kvs.size() == 1);
}

}  // namespace
}  // namespace elector::sim
