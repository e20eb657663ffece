// Owns plain values for what etcd stores and what is asked of it: keys, transactions, watch events.
// No gRPC, no protobuf, no Asio: the gRPC client and the simulator's etcd model both speak these.
// Must never hold policy. Thread rule: values only.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace elector::etcd {

/// What every etcd answer carries. `revision` is the store's revision at the answer,
/// `raft_term` the answering member's Raft term. Source: etcd api, ResponseHeader.
struct Header {
    std::uint64_t cluster_id = 0;
    std::uint64_t member_id = 0;
    std::int64_t revision = 0;
    std::uint64_t raft_term = 0;
    bool operator==(const Header&) const = default;
};

/// One key as stored. `lease` 0 means none. In a DELETE event only `key` and `mod_revision`
/// (the revision of the deletion) are set.
struct KeyValue {
    std::string key;
    std::string value;
    std::int64_t create_revision = 0;
    std::int64_t mod_revision = 0;
    std::int64_t version = 0;
    std::int64_t lease = 0;
    bool operator==(const KeyValue&) const = default;
};

/// One condition of a transaction. A missing key has create, mod, version 0; comparing the *value*
/// of a missing key is false whatever the operator (as etcd does).
struct Compare {
    enum class Target { kVersion, kCreate, kMod, kValue, kLease };
    enum class Result { kEqual, kGreater, kLess, kNotEqual };
    std::string key;
    Target target = Target::kCreate;
    Result result = Result::kEqual;
    std::int64_t number = 0;  ///< for every target but kValue
    std::string value;        ///< for kValue
    bool operator==(const Compare&) const = default;
};

struct PutOp {
    std::string key;
    std::string value;
    std::int64_t lease = 0;
    bool operator==(const PutOp&) const = default;
};

/// `range_end` empty: the single key. Results come in ascending create revision when
/// `by_create_revision`, else in key order. `limit` 0: all.
struct RangeOp {
    std::string key;
    std::string range_end;
    bool by_create_revision = false;
    std::int64_t limit = 0;
    bool newest_first = false;       ///< descending create revision; not beside by_create_revision
    std::int64_t created_until = 0;  ///< only keys of a create revision up to this; 0: all
    bool operator==(const RangeOp&) const = default;
};

struct DeleteOp {
    std::string key;
    std::string range_end;
    bool operator==(const DeleteOp&) const = default;
};

using Op = std::variant<PutOp, RangeOp, DeleteOp>;

/// If all `compares` hold, `then_ops` are done, else `else_ops`; atomically. etcd refuses a
/// transaction that writes one key twice, and one with no operation in the branch taken skips
/// consensus.
struct Txn {
    std::vector<Compare> compares;
    std::vector<Op> then_ops;
    std::vector<Op> else_ops;
    bool operator==(const Txn&) const = default;
};

/// Answer to one Op, in order. `kvs` for a RangeOp, `deleted` for a DeleteOp.
struct OpReply {
    std::vector<KeyValue> kvs;
    std::int64_t deleted = 0;
    std::int64_t count = 0;  ///< keys in the range, whatever the limit
    bool operator==(const OpReply&) const = default;
};

struct TxnReply {
    Header header;
    bool succeeded = false;
    std::vector<OpReply> replies;
    bool operator==(const TxnReply&) const = default;
};

/// Of transactions that were one request, in their order.
struct TxnReplies {
    Header header;
    std::vector<TxnReply> each;
};

struct WatchEvent {
    enum class Kind { kPut, kDelete };
    Kind kind = Kind::kPut;
    KeyValue kv;
    KeyValue previous;  ///< empty key when not asked for or not there
    bool operator==(const WatchEvent&) const = default;
};

/// The end of the range of all keys that begin with `prefix` (etcd's clientv3.GetPrefixRangeEnd).
inline std::string prefix_end(std::string prefix) {
    while (!prefix.empty()) {
        const auto last = static_cast<unsigned char>(prefix.back());
        if (last < 0xff) {
            prefix.back() = static_cast<char>(last + 1);
            return prefix;
        }
        prefix.pop_back();
    }
    return std::string(1, '\0');
}

}  // namespace elector::etcd
