#include "etcd/transactions.hpp"

#include <algorithm>
#include <cstdio>

#include "etcd/records.hpp"

namespace elector::etcd {
namespace {

using model::Revision;
using model::StoreOutcome;

Compare created_at(const std::string& key, Revision create) {
    return Compare{key, Compare::Target::kCreate, Compare::Result::kEqual, create.value, {}};
}
Compare modified_at(const std::string& key, Revision mod) {
    return Compare{key, Compare::Target::kMod, Compare::Result::kEqual, mod.value, {}};
}

/// "The record is still what was judged". A missing key compares by mod = 0 alone: etcd answers
/// false to any value compare on it.
void guard_record(const Keys& keys, std::vector<Compare>& compares,
                  const model::StoredRecord& found) {
    compares.push_back(modified_at(keys.holder, found.mod));
    if (found.mod == Revision{}) return;
    compares.push_back(
        Compare{keys.holder, Compare::Target::kValue, Compare::Result::kEqual, 0, found.bytes});
}

Op get(const std::string& key) { return RangeOp{key, {}, false, 0}; }
Op put(const std::string& key, std::string value, std::int64_t lease = 0) {
    return PutOp{key, std::move(value), lease};
}

model::StoredRecord stored(const KeyValue& kv) {
    return model::StoredRecord{Revision{kv.mod_revision}, kv.value, parse_holder(kv.value)};
}

model::StoredRecord stored(const std::vector<KeyValue>& kvs) {
    return kvs.empty() ? model::StoredRecord{} : stored(kvs.front());
}

model::TxnAnswered member_answer(model::OpId op, const TxnReply& reply) {
    model::TxnAnswered event;
    event.op = op;
    event.outcome = reply.succeeded ? StoreOutcome::kDone : StoreOutcome::kGuardFailed;
    event.revision = Revision{reply.header.revision};
    return event;
}

/// What was written, when it was; else what the first operation of the else branch found.
model::RecordAnswered record_answer(model::OpId op, const TxnReply& reply,
                                    const model::HolderRecord& written) {
    model::RecordAnswered event;
    event.op = op;
    if (reply.succeeded) {
        event.outcome = StoreOutcome::kDone;
        event.holder =
            model::StoredRecord{Revision{reply.header.revision}, to_json(written), written};
    } else {
        event.outcome = StoreOutcome::kGuardFailed;
        if (!reply.replies.empty()) event.holder = stored(reply.replies.front().kvs);
    }
    return event;
}

std::optional<model::MemberEntry> member_entry(const Keys& keys, const KeyValue& kv) {
    if (!kv.key.starts_with(keys.members)) return std::nullopt;  // etcd answers what nobody asked
    auto record = parse_member(std::string_view(kv.key).substr(keys.members.size()), kv.value);
    if (!record) return std::nullopt;
    return model::MemberEntry{Revision{kv.create_revision}, Revision{kv.mod_revision},
                              std::move(*record)};
}

std::optional<model::SwitchoverOrder> switchover_order(const KeyValue& kv) {
    auto order = parse_switchover(kv.value);
    if (order) order->mod = Revision{kv.mod_revision};
    return order;
}

/// Members copy it into their records: nothing but a short word of letters and digits.
std::string roll_call(const std::string& value) {
    const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    });
    return plain && value.size() <= 32 ? value : std::string{};
}

bool starts_with(const std::string& text, const std::string& prefix) {
    return text.compare(0, prefix.size(), prefix) == 0;
}

std::optional<model::Change> to_change(const Keys& keys, const WatchEvent& event) {
    const auto& kv = event.kv;
    const bool gone = event.kind == WatchEvent::Kind::kDelete;
    model::Change change{Revision{kv.mod_revision}, model::PauseChanged{}};
    if (starts_with(kv.key, keys.queue)) {
        if (gone) {
            change.what = model::CandidateGone{kv.key};
        } else {
            change.what = model::CandidateCame{{kv.key, Revision{kv.create_revision}, kv.value}};
        }
    } else if (starts_with(kv.key, keys.members)) {
        const auto entry = gone ? std::nullopt : member_entry(keys, kv);
        if (entry) {
            change.what = model::MemberCame{*entry};
        } else {
            change.what = model::MemberGone{kv.key.substr(keys.members.size())};
        }
    } else if (kv.key == keys.holder) {
        change.what = model::HolderChanged{gone ? model::StoredRecord{} : stored(kv)};
    } else if (kv.key == keys.pause) {
        if (!gone) change.what = model::PauseChanged{parse_pause(kv.value)};
    } else if (kv.key == keys.bootstrap) {
        change.what = model::RollCallChanged{gone ? std::string{} : roll_call(kv.value)};
    } else if (kv.key == keys.switchover) {
        change.what = model::SwitchoverChanged{gone ? std::nullopt : switchover_order(kv)};
    } else {
        return std::nullopt;
    }
    return change;
}

}  // namespace

