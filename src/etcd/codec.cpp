// Owns everything that includes the generated messages. Thread rule: pure functions.
#include "etcd/codec.hpp"

#include <etcd.pb.h>

#include "model/overloaded.hpp"

namespace elector::etcd {
namespace {

namespace pb = etcdserverpb;

pb::Compare::CompareResult to_wire(Compare::Result result) {
    switch (result) {
        case Compare::Result::kEqual:
            return pb::Compare::EQUAL;
        case Compare::Result::kGreater:
            return pb::Compare::GREATER;
        case Compare::Result::kLess:
            return pb::Compare::LESS;
        case Compare::Result::kNotEqual:
            return pb::Compare::NOT_EQUAL;
    }
    return pb::Compare::EQUAL;
}

void fill(pb::Compare& wire, const Compare& compare) {
    wire.set_key(compare.key);
    wire.set_result(to_wire(compare.result));
    switch (compare.target) {
        case Compare::Target::kVersion:
            wire.set_target(pb::Compare::VERSION);
            wire.set_version(compare.number);
            break;
        case Compare::Target::kCreate:
            wire.set_target(pb::Compare::CREATE);
            wire.set_create_revision(compare.number);
            break;
        case Compare::Target::kMod:
            wire.set_target(pb::Compare::MOD);
            wire.set_mod_revision(compare.number);
            break;
        case Compare::Target::kValue:
            wire.set_target(pb::Compare::VALUE);
            wire.set_value(compare.value);
            break;
        case Compare::Target::kLease:
            wire.set_target(pb::Compare::LEASE);
            wire.set_lease(compare.number);
            break;
    }
}

void fill(pb::RangeRequest& wire, const RangeOp& op) {
    wire.set_key(op.key);
    wire.set_range_end(op.range_end);
    wire.set_limit(op.limit);
    wire.set_max_create_revision(op.created_until);
    if (op.by_create_revision || op.newest_first) {
        wire.set_sort_order(op.newest_first ? pb::RangeRequest::DESCEND : pb::RangeRequest::ASCEND);
        wire.set_sort_target(pb::RangeRequest::CREATE);
    }
}

void fill(pb::PutRequest& wire, const PutOp& op) {
    wire.set_key(op.key);
    wire.set_value(op.value);
    wire.set_lease(op.lease);
}

void fill(pb::DeleteRangeRequest& wire, const DeleteOp& op) {
    wire.set_key(op.key);
    wire.set_range_end(op.range_end);
}

void fill(pb::RequestOp& wire, const Op& op) {
    const auto visitor = model::Overloaded{
        [&wire](const PutOp& put) { fill(*wire.mutable_request_put(), put); },
        [&wire](const RangeOp& range) { fill(*wire.mutable_request_range(), range); },
        [&wire](const DeleteOp& gone) { fill(*wire.mutable_request_delete_range(), gone); },
    };
    std::visit(visitor, op);
}

void fill(pb::TxnRequest& wire, const Txn& txn) {
    for (const auto& compare : txn.compares) fill(*wire.add_compare(), compare);
    for (const auto& op : txn.then_ops) fill(*wire.add_success(), op);
    for (const auto& op : txn.else_ops) fill(*wire.add_failure(), op);
}

Header read(const pb::ResponseHeader& wire) {
    return {wire.cluster_id(), wire.member_id(), wire.revision(), wire.raft_term()};
}

KeyValue read(const pb::KeyValue& wire) {
    return {wire.key(),          wire.value(),   wire.create_revision(),
            wire.mod_revision(), wire.version(), wire.lease()};
}

template <class Wire>
std::vector<KeyValue> read_all(const Wire& wire) {
    std::vector<KeyValue> kvs;
    kvs.reserve(static_cast<std::size_t>(wire.size()));
    for (const auto& kv : wire) kvs.push_back(read(kv));
    return kvs;
}

OpReply read(const pb::ResponseOp& wire) {
    OpReply reply;
    if (wire.has_response_range()) reply.kvs = read_all(wire.response_range().kvs());
    reply.count = wire.response_range().count();
    reply.deleted = wire.response_delete_range().deleted();
    return reply;
}

TxnReply read(const pb::TxnResponse& wire, const Header& header) {
    TxnReply reply{header, wire.succeeded(), {}};
    for (const auto& response : wire.responses()) reply.replies.push_back(read(response));
    return reply;
}

WatchEvent read(const pb::Event& wire) {
    WatchEvent event;
    event.kind =
        wire.type() == pb::Event::DELETE ? WatchEvent::Kind::kDelete : WatchEvent::Kind::kPut;
    event.kv = read(wire.kv());
    event.previous = read(wire.prev_kv());
    return event;
}

template <class Wire, class Value>
std::string encode_as(const Value& value) {
    Wire wire;
    fill(wire, value);
    return wire.SerializeAsString();
}

}  // namespace

std::string encode(const Txn& txn) { return encode_as<pb::TxnRequest>(txn); }

std::string encode(const std::vector<Txn>& each) {
    pb::TxnRequest wire;
    if (!each.empty()) fill(wire, each.front());
    for (std::size_t i = 1; i < each.size(); ++i) {
        fill(*wire.add_success()->mutable_request_txn(), each[i]);
        fill(*wire.add_failure()->mutable_request_txn(), each[i]);
    }
    return wire.SerializeAsString();
}

std::string encode(const RangeOp& op) { return encode_as<pb::RangeRequest>(op); }
std::string encode(const PutOp& op) { return encode_as<pb::PutRequest>(op); }
std::string encode(const DeleteOp& op) { return encode_as<pb::DeleteRangeRequest>(op); }

std::string encode_lease_grant(std::int64_t id, std::int64_t ttl_seconds) {
    pb::LeaseGrantRequest wire;
    wire.set_id(id);
    wire.set_ttl(ttl_seconds);
    return wire.SerializeAsString();
}

std::string encode_lease_revoke(std::int64_t id) {
    pb::LeaseRevokeRequest wire;
    wire.set_id(id);
    return wire.SerializeAsString();
}

std::string encode_lease_time_to_live(std::int64_t id) {
    pb::LeaseTimeToLiveRequest wire;
    wire.set_id(id);
    return wire.SerializeAsString();
}

std::string encode_keep_alive(std::int64_t id) {
    pb::LeaseKeepAliveRequest wire;
    wire.set_id(id);
    return wire.SerializeAsString();
}

std::string encode_member_list() {
    pb::MemberListRequest wire;
    wire.set_linearizable(true);  // from 3.5 on; an older etcd ignores it
    return wire.SerializeAsString();
}

std::string encode_status() { return pb::StatusRequest().SerializeAsString(); }

std::string encode_watch(const WatchRange& range, std::int64_t start_revision, bool previous) {
    pb::WatchRequest wire;
    auto& create = *wire.mutable_create_request();
    create.set_key(range.key);
    create.set_range_end(range.range_end);
    create.set_start_revision(start_revision);
    create.set_prev_kv(previous);
    create.set_fragment(true);
    return wire.SerializeAsString();
}

std::string encode_watch_cancel(std::int64_t watch_id) {
    pb::WatchRequest wire;
    wire.mutable_cancel_request()->set_watch_id(watch_id);
    return wire.SerializeAsString();
}

std::string encode_progress_request() {
    pb::WatchRequest wire;
    wire.mutable_progress_request();
    return wire.SerializeAsString();
}

std::string encode_authenticate(const std::string& username, const std::string& password) {
    pb::AuthenticateRequest wire;
    wire.set_name(username);
    wire.set_password(password);
    return wire.SerializeAsString();
}

bool decode(const std::string& bytes, TxnReply& reply) {
    pb::TxnResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply = read(wire, read(wire.header()));
    return true;
}

bool decode(const std::string& bytes, TxnReplies& reply) {
    pb::TxnResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply.header = read(wire.header());
    reply.each.assign(1, TxnReply{reply.header, wire.succeeded(), {}});
    for (const auto& response : wire.responses()) {
        if (response.has_response_txn()) {
            // The inner ones' headers are empty; all was done at one revision.
            reply.each.push_back(read(response.response_txn(), reply.header));
        } else if (reply.each.size() == 1) {
            reply.each.front().replies.push_back(read(response));
        } else {
            return false;
        }
    }
    return true;
}

bool decode(const std::string& bytes, RangeReply& reply) {
    pb::RangeResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply = {read(wire.header()), read_all(wire.kvs()), wire.count(), wire.more()};
    return true;
}

bool decode(const std::string& bytes, PutReply& reply) {
    pb::PutResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply = {read(wire.header())};
    return true;
}

bool decode(const std::string& bytes, DeleteReply& reply) {
    pb::DeleteRangeResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply = {read(wire.header()), wire.deleted()};
    return true;
}

bool decode(const std::string& bytes, LeaseGrant& reply) {
    pb::LeaseGrantResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply = {read(wire.header()), wire.id(), wire.ttl()};
    return true;
}

bool decode(const std::string& bytes, LeaseTtl& reply) {
    pb::LeaseTimeToLiveResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply = {read(wire.header()), wire.ttl(), wire.grantedttl()};
    return true;
}

bool decode(const std::string& bytes, MemberListReply& reply) {
    pb::MemberListResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply.header = read(wire.header());
    reply.members.clear();
    for (const auto& member : wire.members()) {
        reply.members.push_back({member.id(),
                                 member.name(),
                                 {member.peerurls().begin(), member.peerurls().end()},
                                 {member.clienturls().begin(), member.clienturls().end()},
                                 member.islearner()});
    }
    return true;
}

bool decode(const std::string& bytes, StatusReply& reply) {
    pb::StatusResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply = {read(wire.header()),
             wire.version(),
             wire.dbsize(),
             wire.leader(),
             wire.raftindex(),
             wire.raftterm(),
             {wire.errors().begin(), wire.errors().end()},
             wire.islearner()};
    return true;
}

bool decode(const std::string& bytes, AuthenticateReply& reply) {
    pb::AuthenticateResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    reply.token = wire.token();
    return true;
}

bool decode(const std::string& bytes, WatchMessage& message) {
    pb::WatchResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    message = {read(wire.header()), wire.watch_id(),         wire.created(),       wire.canceled(),
               wire.fragment(),     wire.compact_revision(), wire.cancel_reason(), {}};
    for (const auto& event : wire.events()) message.events.push_back(read(event));
    return true;
}

bool decode(const std::string& bytes, KeepAliveMessage& message) {
    pb::LeaseKeepAliveResponse wire;
    if (!wire.ParseFromString(bytes)) return false;
    message = {wire.id(), {read(wire.header()), wire.ttl()}};
    return true;
}

}  // namespace elector::etcd
