#include "etcd/confirmations.hpp"

namespace elector::etcd {
namespace {

constexpr std::size_t kReads = 2;  ///< of each: the record, then the candidate key

RangeOp get(const std::string& key) { return RangeOp{key, {}}; }

/// As etcd compares: what is missing was created and changed at revision 0.
bool found_at(const OpReply& read, std::int64_t KeyValue::*revision, model::Revision wanted) {
    const auto found = read.kvs.empty() ? 0 : read.kvs.front().*revision;
    return found == wanted.value;
}

}  // namespace

Txn to_txn(std::span<const Confirmation> asked) {
    Txn txn;
    for (const auto& one : asked) {
        txn.then_ops.emplace_back(get(one.holder));
        txn.then_ops.emplace_back(get(one.effect.key));
    }
    return txn;
}

// SAFETY: S32. The guard of each is judged on what was read in the same instant, as etcd would.
std::vector<TxnReply> split(std::span<const Confirmation> asked, const TxnReply& reply) {
    std::vector<TxnReply> answers;
    if (!reply.succeeded || reply.replies.size() != kReads * asked.size()) return answers;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto& holder = reply.replies[kReads * i];
        const auto& key = reply.replies[kReads * i + 1];
        TxnReply answer;
        answer.header = reply.header;
        answer.succeeded = found_at(key, &KeyValue::create_revision, asked[i].effect.create) &&
                           found_at(holder, &KeyValue::mod_revision, asked[i].effect.holder_mod);
        if (!answer.succeeded) answer.replies.push_back(holder);
        answer.replies.push_back(key);
        answers.push_back(std::move(answer));
    }
    return answers;
}

}  // namespace elector::etcd