Keys::Keys(std::string election_key)
    : queue(election_key + "/"),
      data(election_key + ".d/"),
      holder(data + "holder"),
      members(data + "members/"),
      control(data + "control/"),
      pause(control + "pause"),
      switchover(control + "switchover"),
      bootstrap(control + "bootstrap"),
      history(data + "history/") {}

std::string Keys::history_of(model::Term term) const {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(term.value));
    return history + digits;
}

RangeOp newest_history(const Keys& keys) {
    RangeOp op{keys.history, prefix_end(keys.history), false, kHistoryKept + 1};
    op.newest_first = true;
    return op;
}

std::optional<DeleteOp> outdated_history(const Keys& keys, const std::vector<KeyValue>& newest) {
    const auto kept = static_cast<std::size_t>(kHistoryKept);
    if (newest.size() <= kept) return std::nullopt;
    // Key order is term order, and an old term may be recorded late: nothing kept is in the range.
    auto lowest = newest.front().key;
    for (std::size_t i = 0; i < kept; ++i) lowest = std::min(lowest, newest[i].key);
    return DeleteOp{keys.history, lowest};
}

Txn to_txn(const Keys& keys, const model::ReadElection& e) {
    const auto most = e.front == 0 ? 0 : static_cast<std::int64_t>(e.front) + 1;
    const auto end = prefix_end(keys.queue);
    Txn txn{{}, {}, {get(keys.holder)}};
    auto& ops = txn.then_ops;
    if (e.queue.empty()) {
        ops.push_back(RangeOp{keys.queue, end, true, most});
        ops.push_back(RangeOp{keys.members, prefix_end(keys.members), false, most});
    }
    ops.push_back(get(keys.holder));
    ops.push_back(RangeOp{keys.control, prefix_end(keys.control), false, 0});
    if (e.before != Revision{})
        ops.push_back(RangeOp{keys.queue, end, false, most - 1, true, e.before.value - 1});
    for (const auto& key : e.queue) ops.push_back(get(key));
    for (const auto& key : e.keys) ops.push_back(get(key));
    for (const auto& name : e.members) ops.push_back(get(keys.member(name)));
    return txn;
}

Txn to_txn(const Keys& keys, const model::Register& e) {
    const auto key = keys.member(e.record.name);
    const auto guard = e.expected_mod == Revision{} ? created_at(key, Revision{})
                                                    : modified_at(key, e.expected_mod);
    Txn txn{{guard}, {put(key, to_json(e.record), e.lease.value)}, {get(key)}};
    if (!e.stale_key.empty()) txn.then_ops.push_back(DeleteOp{e.stale_key, {}});
    return txn;
}

Txn to_txn(const Keys& keys, const model::PublishMember& e) {
    const auto key = keys.member(e.record.name);
    Txn txn{{modified_at(key, e.expected_mod)},
            {put(key, to_json(e.record), e.lease.value)},
            {get(key)}};
    if (e.holder_mod) txn.compares.push_back(modified_at(keys.holder, *e.holder_mod));
    return txn;
}

Txn to_txn(const Keys& keys, const model::Queue& e) {
    const auto member = keys.member(e.record.name);
    const auto& candidate = e.record.candidate_key;
    return Txn{{created_at(candidate, Revision{}), modified_at(member, e.expected_mod)},
               {put(candidate, e.record.name, e.lease.value),
                put(member, to_json(e.record), e.lease.value)},
               {get(candidate)}};
}

Txn to_txn(const Keys& keys, const model::Release& e) {
    const auto member = keys.member(e.record.name);
    return Txn{{created_at(e.key, e.create)},
               {DeleteOp{e.key, {}}, put(member, to_json(e.record), e.lease.value)},
               {get(e.key)}};
}

