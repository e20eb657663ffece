// Owns the translation between the plain values and etcd's wire format.
// Must never show protobuf in this header, nor judge what it translates. Thread rule: pure
// functions.
#pragma once

#include <string>
#include <vector>

#include "etcd/client.hpp"

namespace elector::etcd {

/// One message of a watch stream.
struct WatchMessage {
    Header header;
    std::int64_t watch_id = 0;
    bool created = false;
    bool canceled = false;
    bool fragment = false;  ///< the same revision goes on in the next message
    std::int64_t compact_revision = 0;
    std::string cancel_reason;
    std::vector<WatchEvent> events;
    bool operator==(const WatchMessage&) const = default;
};

/// One message of a keep-alive stream.
struct KeepAliveMessage {
    std::int64_t id = 0;
    KeepAlive answer;
    bool operator==(const KeepAliveMessage&) const = default;
};

std::string encode(const Txn& txn);
/// Transactions in one: the first, with all others nested in both of its branches. etcd counts what
/// is nested neither against its quota nor its users' rights; by the first one a full store refuses
/// all.
std::string encode(const std::vector<Txn>& each);
std::string encode(const RangeOp& op);
std::string encode(const PutOp& op);
std::string encode(const DeleteOp& op);
std::string encode_lease_grant(std::int64_t id, std::int64_t ttl_seconds);
std::string encode_lease_revoke(std::int64_t id);
std::string encode_lease_time_to_live(std::int64_t id);
std::string encode_keep_alive(std::int64_t id);
std::string encode_member_list();
std::string encode_status();
std::string encode_watch(const WatchRange& range, std::int64_t start_revision, bool previous);
std::string encode_watch_cancel(std::int64_t watch_id);
std::string encode_progress_request();
std::string encode_authenticate(const std::string& username, const std::string& password);

/// The answer to a log-in.
struct AuthenticateReply {
    std::string token;
};

/// False: the bytes are not such a message.
bool decode(const std::string& bytes, TxnReply& reply);
bool decode(const std::string& bytes, TxnReplies& reply);
bool decode(const std::string& bytes, RangeReply& reply);
bool decode(const std::string& bytes, PutReply& reply);
bool decode(const std::string& bytes, DeleteReply& reply);
bool decode(const std::string& bytes, LeaseGrant& reply);
bool decode(const std::string& bytes, LeaseTtl& reply);
bool decode(const std::string& bytes, MemberListReply& reply);
bool decode(const std::string& bytes, StatusReply& reply);
bool decode(const std::string& bytes, AuthenticateReply& reply);
bool decode(const std::string& bytes, WatchMessage& message);
bool decode(const std::string& bytes, KeepAliveMessage& message);

}  // namespace elector::etcd
