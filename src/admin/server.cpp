#include "admin/server.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>

namespace elector::admin {
namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kRetry{2000};
/// At the end, for handlers: they wait for nothing any more.
constexpr std::chrono::milliseconds kUnwinding{2000};
/// Beyond the limit that many are told so; more are closed without a word.
constexpr std::size_t kMostRefused = 16;

std::string words(const error_code& failure) {
    return failure.message() + " [" + failure.category().name() + ":" +
           std::to_string(failure.value()) + "]";
}

/// The kernel gives the descriptor to children otherwise.
void keep_to_ourselves(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

/// Throws boost::system::system_error.
std::shared_ptr<ssl::context> context_of(const config::Api& api) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                         ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                         ssl::context::no_tlsv1_1 | ssl::context::no_compression);
    // Instead of asking the terminal.
    context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; });
    context->use_certificate_chain_file(api.cert_file);
    context->use_private_key_file(api.key_file, ssl::context::pem);
    if (!api.client_ca_file.empty()) {
        context->load_verify_file(api.client_ca_file);
        context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    }
    return context;
}

Answer full() {
    auto answer =
        refusal(503, "cannot serve this connection: there are as many as allowed [api:full]",
                "ask again; all of the others are being answered, or follow the events");
    answer.fields.emplace_back("Retry-After", "10");
    return answer;
}

}  // namespace

Server::Server(asio::io_context& io, Responder responder, Tell tell, Limits limits)
    : io_(io),
      responder_(std::move(responder)),
      tell_(std::move(tell)),
      limits_(limits),
      retry_(io),
      emptied_(io) {
    api_.listen = config::Url{};
}

void Server::set(const config::Api& api) {
    if (stopped_) return;
    const bool moved = api.listen != api_.listen;
    const auto before = url();
    api_ = api;
    if (moved) drop();
    retry_.cancel();
    if (api_.enabled()) listen();
    if (!moved && !before.empty() && url() != before && told_.empty()) tell_.listening(url());
}

std::string Server::url() const {
    if (!acceptor_) return {};
    error_code ignored;
    auto at = api_.listen;
    at.port = acceptor_->local_endpoint(ignored).port();
    at.tls = tls_ != nullptr;
    return at.text();
}

void Server::drop() {
    error_code ignored;
    if (acceptor_) acceptor_->close(ignored);
    acceptor_ = nullptr;
}

/// Certificates and the socket; whatever cannot be had is told once and tried again.
void Server::listen() {
    const auto fault = open();
    if (!fault.empty()) {
        if (fault != told_) tell_.unavailable(fault);
        told_ = fault;
        return try_again();
    }
    told_.clear();
}

std::string Server::open() {
    try {
        tls_ = api_.tls() ? context_of(api_) : nullptr;
    } catch (const boost::system::system_error& e) {
        if (!tls_) drop();  // nothing is served in clear that was to be protected
        return "cannot use the certificate in api.cert_file, api.key_file or api.client_ca_file: " +
               words(e.code());
    }
    if (acceptor_) return {};
    const tcp::endpoint at(asio::ip::make_address(api_.listen.host), api_.listen.port);
    auto acceptor = std::make_shared<tcp::acceptor>(io_);
    error_code failure;
    acceptor->open(at.protocol(), failure);
    if (!failure) keep_to_ourselves(acceptor->native_handle());
    if (!failure) acceptor->set_option(tcp::acceptor::reuse_address(true), failure);
    if (!failure) acceptor->bind(at, failure);
    if (!failure) acceptor->listen(asio::socket_base::max_listen_connections, failure);
    if (failure) return "cannot listen at " + api_.listen.authority() + ": " + words(failure);
    acceptor_ = acceptor;
    tell_.listening(url());
    asio::co_spawn(io_, accept(acceptor), [this](std::exception_ptr e) {
        if (e) tell_.failed("accepting connections");
    });
    return {};
}

void Server::try_again() {
    retry_.expires_after(kRetry);
    retry_.async_wait([this](error_code cancelled) {
        if (!cancelled && !stopped_) listen();
    });
}

asio::awaitable<void> Server::accept(std::shared_ptr<tcp::acceptor> acceptor) {
    while (acceptor->is_open()) {
        auto [failure, socket] = co_await acceptor->async_accept(kTuple);
        if (!acceptor->is_open()) break;
        if (!failure) {
            take(std::move(socket));
            continue;
        }
        // Most likely no descriptor is left: at once it would fail again.
        asio::steady_timer pause(io_, kRetry / 10);
        co_await pause.async_wait(kTuple);
    }
}

void Server::take(tcp::socket socket) {
    keep_to_ourselves(socket.native_handle());
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto others = connections_.size();
    if (stopped_ || others >= limits_.connections + kMostRefused) {
        socket.close(ignored);
        return;
    }
    const auto connection = make_connection(std::move(socket), tls_, responder_, limits_);
    if (others >= limits_.connections && !make_room()) connection->refuse_with(full());
    connections_.insert(connection);
    asio::co_spawn(io_, connection->serve(), [this, connection](std::exception_ptr e) {
        connections_.erase(connection);
        if (connections_.empty()) emptied_.cancel();
        if (!e) return;
        connection->close();
        tell_.failed("serving a connection");
    });
}

/// Whoever holds connections open without a word must not keep an operator out: the one that has
/// been silent for longest goes.
bool Server::make_room() {
    std::shared_ptr<Connection> longest;
    for (const auto& one : connections_) {
        const auto since = one->waiting_since();
        if (since && (!longest || *since < *longest->waiting_since())) longest = one;
    }
    if (longest) longest->finish();
    return longest != nullptr;
}

void Server::stop() {
    if (std::exchange(stopped_, true)) return;
    drop();
    retry_.cancel();
    const auto all = connections_;
    for (const auto& connection : all) connection->finish();
}

asio::awaitable<void> Server::close(std::chrono::milliseconds patience) {
    stop();
    if (!connections_.empty()) {
        emptied_.expires_after(patience);
        co_await emptied_.async_wait(kTuple);
    }
    const auto left = connections_;
    for (const auto& connection : left) connection->close();
    if (!connections_.empty()) {
        emptied_.expires_after(kUnwinding);
        co_await emptied_.async_wait(kTuple);
    }
}

}  // namespace elector::admin