Txn to_txn(const Keys& keys, const model::Depose& e) {
    Txn txn{{created_at(e.key, e.create)}, {DeleteOp{e.key, {}}}, {get(keys.holder)}};
    guard_record(keys, txn.compares, e.holder);
    return txn;
}

Txn to_txn(const Keys& keys, const model::Claim& e) {
    Txn txn{{created_at(e.key, e.create), created_at(keys.pause, Revision{})},
            {put(keys.holder, to_json(e.record))},
            {get(keys.holder)}};
    guard_record(keys, txn.compares, e.found);
    return txn;
}

Txn to_txn(const Keys& keys, const model::Confirm& e) {
    return Txn{{created_at(e.key, e.create), modified_at(keys.holder, e.holder_mod)},
               {get(e.key)},
               {get(keys.holder), get(e.key)}};
}

Txn to_txn(const Keys& keys, const model::Drain& e) {
    Txn txn{{}, {put(keys.holder, to_json(e.record))}, {get(keys.holder)}};
    guard_record(keys, txn.compares, e.found);
    if (!e.key.empty()) txn.then_ops.push_back(DeleteOp{e.key, {}});
    txn.then_ops.push_back(put(keys.history_of(e.record.term), to_json(e.history)));
    return txn;
}

Txn to_txn(const Keys& keys, const model::MarkUnfenced& e) {
    Txn txn{{}, {put(keys.holder, to_json(e.record))}, {get(keys.holder)}};
    guard_record(keys, txn.compares, e.found);
    return txn;
}

Txn to_txn(const Keys& keys, const model::RecordForeign& e) {
    Txn txn{{created_at(e.foreign.key, e.foreign.create)},
            {put(keys.holder, to_json(e.record))},
            {get(keys.holder)}};
    guard_record(keys, txn.compares, e.found);
    return txn;
}

Txn to_txn(const Keys& keys, const model::ClearForeign& e) {
    // Not "the key is gone": its member may have queued again under the same name.
    Txn txn{{Compare{e.gone.key,
                     Compare::Target::kCreate,
                     Compare::Result::kNotEqual,
                     e.gone.create.value,
                     {}}},
            {put(keys.holder, to_json(e.record))},
            {get(keys.holder)}};
    guard_record(keys, txn.compares, e.found);
    return txn;
}

Txn to_txn(const Keys& keys, const model::RecordDoubleActive& e) {
    const auto key = keys.history_of(e.entry.term) + "-" + e.entry.other;
    return Txn{{created_at(key, Revision{})}, {put(key, to_json(e.entry))}, {get(key)}};
}

namespace {

/// The replies of a transaction, one after the other.
class Replies {
  public:
    explicit Replies(const TxnReply& reply) : next_(reply.replies.begin()) {}
    const OpReply& take() { return *next_++; }

  private:
    std::vector<OpReply>::const_iterator next_;
};

model::Candidate candidate(const KeyValue& kv) {
    return model::Candidate{kv.key, Revision{kv.create_revision}, kv.value};
}

void add_members(const Keys& keys, const OpReply& reply, model::ElectionView& view) {
    for (const auto& kv : reply.kvs)
        if (auto entry = member_entry(keys, kv)) view.members.push_back(std::move(*entry));
}

void read_record_and_orders(const Keys& keys, Replies& replies, model::ElectionView& view) {
    view.holder = stored(replies.take().kvs);
    for (const auto& kv : replies.take().kvs) {
        if (kv.key == keys.pause) view.pause = parse_pause(kv.value);
        if (kv.key == keys.bootstrap) view.roll_call = roll_call(kv.value);
        if (kv.key == keys.switchover) view.switchover = switchover_order(kv);
    }
}

/// What was asked for by name.
void read_named(const Keys& keys, const model::ReadElection& e, Replies& replies,
                model::ElectionView& view) {
    for (std::size_t i = 0; i < e.queue.size(); ++i)
        for (const auto& kv : replies.take().kvs) view.queue.push_back(candidate(kv));
    for (std::size_t i = 0; i < e.keys.size(); ++i)
        for (const auto& kv : replies.take().kvs)
            if (!model::find_key(view, kv.key)) view.crowd.beyond.push_back(candidate(kv));
    for (std::size_t i = 0; i < e.members.size(); ++i) add_members(keys, replies.take(), view);
}

}  // namespace

