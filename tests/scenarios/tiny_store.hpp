// Owns a small etcd for the stories: keys, revisions, leases, transactions and watch events,
// executed one after the other. Must never know the election. Thread rule: one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "etcd/kv.hpp"
#include "model/clock.hpp"

namespace elector::scenarios {

class TinyStore {
  public:
    /// None: a put names a lease that does not exist; nothing was done.
    std::optional<etcd::TxnReply> run(const etcd::Txn& txn);

    void grant(std::int64_t lease, model::Duration ttl, model::Instant now);
    /// What is left after the renewal; 0: no such lease.
    model::Duration keep_alive(std::int64_t lease, model::Instant now);
    bool revoke(std::int64_t lease);
    /// Revokes what has run out.
    void expire(model::Instant now);

    /// What happened since the last call, oldest first.
    std::vector<etcd::WatchEvent> take_events();
    const etcd::KeyValue* find(const std::string& key) const;
    std::vector<etcd::KeyValue> range(const etcd::RangeOp& op) const;

    etcd::Header header{.cluster_id = 1, .member_id = 1, .revision = 1, .raft_term = 2};

  private:
    struct Lease {
        model::Duration ttl{};
        model::Instant ends;
    };
    bool holds(const etcd::Compare& c) const;
    etcd::OpReply apply(const etcd::Op& op);
    void put(const etcd::PutOp& op);
    std::int64_t erase(const etcd::DeleteOp& op);

    std::map<std::string, etcd::KeyValue> keys_;
    std::map<std::int64_t, Lease> leases_;
    std::vector<etcd::WatchEvent> events_;
    std::int64_t writing_ = 0;  ///< the revision of the transaction under way
};

}  // namespace elector::scenarios
