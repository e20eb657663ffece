// Owns one linearizable etcd store in virtual time: keys, revisions, leases, transactions, and the
// history that watches are fed from. Judged against etcd 3.4; see etcd_model_test.cpp.
// Must never know an election or a network. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "etcd/kv.hpp"
#include "sim/time.hpp"

namespace elector::sim {

enum class StoreError : std::uint8_t { kNone, kDuplicateKey, kLeaseNotFound, kLeaseExists };

/// What one revision changed.
struct Commit {
    std::int64_t revision = 0;
    std::vector<etcd::WatchEvent> events;
};

class EtcdModel {
  public:
    static constexpr std::int64_t kMinTtlSeconds = 2;
    static constexpr Duration kScan = 500ms;

    struct Answer {
        StoreError error = StoreError::kNone;
        etcd::TxnReply reply;
    };
    Answer txn(const etcd::Txn& request);

    struct Granted {
        StoreError error = StoreError::kNone;
        std::int64_t ttl_seconds = 0;  ///< as granted; short ones are raised
    };
    Granted grant(std::int64_t id, std::int64_t ttl_seconds, Time now);
    /// All keys of the lease go in one revision.
    StoreError revoke(std::int64_t id);
    /// TTL in seconds; 0: the lease is gone, or has expired and waits for its revocation.
    std::int64_t keep_alive(std::int64_t id, Time now);
    /// Revokes what has expired. Called every kScan.
    void scan(Time now);
    /// The lease is not revoked before this, though it may have expired.
    void delay_expiry(std::int64_t id, Time until);
    bool has_lease(std::int64_t id) const { return find_lease(id) != nullptr; }

    /// A new leader: every lease has a full TTL again, plus the election time-out.
    void change_leader(Time now);

    /// The store is what it was when `backup` was taken. Revisions begin again from there.
    void restore(const EtcdModel& backup) { *this = backup; }
    /// Another cluster stands in its place, with nothing in it.
    void replace() {
        const auto next = cluster_id_ + 1;
        *this = EtcdModel{};
        cluster_id_ = next;
    }

    etcd::Header header() const { return {cluster_id_, 1, revision_, raft_term_}; }
    std::int64_t revision() const { return revision_; }
    const etcd::KeyValue* get(const std::string& key) const;
    const std::map<std::string, etcd::KeyValue>& keys() const { return keys_; }
    /// The commits after revision 1, in order; entry i holds revision i + 2.
    const std::vector<Commit>& history() const { return history_; }
    std::int64_t lease_of(const std::string& key) const;

  private:
    struct Lease {
        std::int64_t id = 0;
        std::int64_t ttl_seconds = 0;
        Time expires{};
        Time not_before{};
    };

    bool holds(const etcd::Compare& compare) const;
    StoreError refused(const std::vector<etcd::Op>& ops) const;
    etcd::OpReply run(const etcd::Op& op, Commit& commit);
    etcd::OpReply range(const etcd::RangeOp& op) const;
    void put(const etcd::PutOp& op, Commit& commit);
    std::int64_t remove(const etcd::DeleteOp& op, Commit& commit);
    void close(Commit& commit);
    const Lease* find_lease(std::int64_t id) const;

    std::map<std::string, etcd::KeyValue> keys_;
    std::vector<Lease> leases_;
    std::vector<Commit> history_;
    std::uint64_t cluster_id_ = 1;
    std::int64_t revision_ = 1;
    std::uint64_t raft_term_ = 2;
};

}  // namespace elector::sim
