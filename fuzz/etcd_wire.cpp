// Claims about etcd's messages, on their way to what the core learns.
#include <map>

#include "etcd/codec.hpp"
#include "etcd/records.hpp"
#include "etcd/transactions.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "model/election_view.hpp"

namespace elector::fuzz {
namespace {

const etcd::Keys& keys() {
    static const etcd::Keys all{"/k"};
    return all;
}

void judge_view(const model::ElectionView& view) {
    for (const auto& entry : view.members) {
        require(!entry.record.instance.empty(), "a member has an instance", entry.record.name);
    }
    const bool plain = view.roll_call.size() <= 32 &&
                       view.roll_call.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") ==
                           std::string::npos;
    require(plain, "a roll call is a short word", view.roll_call);
    if (view.holder.record) {
        require(etcd::parse_holder(view.holder.bytes) == view.holder.record,
                "a record is what its bytes say", view.holder.bytes);
    }
}

void transaction(const std::string& bytes) {
    etcd::TxnReply reply;
    if (!etcd::decode(bytes, reply)) return;
    const auto read = etcd::to_event(keys(), model::ReadElection{}, reply);
    const bool done = read.outcome == model::StoreOutcome::kDone;
    require(done == (reply.succeeded && reply.replies.size() == 4),
            "a whole answer is an observation, another is none");
    if (done) judge_view(read.view);
    const auto known = etcd::to_event(keys(), model::Register{}, reply);
    require(!known.member || known.outcome == model::StoreOutcome::kGuardFailed,
            "a member is found only where it was in the way");
    const auto claimed = etcd::to_event(keys(), model::Claim{}, reply);
    require((claimed.outcome == model::StoreOutcome::kDone) == reply.succeeded,
            "a claim that etcd accepted is done");
    etcd::to_event(keys(), model::Confirm{}, reply);
}

/// What a read of these keys would answer.
etcd::TxnReply as_read(const std::map<std::string, etcd::KeyValue>& store, std::int64_t revision) {
    etcd::TxnReply reply{{0, 0, revision, 0}, true, std::vector<etcd::OpReply>(4)};
    std::map<std::int64_t, etcd::KeyValue> queue;
    for (const auto& [key, kv] : store) {
        if (key.starts_with(keys().queue)) queue[kv.create_revision] = kv;
        if (key.starts_with(keys().members)) reply.replies[1].kvs.push_back(kv);
        if (key == keys().holder) reply.replies[2].kvs.push_back(kv);
        if (key.starts_with(keys().control)) reply.replies[3].kvs.push_back(kv);
    }
    for (const auto& [create, kv] : queue) reply.replies[0].kvs.push_back(kv);
    return reply;
}

/// Members by their names: a read gives them by key, a watch as they came.
std::map<std::string, model::MemberEntry> by_name(const std::vector<model::MemberEntry>& all) {
    std::map<std::string, model::MemberEntry> out;
    for (const auto& entry : all) out[entry.record.name] = entry;
    return out;
}

/// The same history, watched event by event and read at its end, is the same knowledge.
void watch(const std::string& bytes) {
    etcd::WatchMessage message;
    if (!etcd::decode(bytes, message)) return;
    model::ElectionView unjudged;
    model::apply(unjudged, etcd::to_changes(keys(), message.events), {});
    std::map<std::string, etcd::KeyValue> store;
    std::int64_t revision = 0;
    for (auto& event : message.events) {
        const auto known = store.find(event.kv.key);
        event.kv.mod_revision = ++revision;
        event.kv.create_revision = known == store.end() ? revision : known->second.create_revision;
        if (event.kind == etcd::WatchEvent::Kind::kDelete) {
            store.erase(event.kv.key);
        } else {
            store[event.kv.key] = event.kv;
        }
    }
    model::ElectionView watched;
    model::apply(watched, etcd::to_changes(keys(), message.events), model::Revision{revision});
    auto read = etcd::to_event(keys(), model::ReadElection{}, as_read(store, revision)).view;
    require(by_name(watched.members) == by_name(read.members), "members are watched as read");
    require(watched.members.size() == read.members.size(), "each member is there once");
    watched.members = read.members;
    require(watched.queue == read.queue, "the queue is watched as it is read");
    require(watched.holder == read.holder, "the holder is watched as it is read");
    require(watched == read, "everything is watched as it is read");
    judge_view(read);
}

template <class Message>
void only_decoded(const std::string& bytes) {
    Message message;
    etcd::decode(bytes, message);
}

}  // namespace

void fuzz_etcd_wire(std::string_view bytes) {
    const char selector = take_selector(bytes);
    const std::string text(bytes);
    if (selector == 't') return transaction(text);
    if (selector == 'w') return watch(text);
    only_decoded<etcd::RangeReply>(text);
    only_decoded<etcd::PutReply>(text);
    only_decoded<etcd::DeleteReply>(text);
    only_decoded<etcd::LeaseGrant>(text);
    only_decoded<etcd::LeaseTtl>(text);
    only_decoded<etcd::MemberListReply>(text);
    only_decoded<etcd::StatusReply>(text);
    only_decoded<etcd::AuthenticateReply>(text);
    only_decoded<etcd::KeepAliveMessage>(text);
}

}  // namespace elector::fuzz
