// Owns many groups' confirmations as one read: the request, and each group's answer out of its
// reply, the same as its own transaction would have given. Must never judge one. No I/O.
// Thread rule: pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "etcd/transactions.hpp"

namespace elector::etcd {

/// One group's CONFIRM.
struct Confirmation {
    std::string holder;  ///< its key "K.d/holder"
    model::Confirm effect;
};

/// How many fit in one request: etcd takes 128 operations by default, and each needs two.
inline constexpr std::size_t kMostConfirmations = 64;

/// Reads all that the guards compare; linearizable as a whole.
Txn to_txn(std::span<const Confirmation> asked);

/// By the place in `asked`. Empty: the reply does not fit the request.
std::vector<TxnReply> split(std::span<const Confirmation> asked, const TxnReply& reply);

}  // namespace elector::etcd
