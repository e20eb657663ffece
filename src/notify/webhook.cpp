// One POST over http or https. The only file of this folder that includes Beast; nothing of the
// answer but its status is looked at, and no redirect is followed.
#include <array>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "notify/delivery.hpp"
#include "notify/lookup.hpp"

namespace elector::notify {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kLongestHead = 16 * 1024;

std::string said(const error_code& failure) {
    if (failure == beast::error::timeout) return "no complete answer in time [client:timeout]";
    return failure.message() + " [" + failure.category().name() + ":" +
           std::to_string(failure.value()) + "]";
}

/// What the reader cannot take now it may take later; what it refuses it refuses again.
Outcome judged(unsigned status) {
    if (status >= 200 && status < 300) return Outcome{true, false, ""};
    const bool later = status >= 500 || status == 408 || status == 425 || status == 429;
    return Outcome{false, later, "answered with " + std::to_string(status) + " [http:status]"};
}

std::string host_header(const Webhook& to) {
    const bool v6 = to.host.find(':') != std::string::npos;
    const auto host = v6 ? "[" + to.host + "]" : to.host;
    return to.port == (to.tls ? 443 : 80) ? host : host + ":" + std::to_string(to.port);
}

http::request<http::string_body> request_of(const Webhook& to, std::string body) {
    http::request<http::string_body> request{http::verb::post, to.path, 11};
    request.set(http::field::host, host_header(to));
    request.set(http::field::user_agent, "iotex-elector");
    request.set(http::field::content_type, "application/json");
    request.set(http::field::connection, "close");
    if (!to.bearer.empty()) request.set(http::field::authorization, "Bearer " + to.bearer);
    request.body() = std::move(body);
    request.prepare_payload();
    return request;
}

/// One attempt, which lives until its coroutine has ended, though nobody may wait for it any more.
class Post : public std::enable_shared_from_this<Post> {
  public:
    Post(asio::io_context& io, const Target& target, std::string body, Delivery::Done done)
        : io_(io),
          to_(target.webhook),
          deadline_(std::chrono::steady_clock::now() + target.timeout),
          request_(request_of(to_, std::move(body))),
          done_(std::move(done)),
          lookup_(io),
          limit_(io) {}

    void start() {
        limit_.expires_at(deadline_);
        limit_.async_wait([weak = weak_from_this()](error_code ec) {
            const auto self = weak.lock();
            if (!ec && self) self->finish({false, true, said(beast::error::timeout)});
        });
        error_code failure;
        const auto literal = asio::ip::make_address(to_.host, failure);
        if (!failure) return connect({literal});
        lookup_.start(to_.host, [this](std::vector<asio::ip::address> found, std::string error) {
            if (found.empty()) return finish({false, true, std::move(error)});
            connect(found);
        });
    }

    /// No word comes after this, and the connection is gone.
    void abandon() {
        done_ = nullptr;
        limit_.cancel();
        if (stream_) stream_->close();
    }

  private:
    void connect(const std::vector<asio::ip::address>& addresses) {
        for (const auto& address : addresses) endpoints_.emplace_back(address, to_.port);
        auto task = talk();
        auto finished = [self = shared_from_this()](std::exception_ptr error, Outcome outcome) {
            if (error) outcome = Outcome{false, true, "a defect [client:exception]"};
            self->finish(std::move(outcome));
        };
        asio::co_spawn(io_, std::move(task), std::move(finished));
    }

    void finish(Outcome outcome) {
        auto done = std::move(done_);
        abandon();
        if (done) done(std::move(outcome));
    }

    asio::awaitable<Outcome> talk() {
        beast::tcp_stream plain(io_);
        const auto keep = shared_from_this();
        if (!to_.tls) {
            auto went = co_await connected(plain);
            if (went) co_return *went;
            auto outcome = co_await exchange(plain);
            stream_ = nullptr;
            co_return outcome;
        }
        error_code failure = prepare_tls();
        if (failure) co_return Outcome{false, false, said(failure)};
        ssl::stream<beast::tcp_stream> secured(std::move(plain), *context_);
        auto& lowest = secured.next_layer();
        failure = name_host(secured);
        if (failure) co_return Outcome{false, false, said(failure)};
        auto went = co_await connected(lowest);
        if (went) co_return *went;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        co_await secured.async_handshake(ssl::stream_base::client, token);
        std::optional<Outcome> outcome;
        if (failure) {
            outcome = Outcome{false, true, said(failure)};
        } else {
            auto answer = co_await exchange(secured);
            outcome = std::move(answer);
        }
        stream_ = nullptr;
        co_return *outcome;
    }

    error_code prepare_tls() {
        error_code failure;
        context_.emplace(ssl::context::tls_client);
        context_->set_verify_mode(ssl::verify_peer, failure);
        if (failure) return failure;
        if (to_.ca_pem.empty()) {
            context_->set_default_verify_paths(failure);
        } else {
            context_->add_certificate_authority(asio::buffer(to_.ca_pem), failure);
        }
        return failure;
    }

    error_code name_host(ssl::stream<beast::tcp_stream>& secured) {
        error_code failure;
        secured.set_verify_callback(ssl::host_name_verification(to_.host), failure);
        error_code literal;
        static_cast<void>(asio::ip::make_address(to_.host, literal));
        // A name is told to the host, which may have several certificates; an address must not be.
        const bool named = static_cast<bool>(literal);
        if (!failure && named &&
            SSL_set_tlsext_host_name(secured.native_handle(), to_.host.c_str()) != 1)
            failure = asio::error::invalid_argument;
        return failure;
    }

    /// Nothing: it is; else how the attempt went.
    asio::awaitable<std::optional<Outcome>> connected(beast::tcp_stream& stream) {
        stream_ = &stream;
        error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        co_await stream.async_connect(endpoints_, token);
        std::optional<Outcome> went;
        if (failure) went = Outcome{false, true, said(failure)};
        if (failure) stream_ = nullptr;
        co_return went;
    }

    template <class Stream>
    asio::awaitable<Outcome> exchange(Stream& stream) {
        error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        co_await http::async_write(stream, request_, token);
        beast::flat_buffer buffer(2 * kLongestHead);
        http::response_parser<http::empty_body> parser;
        parser.header_limit(kLongestHead);
        if (!failure) co_await http::async_read_header(stream, buffer, parser, token);
        Outcome outcome{false, true, failure ? said(failure) : ""};
        if (!failure) outcome = judged(parser.get().result_int());
        co_return outcome;
    }

    asio::io_context& io_;
    const Webhook to_;
    const std::chrono::steady_clock::time_point deadline_;
    http::request<http::string_body> request_;
    Delivery::Done done_;
    Lookup lookup_;
    asio::steady_timer limit_;
    std::optional<ssl::context> context_;
    std::vector<tcp::endpoint> endpoints_;
    beast::tcp_stream* stream_ = nullptr;  ///< while the coroutine has it
};

class PostDelivery final : public Delivery {
  public:
    explicit PostDelivery(std::shared_ptr<Post> post) : post_(std::move(post)) { post_->start(); }
    ~PostDelivery() override { post_->abandon(); }
    PostDelivery(const PostDelivery&) = delete;
    PostDelivery& operator=(const PostDelivery&) = delete;

  private:
    std::shared_ptr<Post> post_;
};

}  // namespace

std::unique_ptr<Delivery> post(asio::io_context& io, const Target& target, std::string body,
                               Delivery::Done done) {
    return std::make_unique<PostDelivery>(
        std::make_shared<Post>(io, target, std::move(body), std::move(done)));
}

}  // namespace elector::notify
