// Owns the keys of one election and the transactions of the protocol, as values: from an effect of
// the core to a Txn, and from its reply to an event. No I/O, no gRPC: production and the simulator
// share it. Must never decide. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "etcd/kv.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace elector::etcd {

/// Key names for one configured election key K, e.g. "/iotex-server".
struct Keys {
    explicit Keys(std::string election_key);

    std::string queue;       ///< "K/"
    std::string data;        ///< "K.d/"
    std::string holder;      ///< "K.d/holder"
    std::string members;     ///< "K.d/members/"
    std::string control;     ///< "K.d/control/"
    std::string pause;       ///< "K.d/control/pause"
    std::string switchover;  ///< "K.d/control/switchover"
    std::string bootstrap;   ///< "K.d/control/bootstrap"
    std::string history;     ///< "K.d/history/"

    std::string member(const std::string& name) const { return members + name; }
    /// 16 hex digits, so that key order is term order.
    std::string history_of(model::Term term) const;
};

Txn to_txn(const Keys& keys, const model::ReadElection& e);
Txn to_txn(const Keys& keys, const model::Register& e);
Txn to_txn(const Keys& keys, const model::PublishMember& e);
Txn to_txn(const Keys& keys, const model::Queue& e);
Txn to_txn(const Keys& keys, const model::Release& e);
Txn to_txn(const Keys& keys, const model::Depose& e);
Txn to_txn(const Keys& keys, const model::Claim& e);
Txn to_txn(const Keys& keys, const model::Confirm& e);
Txn to_txn(const Keys& keys, const model::Drain& e);
Txn to_txn(const Keys& keys, const model::MarkUnfenced& e);
Txn to_txn(const Keys& keys, const model::RecordForeign& e);
Txn to_txn(const Keys& keys, const model::ClearForeign& e);
Txn to_txn(const Keys& keys, const model::RecordDoubleActive& e);

/// The event for a reply that came; for failures the caller makes one with the same OpId and an
/// outcome.
model::ElectionRead to_event(const Keys& keys, const model::ReadElection& e, const TxnReply& reply);
model::TxnAnswered to_event(const Keys& keys, const model::Register& e, const TxnReply& reply);
model::TxnAnswered to_event(const Keys& keys, const model::PublishMember& e, const TxnReply& reply);
model::TxnAnswered to_event(const Keys& keys, const model::Queue& e, const TxnReply& reply);
model::TxnAnswered to_event(const Keys& keys, const model::Release& e, const TxnReply& reply);
model::TxnAnswered to_event(const Keys& keys, const model::RecordDoubleActive& e,
                            const TxnReply& reply);
model::RecordAnswered to_event(const Keys& keys, const model::Depose& e, const TxnReply& reply);
model::RecordAnswered to_event(const Keys& keys, const model::Claim& e, const TxnReply& reply);
model::RecordAnswered to_event(const Keys& keys, const model::Confirm& e, const TxnReply& reply);
model::RecordAnswered to_event(const Keys& keys, const model::Drain& e, const TxnReply& reply);
model::RecordAnswered to_event(const Keys& keys, const model::MarkUnfenced& e,
                               const TxnReply& reply);
model::RecordAnswered to_event(const Keys& keys, const model::RecordForeign& e,
                               const TxnReply& reply);
model::RecordAnswered to_event(const Keys& keys, const model::ClearForeign& e,
                               const TxnReply& reply);

/// How many ended holdings the history keeps.
inline constexpr std::int64_t kHistoryKept = 100;
/// The newest entries of the history, one more than it keeps.
RangeOp newest_history(const Keys& keys);
/// Deletes what is older than all that is kept, by the answer to newest_history(); none: there
/// is nothing.
std::optional<DeleteOp> outdated_history(const Keys& keys, const std::vector<KeyValue>& newest);

/// What one watch covers: "K.d/" and "K/" in one range, so that what one transaction changed
/// arrives as one batch; or, far from the head, orders, history and record, which begin "K.d/".
struct KeyRange {
    std::string key;
    std::string range_end;
};
KeyRange watched(const Keys& keys, bool far);

/// The watch covers the two prefixes `queue` and `data`. Keys of neither, and history, give no
/// change.
std::vector<model::Change> to_changes(const Keys& keys, const std::vector<WatchEvent>& events);

/// The failed form of the event that answers `e` (a value of an effect type above).
template <class E>
auto failed_event(const E& e, model::StoreOutcome outcome) {
    using Reply =
        decltype(to_event(std::declval<const Keys&>(), e, std::declval<const TxnReply&>()));
    Reply event{};
    event.op = e.op;
    event.outcome = outcome;
    return event;
}

}  // namespace elector::etcd
