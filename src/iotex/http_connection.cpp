// The only source file that includes Beast (it is slow to compile).
#include "iotex/http_connection.hpp"

#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <fcntl.h>

namespace elector::iotex {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kFirstChunk = 512;
constexpr std::size_t kChunk = 16 * 1024;

bool is_http(const error_code& failure) {
    static const error_code kExample = http::error::end_of_stream;
    return failure.category() == kExample.category();
}

/// The kinds that mean the same wherever they occur; `otherwise` for the rest.
ErrorKind classify(const error_code& failure, ErrorKind otherwise) {
    if (failure == asio::error::operation_aborted) return ErrorKind::kCancelled;
    if (failure == asio::error::bad_descriptor) return ErrorKind::kCancelled;  // closed meanwhile
    if (failure == asio::error::connection_refused) return ErrorKind::kRefused;
    if (failure == asio::error::eof || failure == asio::error::broken_pipe ||
        failure == http::error::end_of_stream || failure == http::error::partial_message) {
        return ErrorKind::kClosed;
    }
    if (failure == http::error::header_limit || failure == http::error::body_limit ||
        failure == http::error::buffer_overflow) {
        return ErrorKind::kTooLarge;
    }
    return is_http(failure) ? ErrorKind::kMalformed : otherwise;
}

/// Opens the socket before connecting, so that no child process can inherit it: a copy of the
/// descriptor elsewhere would keep close() from ending the connection.
error_code open_for(tcp::socket& socket, const tcp::endpoint& target) {
    error_code failure;
    socket.open(target.protocol(), failure);
    if (failure) return failure;
    if (::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC) != 0) {
        return {errno, boost::system::system_category()};
    }
    socket.non_blocking(true, failure);
    if (failure) return failure;
    socket.set_option(tcp::no_delay(true), failure);
    return failure;
}

/// With nobody listening, a connect to a port of the ephemeral range can meet itself.
bool connected_to_itself(const tcp::socket& socket) {
    error_code ignored;
    return socket.local_endpoint(ignored) == socket.remote_endpoint(ignored);
}

}  // namespace

/// One use of the connection under a deadline. Closes it at the end unless it was kept: so an
/// exception or a cancelled coroutine cannot leave a half-used connection behind.
class HttpConnection::Turn {
  public:
    Turn(HttpConnection& connection, IoClock::time_point deadline) : connection_(connection) {
        connection_.busy_ = true;
        connection_.arm(deadline, [self = &connection_] {
            self->timed_out_ = true;
            self->close();
        });
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        connection_.busy_ = false;
        ++connection_.turn_;
        connection_.timer_.cancel();
        if (!kept_) connection_.close();
    }
    void keep() { kept_ = true; }

  private:
    HttpConnection& connection_;
    bool kept_ = false;
};

HttpConnection::HttpConnection(asio::io_context& io, std::uint64_t id)
    : socket_(io), timer_(io), id_(id) {}

asio::awaitable<Result<void>> HttpConnection::connect(const Url& url,
                                                      IoClock::time_point deadline) {
    error_code failure;
    const auto address = asio::ip::make_address(url.host, failure);
    const tcp::endpoint target(address, url.port);
    if (!failure) failure = open_for(socket_, target);
    if (failure) co_return describe(failure, ErrorKind::kUnreachable);
    Turn turn(*this, deadline);
    const auto [refusal] = co_await socket_.async_connect(target, kTuple);
    if (refusal) co_return describe(refusal, ErrorKind::kUnreachable);
    if (!is_open()) co_return describe(asio::error::operation_aborted, ErrorKind::kCancelled);
    if (connected_to_itself(socket_)) {
        co_return describe(asio::error::connection_refused, ErrorKind::kRefused);
    }
    turn.keep();
    co_return Result<void>();
}

asio::awaitable<Exchange> HttpConnection::exchange(const Request& request,
                                                   IoClock::time_point deadline) {
    Exchange result;
    result.connection = id_;
    Turn turn(*this, deadline);
    if (send(request, result)) co_await receive(request, result);
    if (result.reusable) turn.keep();
    co_return result;
}

