// Owns the proof of a new way to etcd. Thread rule: the io_context's thread.
#include "etcd/access_move.hpp"

#include <utility>

#include "etcd/codec.hpp"
#include "etcd/tokens.hpp"

namespace elector::etcd {
namespace {

constexpr std::chrono::milliseconds kAgainAfter{1000};

}  // namespace

AccessMove::AccessMove(ClientCore& core, Access access, std::vector<ChannelPtr> channels)
    : core_(core), access_(std::move(access)), channels_(std::move(channels)), again_(core.io) {}

void AccessMove::start(Proved proved) {
    proved_ = std::move(proved);
    unanswered_ = channels_.size();
    calls_.clear();
    for (const auto& channel : channels_) ask(channel);
}

void AccessMove::stop() {
    proved_ = nullptr;
    again_.cancel();
    calls_.clear();
}

// An answer is the proof, whichever: a connection alone says nothing of a client certificate, which
// etcd judges after the client's side of the handshake has ended.
void AccessMove::ask(const ChannelPtr& channel) {
    const bool log_in = !access_.username.empty();
    std::string request = encode_status();
    if (log_in) {
        const auto& password = core_.options.password;
        request = encode_authenticate(access_.username, password ? password() : std::string());
    }
    auto done = [weak = weak_from_this(), channel](RpcStatus status, const std::string& reply) {
        if (const auto self = weak.lock()) self->answered(channel, status, reply);
    };
    const auto timeout = access_.dial_timeout + 2 * access_.request_timeout;
    calls_.push_back(core_.transport.unary(channel,
                                           log_in ? "Auth/Authenticate" : "Maintenance/Status", {},
                                           request, timeout, std::move(done)));
}

void AccessMove::answered(const ChannelPtr& channel, const RpcStatus& status,
                          const std::string& reply) {
    if (!proved_) return;
    const std::string& endpoint = endpoint_of(*channel);
    std::string token;
    if (!access_.username.empty()) {
        auto given = token_of(status, reply, endpoint);
        if (!given) return failed(given.error());
        token = std::move(*given);
    } else if (status.code != 0) {
        Error error = classify(status.code, status.text, endpoint, false);
        if (worth_retrying(error)) return failed(std::move(error));
    }
    const auto self = shared_from_this();  // the receiver lets go of this object
    const auto proved = std::exchange(proved_, nullptr);
    again_.cancel();
    proved(channel, std::move(token));
}

void AccessMove::failed(Error error) {
    if (--unanswered_ > 0) return;
    if (core_.options.on_access) {
        core_.options.on_access({AccessNotice::Kind::kMoveFailed, std::move(error)});
    }
    again_.expires_after(kAgainAfter);
    again_.async_wait([weak = weak_from_this()](boost::system::error_code aborted) {
        const auto self = weak.lock();
        if (!aborted && self && self->proved_) self->start(std::exchange(self->proved_, nullptr));
    });
}

}  // namespace elector::etcd
