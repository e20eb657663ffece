// Owns the keys of one election and the transactions of the protocol, as values: from an effect of
// the core to a Txn, and from its reply to an event. No I/O, no gRPC: production and the simulator
// share it. Must never decide. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/effect.hpp"
#include "core/event.hpp"
#include "etcd/kv.hpp"

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
    std::string history_of(core::Term term) const;
};

Txn to_txn(const Keys& keys, const core::ReadElection& e);
Txn to_txn(const Keys& keys, const core::Register& e);
Txn to_txn(const Keys& keys, const core::PublishMember& e);
Txn to_txn(const Keys& keys, const core::Queue& e);
Txn to_txn(const Keys& keys, const core::Release& e);
Txn to_txn(const Keys& keys, const core::Depose& e);
Txn to_txn(const Keys& keys, const core::Claim& e);
Txn to_txn(const Keys& keys, const core::Confirm& e);
Txn to_txn(const Keys& keys, const core::Drain& e);
Txn to_txn(const Keys& keys, const core::MarkUnfenced& e);
Txn to_txn(const Keys& keys, const core::RecordForeign& e);
Txn to_txn(const Keys& keys, const core::ClearForeign& e);

/// The event for a reply that came; for failures the caller makes one with the same OpId and an
/// outcome.
core::ElectionRead to_event(const Keys& keys, const core::ReadElection& e, const TxnReply& reply);
core::TxnAnswered to_event(const Keys& keys, const core::Register& e, const TxnReply& reply);
core::TxnAnswered to_event(const Keys& keys, const core::PublishMember& e, const TxnReply& reply);
core::TxnAnswered to_event(const Keys& keys, const core::Queue& e, const TxnReply& reply);
core::TxnAnswered to_event(const Keys& keys, const core::Release& e, const TxnReply& reply);
core::RecordAnswered to_event(const Keys& keys, const core::Depose& e, const TxnReply& reply);
core::RecordAnswered to_event(const Keys& keys, const core::Claim& e, const TxnReply& reply);
core::RecordAnswered to_event(const Keys& keys, const core::Confirm& e, const TxnReply& reply);
core::RecordAnswered to_event(const Keys& keys, const core::Drain& e, const TxnReply& reply);
core::RecordAnswered to_event(const Keys& keys, const core::MarkUnfenced& e, const TxnReply& reply);
core::RecordAnswered to_event(const Keys& keys, const core::RecordForeign& e,
                              const TxnReply& reply);
core::RecordAnswered to_event(const Keys& keys, const core::ClearForeign& e, const TxnReply& reply);

/// The watch covers the two prefixes `queue` and `data`. Keys of neither, and history, give no
/// change.
std::vector<core::Change> to_changes(const Keys& keys, const std::vector<WatchEvent>& events);

/// The failed form of the event that answers `e` (a value of an effect type above).
template <class E>
auto failed_event(const E& e, core::StoreOutcome outcome) {
    using Reply =
        decltype(to_event(std::declval<const Keys&>(), e, std::declval<const TxnReply&>()));
    Reply event{};
    event.op = e.op;
    event.outcome = outcome;
    return event;
}

}  // namespace elector::etcd
