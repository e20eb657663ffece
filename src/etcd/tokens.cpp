// Owns log-ins. Thread rule: the io_context's thread.
#include "etcd/tokens.hpp"

#include <utility>

#include <boost/asio/post.hpp>

#include "etcd/codec.hpp"

namespace elector::etcd {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kRenewAfter{100'000};  // a third of what etcd grants a simple token
constexpr milliseconds kRenewAgain{10'000};
constexpr milliseconds kQuietAfterRefusal{500};  // each log-in costs etcd a tenth of a second
constexpr milliseconds kBeyondDoubt{5000};

}  // namespace

Result<std::string> token_of(const RpcStatus& status, const std::string& reply,
                             const std::string& endpoint) {
    AuthenticateReply answer;
    if (status.code == 0 && decode(reply, answer)) return answer.token;
    if (status.code == 0) return classify(13, "malformed answer to a log-in", endpoint, false);
    Error error = classify(status.code, status.text, endpoint, false);
    if (error.kind == ErrorKind::kAuthNotEnabled) return std::string();
    return error;
}

Tokens::Tokens(ClientCore& core) : core_(core), renewal_(core.io) {}

Metadata Tokens::metadata(Metadata also) const {
    if (needed() && !token_.empty()) also.emplace_back("token", token_);
    return also;
}

void Tokens::log_in(Done done) {
    waiting_.push_back(std::move(done));
    if (!call_) start();
}

void Tokens::reject(int generation) {
    if (generation == generation_) valid_ = false;
}

void Tokens::doubt(int generation) {
    if (Clock::now() - since_ > kBeyondDoubt) reject(generation);
}

void Tokens::adopt(std::string token) {
    call_.reset();
    renewal_.cancel();
    token_ = std::move(token);
    succeeded();
}

void Tokens::stop() {
    renewal_.cancel();
    call_.reset();
    waiting_.clear();  // whoever waits is stopped too
}

void Tokens::start() {
    const std::string password = core_.options.password ? core_.options.password() : std::string();
    if (password == refused_password_ && Clock::now() < refused_until_) {
        boost::asio::post(core_.io, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->settle(self->refusal_);
        });
        return;
    }
    refused_password_ = password;
    refused_until_ = {};
    const ChannelPtr channel = core_.endpoints.preferred();
    call_ = core_.transport.unary(
        channel, "Auth/Authenticate", {}, encode_authenticate(core_.options.username, password),
        2 * core_.options.request_timeout,
        [weak = weak_from_this(), channel](RpcStatus status, const std::string& reply) {
            if (const auto self = weak.lock()) self->answered(channel, std::move(status), reply);
        });
}

void Tokens::answered(const ChannelPtr& channel, RpcStatus status, const std::string& reply) {
    call_.reset();
    auto token = token_of(status, reply, endpoint_of(*channel));
    if (token) {
        token_ = std::move(*token);
        return succeeded();
    }
    if (worth_retrying(token.error())) core_.endpoints.report_failure(channel);
    failed(token.error());
}

void Tokens::succeeded() {
    valid_ = true;
    ++generation_;
    since_ = Clock::now();
    renew_in(kRenewAfter);
    if (needed() && !std::exchange(told_, true)) {
        if (core_.options.on_access) core_.options.on_access({AccessNotice::Kind::kLoggedIn, {}});
    }
    settle({});
}

// The token at hand, if any, is kept: it is as good as before.
void Tokens::failed(Error error) {
    told_ = false;
    if (error.kind == ErrorKind::kWrongPassword) {
        refused_until_ = Clock::now() + kQuietAfterRefusal;
        refusal_ = error;
    }
    if (valid_) renew_in(kRenewAgain);
    if (core_.options.on_access) {
        core_.options.on_access({AccessNotice::Kind::kLoginFailed, error});
    }
    settle(error);
}

void Tokens::settle(const Result<void>& result) {
    for (const auto& done : std::exchange(waiting_, {})) done(result);
}

void Tokens::renew_in(milliseconds delay) {
    if (!needed()) return;
    renewal_.expires_after(delay);
    renewal_.async_wait([weak = weak_from_this()](boost::system::error_code aborted) {
        const auto self = weak.lock();
        if (!aborted && self && !self->call_ && self->needed()) self->start();
    });
}

}  // namespace elector::etcd
