// Owns the shared parts of a client. Thread rule: the io_context's thread.
#include "etcd/core.hpp"

#include <algorithm>
#include <stdexcept>

#include "etcd/access_move.hpp"
#include "etcd/lease_keeper.hpp"
#include "etcd/tokens.hpp"

namespace elector::etcd {

ClientCore::ClientCore(boost::asio::io_context& context, ClientOptions client_options)
    : io(context),
      options(std::move(client_options)),
      transport(context, options.on_rpc),
      endpoints(transport),
      random(options.seed) {
    auto channels = endpoints.prepare(options);
    if (!channels) throw std::invalid_argument(channels.error().text);
    endpoints.adopt(std::move(*channels), options);
    tokens = std::make_shared<Tokens>(*this);
    enlist(tokens);
    keeper = std::make_shared<LeaseKeeper>(*this);
    enlist(keeper);
}

ClientCore::~ClientCore() = default;

void ClientCore::enlist(std::weak_ptr<Stoppable> part) {
    if (parts_.size() >= sweep_at_) {
        std::erase_if(parts_, [](const auto& known) { return known.expired(); });
        sweep_at_ = std::max(kSweep, 2 * parts_.size());
    }
    parts_.push_back(std::move(part));
}

void ClientCore::stop_all() {
    closed = true;
    for (const auto& part : parts()) part->stop();
}

Result<void> ClientCore::set_access(Access access) {
    auto channels = endpoints.prepare(access);
    if (!channels) return channels.error();
    const auto replaced = std::exchange(move_, nullptr);
    if (replaced) replaced->stop();
    if (closed) return {};
    if (access == options) {
        if (replaced && options.on_access) options.on_access({AccessNotice::Kind::kMoved, {}});
        return {};
    }
    move_ = std::make_shared<AccessMove>(*this, std::move(access), std::move(*channels));
    enlist(move_);
    move_->start(
        [this](const ChannelPtr& first, std::string token) { moved(first, std::move(token)); });
    return {};
}

void ClientCore::moved(const ChannelPtr& first, std::string token) {
    const auto move = std::exchange(move_, nullptr);
    static_cast<Access&>(options) = move->access();
    endpoints.adopt(move->channels(), move->access());
    endpoints.prefer(first);
    tokens->adopt(std::move(token));
    for (const auto& part : parts()) part->on_endpoints_changed();
    if (options.on_access) options.on_access({AccessNotice::Kind::kMoved, {}});
}

void ClientCore::learn_term(std::uint64_t raft_term) {
    const bool elected = raft_term_ != 0 && raft_term > raft_term_;
    raft_term_ = raft_term;
    if (!elected || closed) return;
    for (const auto& part : parts()) part->on_new_term();
}

std::vector<std::shared_ptr<Stoppable>> ClientCore::parts() {
    std::vector<std::shared_ptr<Stoppable>> alive;
    for (const auto& part : parts_) {
        if (auto known = part.lock()) alive.push_back(std::move(known));
    }
    return alive;
}

Error closed_error() {
    Error error;
    error.kind = ErrorKind::kCancelled;
    error.text = "the client is closed";
    return error;
}

Error outdated_error(const ChannelPtr& channel) {
    Error error;
    error.kind = ErrorKind::kUnavailable;
    error.text = "this member has missed the newest election of an etcd leader";
    error.endpoint = endpoint_of(*channel);
    return error;
}

}  // namespace elector::etcd
