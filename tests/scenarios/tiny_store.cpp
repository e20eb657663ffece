#include "scenarios/tiny_store.hpp"

#include <algorithm>
#include <utility>

namespace elector::scenarios {
using etcd::Compare;

namespace {

bool judge(Compare::Result result, auto left, auto right) {
    switch (result) {
        case Compare::Result::kEqual:
            return left == right;
        case Compare::Result::kGreater:
            return left > right;
        case Compare::Result::kLess:
            return left < right;
        case Compare::Result::kNotEqual:
            return left != right;
    }
    return false;
}

}  // namespace

const etcd::KeyValue* TinyStore::find(const std::string& key) const {
    const auto it = keys_.find(key);
    return it == keys_.end() ? nullptr : &it->second;
}

bool TinyStore::holds(const Compare& c) const {
    const auto* kv = find(c.key);
    if (c.target == Compare::Target::kValue) return kv && judge(c.result, kv->value, c.value);
    const etcd::KeyValue none;
    const auto& found = kv ? *kv : none;
    switch (c.target) {
        case Compare::Target::kVersion:
            return judge(c.result, found.version, c.number);
        case Compare::Target::kCreate:
            return judge(c.result, found.create_revision, c.number);
        case Compare::Target::kMod:
            return judge(c.result, found.mod_revision, c.number);
        case Compare::Target::kLease:
            return judge(c.result, found.lease, c.number);
        case Compare::Target::kValue:
            break;
    }
    return false;
}

std::vector<etcd::KeyValue> TinyStore::range(const etcd::RangeOp& op) const {
    std::vector<etcd::KeyValue> found;
    for (const auto& [key, kv] : keys_) {
        const bool in = op.range_end.empty() ? key == op.key : key >= op.key && key < op.range_end;
        const bool old = op.created_until == 0 || kv.create_revision <= op.created_until;
        if (in && old) found.push_back(kv);
    }
    if (op.by_create_revision || op.newest_first)
        std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
            return op.newest_first ? a.create_revision > b.create_revision
                                   : a.create_revision < b.create_revision;
        });
    const auto limit = static_cast<std::size_t>(op.limit);
    if (limit != 0 && found.size() > limit) found.resize(limit);
    return found;
}

void TinyStore::put(const etcd::PutOp& op) {
    auto& kv = keys_[op.key];
    kv.key = op.key;
    kv.value = op.value;
    kv.lease = op.lease;
    if (kv.create_revision == 0) kv.create_revision = writing_;
    kv.mod_revision = writing_;
    ++kv.version;
    events_.push_back({etcd::WatchEvent::Kind::kPut, kv, {}});
}

std::int64_t TinyStore::erase(const etcd::DeleteOp& op) {
    const auto found = range(etcd::RangeOp{op.key, op.range_end, false, 0});
    for (const auto& kv : found) {
        keys_.erase(kv.key);
        etcd::KeyValue gone;
        gone.key = kv.key;
        gone.mod_revision = writing_;
        events_.push_back({etcd::WatchEvent::Kind::kDelete, gone, kv});
    }
    return static_cast<std::int64_t>(found.size());
}

etcd::OpReply TinyStore::apply(const etcd::Op& op) {
    etcd::OpReply reply;
    if (const auto* p = std::get_if<etcd::PutOp>(&op)) put(*p);
    if (const auto* r = std::get_if<etcd::RangeOp>(&op)) {
        reply.kvs = range(*r);
        reply.count = static_cast<std::int64_t>(range({r->key, r->range_end, false, 0}).size());
    }
    if (const auto* d = std::get_if<etcd::DeleteOp>(&op)) reply.deleted = erase(*d);
    return reply;
}

std::optional<etcd::TxnReply> TinyStore::run(const etcd::Txn& txn) {
    etcd::TxnReply reply;
    reply.succeeded = std::all_of(txn.compares.begin(), txn.compares.end(),
                                  [&](const Compare& c) { return holds(c); });
    const auto& ops = reply.succeeded ? txn.then_ops : txn.else_ops;
    for (const auto& op : ops) {
        const auto* p = std::get_if<etcd::PutOp>(&op);
        if (p && p->lease != 0 && !leases_.contains(p->lease)) return std::nullopt;
    }
    writing_ = header.revision + 1;
    const auto before = events_.size();
    for (const auto& op : ops) reply.replies.push_back(apply(op));
    if (events_.size() > before) header.revision = writing_;
    reply.header = header;
    return reply;
}

void TinyStore::grant(std::int64_t lease, model::Duration ttl, model::Instant now) {
    leases_[lease] = Lease{ttl, now + ttl};
}

model::Duration TinyStore::keep_alive(std::int64_t lease, model::Instant now) {
    const auto it = leases_.find(lease);
    if (it == leases_.end()) return model::Duration{};
    it->second.ends = now + it->second.ttl;
    return it->second.ttl;
}

bool TinyStore::revoke(std::int64_t lease) {
    if (leases_.erase(lease) == 0) return false;
    std::vector<std::string> attached;
    for (const auto& [key, kv] : keys_)
        if (kv.lease == lease) attached.push_back(key);
    writing_ = header.revision + 1;
    for (const auto& key : attached) erase(etcd::DeleteOp{key, {}});
    if (!attached.empty()) header.revision = writing_;
    return true;
}

void TinyStore::expire(model::Instant now) {
    std::vector<std::int64_t> ended;
    for (const auto& [id, lease] : leases_)
        if (lease.ends <= now) ended.push_back(id);
    for (const auto id : ended) revoke(id);
}

std::vector<etcd::WatchEvent> TinyStore::take_events() { return std::exchange(events_, {}); }

}  // namespace elector::scenarios
