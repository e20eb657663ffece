// Owns the public calls: each is encode, call, decode. Thread rule: the io_context's thread.
#include "etcd/client.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "etcd/call.hpp"
#include "etcd/codec.hpp"
#include "etcd/completion.hpp"
#include "etcd/core.hpp"
#include "etcd/lease_keeper.hpp"
#include "etcd/watcher.hpp"

namespace elector::etcd {

namespace asio = boost::asio;
using CorePtr = std::shared_ptr<ClientCore>;

namespace {

bool only_reads(const std::vector<Op>& ops) {
    return std::all_of(ops.begin(), ops.end(),
                       [](const Op& op) { return std::holds_alternative<RangeOp>(op); });
}

CallPlan make_plan(const char* method, std::string request, bool writes, CallOptions options) {
    CallPlan plan;
    plan.method = method;
    plan.request = std::move(request);
    plan.writes = writes;
    plan.options = options;
    return plan;
}

template <class Reply>
Result<Reply> decoded(const std::string& bytes, bool writes) {
    Reply reply;
    if (decode(bytes, reply)) return reply;
    Error error;
    error.kind = ErrorKind::kInternal;
    error.text = "etcd's reply is malformed";
    error.outcome_unknown = writes;
    return error;
}

/// A member answers these from its own memory; all others went through the leader.
template <class Reply>
constexpr bool kLocal = std::is_same_v<Reply, StatusReply> ||
                        std::is_same_v<Reply, MemberListReply> || std::is_same_v<Reply, LeaseTtl>;

template <class Reply>
asio::awaitable<Result<Reply>> ask(CorePtr core, CallPlan plan) {
    const bool writes = plan.writes;
    const Outcome outcome = co_await await_call(core, std::move(plan));
    if (!outcome) co_return outcome.error();
    Result<Reply> reply = decoded<Reply>(*outcome, writes);
    if (!kLocal<Reply> && reply) core->learn_term(reply->header.raft_term);
    co_return reply;
}

/// A grant may be repeated, as the id is the caller's. When it is then found to exist although an
/// earlier attempt of this call may have made it, it is ours.
asio::awaitable<Result<LeaseGrant>> grant(CorePtr core, std::int64_t id, std::int64_t ttl_seconds,
                                          CallOptions options) {
    options.idempotent = true;
    CallPlan plan =
        make_plan("Lease/LeaseGrant", encode_lease_grant(id, ttl_seconds), true, options);
    Result<LeaseGrant> granted = co_await ask<LeaseGrant>(core, std::move(plan));
    const bool ours = !granted && granted.error().kind == ErrorKind::kLeaseExists &&
                      granted.error().outcome_unknown;
    if (!ours) co_return granted;
    plan = make_plan("Lease/LeaseTimeToLive", encode_lease_time_to_live(id), false, options);
    Result<LeaseTtl> ttl = co_await ask<LeaseTtl>(core, std::move(plan));
    if (!ttl) {
        Error error = ttl.error();
        error.outcome_unknown = true;
        co_return error;
    }
    if (ttl->ttl_seconds < 0) {
        Error gone = granted.error();
        gone.kind = ErrorKind::kLeaseNotFound;
        gone.text = "the lease was made by this call and is gone already";
        gone.outcome_unknown = false;
        co_return gone;
    }
    LeaseGrant found;
    found.header = ttl->header;
    found.id = id;
    found.ttl_seconds = ttl->granted_ttl_seconds;
    co_return found;
}

asio::awaitable<Result<void>> revoke(CorePtr core, CallPlan plan) {
    const Outcome outcome = co_await await_call(std::move(core), std::move(plan));
    if (!outcome) co_return outcome.error();
    co_return Result<void>();
}

asio::awaitable<Result<std::vector<TxnReply>>> ask_each(CorePtr core, CallPlan plan) {
    Result<TxnReplies> replies = co_await ask<TxnReplies>(std::move(core), std::move(plan));
    if (!replies) co_return replies.error();
    co_return std::move(replies->each);
}

asio::awaitable<Result<StatusReply>> failed_status(Error error) { co_return error; }

}  // namespace

Watch::Watch(std::shared_ptr<Watcher> watcher) : watcher_(std::move(watcher)) {}
Watch::Watch(Watch&& other) noexcept = default;
Watch& Watch::operator=(Watch&& other) noexcept {
    const Watch previous(std::exchange(watcher_, std::move(other.watcher_)));
    return *this;
}
Watch::~Watch() { stop(); }
void Watch::set_range(std::size_t index, WatchRange range, std::int64_t next_revision) {
    if (watcher_) watcher_->set_range(index, std::move(range), next_revision);
}
void Watch::stop() {
    if (const auto watcher = std::exchange(watcher_, nullptr)) watcher->stop();
}

Client::Client(asio::io_context& io, ClientOptions options)
    : core_(std::make_shared<ClientCore>(io, std::move(options))) {}

Client::~Client() {
    core_->stop_all();
    core_->transport.shut();
}

asio::awaitable<Result<TxnReply>> Client::txn(Txn request, CallOptions options) {
    const bool writes = !only_reads(request.then_ops) || !only_reads(request.else_ops);
    return ask<TxnReply>(core_, make_plan("KV/Txn", encode(request), writes, options));
}

asio::awaitable<Result<std::vector<TxnReply>>> Client::txns(std::vector<Txn> each,
                                                            CallOptions options) {
    return ask_each(core_, make_plan("KV/Txn", encode(each), true, options));
}

asio::awaitable<Result<RangeReply>> Client::range(RangeOp op, CallOptions options) {
    return ask<RangeReply>(core_, make_plan("KV/Range", encode(op), false, options));
}

asio::awaitable<Result<PutReply>> Client::put(PutOp op, CallOptions options) {
    return ask<PutReply>(core_, make_plan("KV/Put", encode(op), true, options));
}

asio::awaitable<Result<DeleteReply>> Client::remove(DeleteOp op, CallOptions options) {
    return ask<DeleteReply>(core_, make_plan("KV/DeleteRange", encode(op), true, options));
}

asio::awaitable<Result<LeaseGrant>> Client::lease_grant(std::int64_t id, std::int64_t ttl_seconds,
                                                        CallOptions options) {
    return grant(core_, id, ttl_seconds, options);
}

asio::awaitable<Result<void>> Client::lease_revoke(std::int64_t id, CallOptions options) {
    options.idempotent = true;
    return revoke(core_, make_plan("Lease/LeaseRevoke", encode_lease_revoke(id), true, options));
}

asio::awaitable<Result<LeaseTtl>> Client::lease_time_to_live(std::int64_t id, CallOptions options) {
    return ask<LeaseTtl>(
        core_, make_plan("Lease/LeaseTimeToLive", encode_lease_time_to_live(id), false, options));
}

asio::awaitable<Result<KeepAlive>> Client::keep_alive(std::int64_t id,
                                                      std::chrono::milliseconds timeout) {
    auto start = [core = core_, id, timeout](Completion<Result<KeepAlive>> completion) {
        const int number = core->keeper->ping(id, timeout, std::move(completion));
        return CancelAction([keeper = std::weak_ptr<LeaseKeeper>(core->keeper), number] {
            if (const auto alive = keeper.lock()) alive->cancel(number);
        });
    };
    return await_completion<Result<KeepAlive>>(std::move(start));
}

asio::awaitable<Result<MemberListReply>> Client::member_list(CallOptions options) {
    return ask<MemberListReply>(
        core_, make_plan("Cluster/MemberList", encode_member_list(), false, options));
}

asio::awaitable<Result<StatusReply>> Client::status(std::string endpoint) {
    auto channel = core_->endpoints.channel_for(endpoint);
    if (!channel) return failed_status(channel.error());
    CallOptions options;
    options.timeout = core_->options.request_timeout;
    options.max_attempts = 1;
    CallPlan plan = make_plan("Maintenance/Status", encode_status(), false, options);
    plan.only = *channel;
    return ask<StatusReply>(core_, std::move(plan));
}

Watch Client::watch(WatchOptions options, WatchHandler handler) {
    const bool wanted = !core_->closed && !options.ranges.empty();
    auto watcher = std::make_shared<Watcher>(core_, std::move(options), std::move(handler));
    core_->enlist(watcher);
    if (wanted) watcher->start();
    return Watch(std::move(watcher));
}

Result<void> Client::set_access(Access access) { return core_->set_access(std::move(access)); }

std::vector<std::string> Client::endpoints() const { return core_->endpoints.names(); }

asio::awaitable<void> Client::close() {
    auto start = [core = core_](Completion<bool> completion) {
        core->stop_all();
        core->transport.abandon_all();
        core->transport.when_idle([completion = std::move(completion)] { completion(true); });
        return CancelAction();
    };
    co_await await_completion<bool>(std::move(start));
}

}  // namespace elector::etcd