model::ElectionRead to_event(const Keys& keys, const model::ReadElection& e,
                             const TxnReply& reply) {
    model::ElectionRead event{e.op, StoreOutcome::kUnknown, {}};
    const bool first = e.queue.empty();
    const bool bell = e.before != Revision{};
    const auto named = e.queue.size() + e.keys.size() + e.members.size();
    if (!reply.succeeded || reply.replies.size() != (first ? 4 : 2) + (bell ? 1 : 0) + named)
        return event;
    event.outcome = StoreOutcome::kDone;
    auto& view = event.view;
    view.cluster_id = reply.header.cluster_id;
    view.raft_term = reply.header.raft_term;
    view.revision = Revision{reply.header.revision};
    Replies replies(reply);
    if (first) {
        for (const auto& kv : replies.take().kvs) view.queue.push_back(candidate(kv));
        const auto& members = replies.take();
        const auto most = std::max(view.queue.size(), members.kvs.size());
        const bool all = e.front == 0 || most <= e.front;
        if (all) add_members(keys, members, view);
        read_record_and_orders(keys, replies, view);
        if (all) return event;
        view.crowd.cut = view.queue.size() > e.front;
        if (view.crowd.cut) view.queue.resize(e.front);
        view.crowd.members = static_cast<std::size_t>(members.count);
    } else {
        read_record_and_orders(keys, replies, view);
        view.crowd.cut = true;
    }
    view.crowd.front = e.front;
    view.crowd.queue_at = view.revision;
    if (bell) {
        const auto& before = replies.take().kvs;
        if (before.size() == e.front) event.bell = before.back().key;
    }
    read_named(keys, e, replies, view);
    return event;
}

model::TxnAnswered to_event(const Keys& keys, const model::Register& e, const TxnReply& reply) {
    auto event = member_answer(e.op, reply);
    if (!reply.succeeded && !reply.replies.empty() && !reply.replies.front().kvs.empty())
        event.member = member_entry(keys, reply.replies.front().kvs.front());
    return event;
}
model::TxnAnswered to_event(const Keys&, const model::PublishMember& e, const TxnReply& reply) {
    return member_answer(e.op, reply);
}
model::TxnAnswered to_event(const Keys&, const model::Queue& e, const TxnReply& reply) {
    return member_answer(e.op, reply);
}
model::TxnAnswered to_event(const Keys&, const model::Release& e, const TxnReply& reply) {
    return member_answer(e.op, reply);
}
model::TxnAnswered to_event(const Keys&, const model::RecordDoubleActive& e,
                            const TxnReply& reply) {
    return member_answer(e.op, reply);
}
model::RecordAnswered to_event(const Keys&, const model::Depose& e, const TxnReply& reply) {
    return record_answer(e.op, reply, {});
}
model::RecordAnswered to_event(const Keys&, const model::Claim& e, const TxnReply& reply) {
    return record_answer(e.op, reply, e.record);
}
model::RecordAnswered to_event(const Keys&, const model::Confirm& e, const TxnReply& reply) {
    return record_answer(e.op, reply, {});
}
model::RecordAnswered to_event(const Keys&, const model::Drain& e, const TxnReply& reply) {
    return record_answer(e.op, reply, e.record);
}
model::RecordAnswered to_event(const Keys&, const model::MarkUnfenced& e, const TxnReply& reply) {
    return record_answer(e.op, reply, e.record);
}
model::RecordAnswered to_event(const Keys&, const model::RecordForeign& e, const TxnReply& reply) {
    return record_answer(e.op, reply, e.record);
}
model::RecordAnswered to_event(const Keys&, const model::ClearForeign& e, const TxnReply& reply) {
    return record_answer(e.op, reply, e.record);
}

KeyRange watched(const Keys& keys, bool far) {
    return KeyRange{keys.data, far ? keys.members : prefix_end(keys.queue)};
}

std::vector<model::Change> to_changes(const Keys& keys, const std::vector<WatchEvent>& events) {
    std::vector<model::Change> changes;
    for (const auto& event : events)
        if (auto change = to_change(keys, event)) changes.push_back(std::move(*change));
    return changes;
}

}  // namespace elector::etcd
