#include "sim/etcd_model.hpp"

#include <algorithm>

#include "model/overloaded.hpp"

namespace elector::sim {

using etcd::Compare;
using etcd::KeyValue;
using etcd::WatchEvent;

namespace {

template <class T>
bool compared(const T& found, const T& wanted, Compare::Result result) {
    switch (result) {
        case Compare::Result::kEqual:
            return found == wanted;
        case Compare::Result::kNotEqual:
            return found != wanted;
        case Compare::Result::kGreater:
            return found > wanted;
        case Compare::Result::kLess:
            return found < wanted;
    }
    return false;
}

bool in_range(const std::string& key, const std::string& from, const std::string& end) {
    if (end.empty()) return key == from;
    if (end.size() == 1 && end[0] == '\0') return key >= from;
    return key >= from && key < end;
}

}  // namespace

const KeyValue* EtcdModel::get(const std::string& key) const {
    const auto it = keys_.find(key);
    return it == keys_.end() ? nullptr : &it->second;
}

bool EtcdModel::holds(const Compare& c) const {
    const auto* kv = get(c.key);
    if (c.target == Compare::Target::kValue) return kv && compared(kv->value, c.value, c.result);
    std::int64_t found = 0;
    if (kv) {
        switch (c.target) {
            case Compare::Target::kVersion:
                found = kv->version;
                break;
            case Compare::Target::kCreate:
                found = kv->create_revision;
                break;
            case Compare::Target::kMod:
                found = kv->mod_revision;
                break;
            case Compare::Target::kLease:
                found = kv->lease;
                break;
            case Compare::Target::kValue:
                break;
        }
    }
    return compared(found, c.number, c.result);
}

/// etcd looks at the branch taken before it does any of it.
StoreError EtcdModel::refused(const std::vector<etcd::Op>& ops) const {
    std::vector<const std::string*> puts;
    for (const auto& op : ops) {
        const auto* p = std::get_if<etcd::PutOp>(&op);
        if (!p) continue;
        for (const auto* key : puts)
            if (*key == p->key) return StoreError::kDuplicateKey;
        puts.push_back(&p->key);
    }
    for (const auto& op : ops) {
        const auto* d = std::get_if<etcd::DeleteOp>(&op);
        if (!d) continue;
        for (const auto* key : puts)
            if (in_range(*key, d->key, d->range_end)) return StoreError::kDuplicateKey;
    }
    for (const auto& op : ops) {
        const auto* p = std::get_if<etcd::PutOp>(&op);
        if (p && p->lease != 0 && !find_lease(p->lease)) return StoreError::kLeaseNotFound;
    }
    return StoreError::kNone;
}

EtcdModel::Answer EtcdModel::txn(const etcd::Txn& request) {
    Answer answer;
    answer.reply.succeeded = std::all_of(request.compares.begin(), request.compares.end(),
                                         [&](const Compare& c) { return holds(c); });
    const auto& ops = answer.reply.succeeded ? request.then_ops : request.else_ops;
    answer.error = refused(ops);
    if (answer.error != StoreError::kNone) return answer;
    Commit commit{revision_ + 1, {}};
    answer.reply.replies.reserve(ops.size());
    for (const auto& op : ops) answer.reply.replies.push_back(run(op, commit));
    close(commit);
    answer.reply.header = header();
    return answer;
}

void EtcdModel::close(Commit& commit) {
    if (commit.events.empty()) return;
    revision_ = commit.revision;
    history_.push_back(std::move(commit));
}

etcd::OpReply EtcdModel::run(const etcd::Op& op, Commit& commit) {
    etcd::OpReply reply;
    std::visit(model::Overloaded{
                   [&](const etcd::PutOp& o) { put(o, commit); },
                   [&](const etcd::RangeOp& o) { reply = range(o); },
                   [&](const etcd::DeleteOp& o) { reply.deleted = remove(o, commit); },
               },
               op);
    return reply;
}

etcd::OpReply EtcdModel::range(const etcd::RangeOp& op) const {
    etcd::OpReply reply;
    for (auto it = keys_.lower_bound(op.key); it != keys_.end(); ++it) {
        if (!in_range(it->first, op.key, op.range_end)) break;
        ++reply.count;
        if (op.created_until == 0 || it->second.create_revision <= op.created_until)
            reply.kvs.push_back(it->second);
    }
    if (op.by_create_revision || op.newest_first)
        std::stable_sort(reply.kvs.begin(), reply.kvs.end(),
                         [&](const KeyValue& a, const KeyValue& b) {
                             return op.newest_first ? a.create_revision > b.create_revision
                                                    : a.create_revision < b.create_revision;
                         });
    const auto limit = static_cast<std::size_t>(op.limit);
    if (limit != 0 && reply.kvs.size() > limit) reply.kvs.resize(limit);
    return reply;
}

void EtcdModel::put(const etcd::PutOp& op, Commit& commit) {
    auto& kv = keys_[op.key];
    if (kv.version == 0) {
        kv.key = op.key;
        kv.create_revision = commit.revision;
    }
    kv.value = op.value;
    kv.mod_revision = commit.revision;
    kv.lease = op.lease;
    ++kv.version;
    commit.events.push_back({WatchEvent::Kind::kPut, kv, {}});
}

std::int64_t EtcdModel::remove(const etcd::DeleteOp& op, Commit& commit) {
    std::int64_t deleted = 0;
    auto it = keys_.lower_bound(op.key);
    while (it != keys_.end() && in_range(it->first, op.key, op.range_end)) {
        KeyValue gone;
        gone.key = it->first;
        gone.mod_revision = commit.revision;
        commit.events.push_back({WatchEvent::Kind::kDelete, std::move(gone), {}});
        it = keys_.erase(it);
        ++deleted;
    }
    return deleted;
}

// --- leases

const EtcdModel::Lease* EtcdModel::find_lease(std::int64_t id) const {
    for (const auto& lease : leases_)
        if (lease.id == id) return &lease;
    return nullptr;
}

EtcdModel::Granted EtcdModel::grant(std::int64_t id, std::int64_t ttl_seconds, Time now) {
    if (find_lease(id)) return {StoreError::kLeaseExists, 0};
    const auto ttl = std::max(ttl_seconds, kMinTtlSeconds);
    leases_.push_back(Lease{id, ttl, now + std::chrono::seconds{ttl}, Time{0}});
    return {StoreError::kNone, ttl};
}

StoreError EtcdModel::revoke(std::int64_t id) {
    if (!find_lease(id)) return StoreError::kLeaseNotFound;
    Commit commit{revision_ + 1, {}};
    std::vector<std::string> keys;
    for (const auto& [key, kv] : keys_)
        if (kv.lease == id) keys.push_back(key);
    for (const auto& key : keys) remove(etcd::DeleteOp{key, {}}, commit);
    close(commit);
    std::erase_if(leases_, [&](const Lease& l) { return l.id == id; });
    return StoreError::kNone;
}

std::int64_t EtcdModel::keep_alive(std::int64_t id, Time now) {
    for (auto& lease : leases_) {
        if (lease.id != id) continue;
        if (now >= lease.expires) return 0;
        lease.expires = now + std::chrono::seconds{lease.ttl_seconds};
        return lease.ttl_seconds;
    }
    return 0;
}

void EtcdModel::scan(Time now) {
    std::vector<std::int64_t> expired;
    for (const auto& lease : leases_)
        if (now >= lease.expires && now >= lease.not_before) expired.push_back(lease.id);
    for (const auto id : expired) revoke(id);
}

void EtcdModel::delay_expiry(std::int64_t id, Time until) {
    for (auto& lease : leases_)
        if (lease.id == id) lease.not_before = until;
}

void EtcdModel::change_leader(Time now) {
    ++raft_term_;
    for (auto& lease : leases_) lease.expires = now + std::chrono::seconds{lease.ttl_seconds} + 1s;
}

std::int64_t EtcdModel::lease_of(const std::string& key) const {
    const auto* kv = get(key);
    return kv ? kv->lease : 0;
}

}  // namespace elector::sim
