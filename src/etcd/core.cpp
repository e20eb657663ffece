// Owns the shared parts of a client. Thread rule: the io_context's thread.
#include "etcd/core.hpp"

#include <algorithm>
#include <stdexcept>

#include "etcd/lease_keeper.hpp"

namespace elector::etcd {

ClientCore::ClientCore(boost::asio::io_context& context, ClientOptions client_options)
    : io(context),
      options(std::move(client_options)),
      transport(context, options.on_rpc),
      endpoints(transport, options.dial_timeout),
      random(options.seed) {
    const auto assigned = endpoints.assign(options.endpoints);
    if (!assigned) throw std::invalid_argument(assigned.error().text);
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

Result<void> ClientCore::set_endpoints(const std::vector<std::string>& names) {
    auto assigned = endpoints.assign(names);
    if (!assigned) return assigned;
    for (const auto& part : parts()) part->on_endpoints_changed();
    return assigned;
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
