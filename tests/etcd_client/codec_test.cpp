// The wire format: what is sent has etcd's fields, what comes is read whole.
#include "etcd/codec.hpp"

#include "etcd_client/fixture.hpp"

using namespace elector::test;

namespace {

template <class Message>
Message parsed(const std::string& bytes) {
    Message message;
    REQUIRE(message.ParseFromString(bytes));
    return message;
}

}  // namespace

TEST_CASE("every comparison of a transaction reaches its own field") {
    using Target = Compare::Target;
    using Relation = Compare::Result;
    Txn txn;
    txn.compares = {{"k", Target::kVersion, Relation::kEqual, 1, ""},
                    {"k", Target::kCreate, Relation::kGreater, 2, ""},
                    {"k", Target::kMod, Relation::kLess, 3, ""},
                    {"k", Target::kValue, Relation::kNotEqual, 0, "v"},
                    {"k", Target::kLease, Relation::kEqual, 5, ""}};
    const auto wire = parsed<pb::TxnRequest>(encode(txn));
    REQUIRE(wire.compare_size() == 5);
    CHECK(wire.compare(0).target() == pb::Compare::VERSION);
    CHECK(wire.compare(0).version() == 1);
    CHECK(wire.compare(0).result() == pb::Compare::EQUAL);
    CHECK(wire.compare(1).target() == pb::Compare::CREATE);
    CHECK(wire.compare(1).create_revision() == 2);
    CHECK(wire.compare(1).result() == pb::Compare::GREATER);
    CHECK(wire.compare(2).target() == pb::Compare::MOD);
    CHECK(wire.compare(2).mod_revision() == 3);
    CHECK(wire.compare(2).result() == pb::Compare::LESS);
    CHECK(wire.compare(3).target() == pb::Compare::VALUE);
    CHECK(wire.compare(3).value() == "v");
    CHECK(wire.compare(3).result() == pb::Compare::NOT_EQUAL);
    CHECK(wire.compare(4).target() == pb::Compare::LEASE);
    CHECK(wire.compare(4).lease() == 5);
}

TEST_CASE("a comparison with zero is still on the wire") {
    Txn txn;
    txn.compares = {{"k", Compare::Target::kCreate, Compare::Result::kEqual, 0, ""}};
    const auto wire = parsed<pb::TxnRequest>(encode(txn));
    CHECK(wire.compare(0).target_union_case() == pb::Compare::kCreateRevision);
}

TEST_CASE("the operations of both branches keep their order and fields") {
    Txn txn;
    txn.then_ops = {PutOp{"k", "v", 6}, DeleteOp{"d", "e"}};
    txn.else_ops = {RangeOp{"r", "s", true, 3}, RangeOp{"q", "", false, 0},
                    RangeOp{"n", "o", false, 1, true}};
    const auto wire = parsed<pb::TxnRequest>(encode(txn));
    REQUIRE(wire.success_size() == 2);
    CHECK(wire.success(0).request_put().key() == "k");
    CHECK(wire.success(0).request_put().value() == "v");
    CHECK(wire.success(0).request_put().lease() == 6);
    CHECK(wire.success(1).request_delete_range().key() == "d");
    CHECK(wire.success(1).request_delete_range().range_end() == "e");
    REQUIRE(wire.failure_size() == 3);
    const auto& range = wire.failure(0).request_range();
    CHECK(range.key() == "r");
    CHECK(range.range_end() == "s");
    CHECK(range.limit() == 3);
    CHECK(range.sort_order() == pb::RangeRequest::ASCEND);
    CHECK(range.sort_target() == pb::RangeRequest::CREATE);
    CHECK_FALSE(range.serializable());
    CHECK(wire.failure(1).request_range().sort_order() == pb::RangeRequest::NONE);
    CHECK(wire.failure(2).request_range().sort_order() == pb::RangeRequest::DESCEND);
    CHECK(wire.failure(2).request_range().sort_target() == pb::RangeRequest::CREATE);
}

TEST_CASE("a transaction's reply is read whole") {
    pb::TxnResponse wire;
    set_header(*wire.mutable_header(), 42);
    wire.set_succeeded(true);
    auto& kv = *wire.add_responses()->mutable_response_range()->add_kvs();
    kv.set_key("k");
    kv.set_value("v");
    kv.set_create_revision(1);
    kv.set_mod_revision(2);
    kv.set_version(3);
    kv.set_lease(4);
    wire.add_responses()->mutable_response_delete_range()->set_deleted(5);
    wire.add_responses()->mutable_response_put();
    TxnReply reply;
    REQUIRE(decode(wire.SerializeAsString(), reply));
    CHECK(reply == TxnReply{header_at(42), true, {{{{"k", "v", 1, 2, 3, 4}}, 0}, {{}, 5}, {}}});
}

TEST_CASE("bytes that are no message are refused, not misread") {
    TxnReply reply;
    WatchMessage message;
    CHECK_FALSE(decode(std::string("\x0a\xff"), reply));
    CHECK_FALSE(decode(std::string("\x0a\xff"), message));
}

TEST_CASE("a watch request asks for fragments, and for the earlier value only when wanted") {
    const auto with =
        parsed<pb::WatchRequest>(encode_watch({"K/", "K0"}, 12, true)).create_request();
    CHECK(with.key() == "K/");
    CHECK(with.range_end() == "K0");
    CHECK(with.start_revision() == 12);
    CHECK(with.prev_kv());
    CHECK(with.fragment());
    CHECK_FALSE(
        parsed<pb::WatchRequest>(encode_watch({"K/", ""}, 0, false)).create_request().prev_kv());
    CHECK(parsed<pb::WatchRequest>(encode_progress_request()).has_progress_request());
}