/// One non-blocking send(2): an idle connection has room for a few hundred bytes, so a short or
/// refused write means that something is wrong. False: nothing to wait for.
bool HttpConnection::send(const Request& request, Exchange& result) {
    if (request.still_allowed) {
        // From here to the whole answer every end of this connection is a reset, even that of the
        // whole process: bytes still in the socket cannot leave later.
        if (!reset_on_close(true)) {
            result.failure =
                Error(ErrorKind::kNotSent, "the connection cannot be prepared [tcp:linger]");
            return false;
        }
        if (!request.still_allowed()) {
            result.reusable = reset_on_close(false);
            result.failure =
                Error(ErrorKind::kNotSent, "it is no longer allowed [client:withdrawn]");
            return false;
        }
    }
    error_code failure;
    const auto written = socket_.send(asio::buffer(request.text), 0, failure);
    result.sent = written > 0;
    used_ = true;
    if (!failure && written < request.text.size()) failure = asio::error::no_buffer_space;
    if (failure) result.failure = describe(failure, ErrorKind::kReset);
    return !failure;
}

asio::awaitable<void> HttpConnection::receive(const Request& request, Exchange& result) {
    boost::beast::flat_buffer buffer(request.header_limit + kChunk);
    http::response_parser<http::buffer_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(request.header_limit));
    parser.body_limit(request.body_limit);
    auto [failure, header_bytes] =
        co_await http::async_read_header(socket_, buffer, parser, kTuple);
    result.answered = header_bytes > 0 || buffer.size() > 0;
    std::vector<char> chunk(kFirstChunk);  // few answers are longer
    while (!failure && !parser.is_done()) {
        auto& body = parser.get().body();
        body.data = chunk.data();
        body.size = chunk.size();
        const auto [outcome, body_bytes] =
            co_await http::async_read(socket_, buffer, parser, kTuple);
        request.sink(std::string_view(chunk.data(), chunk.size() - body.size));
        if (body.size == 0) chunk.resize(kChunk);
        failure = outcome == http::error::need_buffer ? error_code{} : outcome;
    }
    if (failure) {
        result.failure = describe(failure, ErrorKind::kReset);
        co_return;
    }
    result.status = parser.get().result_int();
    const bool plain_again = !request.still_allowed || reset_on_close(false);
    result.reusable = parser.keep_alive() && buffer.size() == 0 && plain_again && socket_.is_open();
}

void HttpConnection::watch(std::chrono::milliseconds drop_unused,
                           std::function<void(IdleEnd)> on_end) {
    const auto shared = std::make_shared<std::function<void(IdleEnd)>>(std::move(on_end));
    ++turn_;
    if (!used_) {
        arm(IoClock::now() + drop_unused, [this, shared] {
            close();
            (*shared)(IdleEnd::kUnused);
        });
    }
    wait_for_end(shared);
}

void HttpConnection::wait_for_end(std::shared_ptr<std::function<void(IdleEnd)>> on_end) {
    auto on_ready = [weak = weak_from_this(), turn = turn_, on_end](const error_code&) {
        const auto self = weak.lock();
        if (!self || self->turn_ != turn) return;
        // The reactor can report the bytes of the answer just read once more.
        if (self->healthy()) return self->wait_for_end(on_end);
        self->close();
        (*on_end)(IdleEnd::kByPeer);
    };
    socket_.async_wait(tcp::socket::wait_read, std::move(on_ready));
}

bool HttpConnection::healthy() {
    if (!socket_.is_open()) return false;
    char byte = 0;
    error_code failure;
    socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, failure);
    return failure == asio::error::would_block;
}

void HttpConnection::close() {
    ++turn_;
    timer_.cancel();
    error_code ignored;
    socket_.close(ignored);
}

/// `on_expiry` runs at `at` unless the connection has been put to another use meanwhile.
void HttpConnection::arm(IoClock::time_point at, std::function<void()> on_expiry) {
    ++turn_;
    timer_.at(at, std::move(on_expiry));
}

bool HttpConnection::reset_on_close(bool on) {
    error_code failure;
    socket_.set_option(tcp::socket::linger(on, 0), failure);
    return !failure;
}

Error HttpConnection::describe(const error_code& failure, ErrorKind otherwise) const {
    if (timed_out_) return {ErrorKind::kTimeout, "no complete answer in time [client:timeout]"};
    const ErrorKind kind = classify(failure, otherwise);
    if (kind == ErrorKind::kCancelled) return {kind, "we gave it up ourselves [client:cancelled]"};
    const std::string code = std::to_string(failure.value());
    return {kind, failure.message() + " [" + failure.category().name() + ":" + code + "]"};
}

}  // namespace elector::iotex
