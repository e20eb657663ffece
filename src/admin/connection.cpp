// The only source file of the API that includes Beast (it is slow to compile).
#include "admin/connection.hpp"

#include <array>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace elector::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Tls = asio::ssl::stream<beast::tcp_stream>;
using Parser = http::request_parser<http::string_body>;
using Response = http::response<http::string_body>;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
/// For taking leave: until a client has read what it was told.
constexpr std::chrono::milliseconds kLeave{1000};
constexpr std::size_t kMostIgnored = 64 * 1024;

beast::tcp_stream& lowest(beast::tcp_stream& stream) { return stream; }
beast::tcp_stream& lowest(Tls& stream) { return stream.next_layer(); }

std::string field(const http::fields& fields, http::field name) {
    return std::string(fields[name]);
}

Request request_of(http::request<http::string_body>& message) {
    Request request;
    request.method = std::string(message.method_string());
    if (request.method == "HEAD") request.method = "GET";
    const std::string target(message.target());
    const auto cut = target.find('?');
    request.path = target.substr(0, cut);
    if (cut != std::string::npos) request.query = target.substr(cut + 1);
    request.host = field(message, http::field::host);
    request.origin = field(message, http::field::origin);
    request.authorization = field(message, http::field::authorization);
    request.content_type = field(message, http::field::content_type);
    request.body = std::move(message.body());
    return request;
}

void limit(Parser& parser, const Limits& limits) {
    parser.header_limit(limits.header_bytes);
    parser.body_limit(limits.body_bytes);
}

/// What is said of a request that could not be read; none: nobody is there to hear it.
std::optional<Answer> answer_to(const error_code& failure, const Limits& limits) {
    static const error_code kExample = http::error::bad_method;
    if (failure == http::error::header_limit || failure == http::error::buffer_overflow)
        return refusal(431,
                       "cannot read the request: its header is longer than " +
                           std::to_string(limits.header_bytes) + " bytes [http:header]",
                       "send fewer or shorter fields");
    if (failure == http::error::body_limit)
        return refusal(413,
                       "cannot read the request: its body is longer than " +
                           std::to_string(limits.body_bytes) + " bytes [http:body]",
                       "send less");
    const bool over =
        failure == http::error::end_of_stream || failure == http::error::partial_message;
    if (over || failure.category() != kExample.category()) return std::nullopt;
    return refusal(400, "cannot read the request: " + failure.message() + " [http:malformed]",
                   "send HTTP/1.1");
}

Response response_of(Answer& answer, unsigned version, bool keep_alive) {
    Response response(static_cast<http::status>(answer.status), version);
    response.set(http::field::content_type, answer.type);
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.fields) response.set(name, value);
    response.keep_alive(keep_alive);
    response.body() = std::move(answer.body);
    response.prepare_payload();
    return response;
}

template <class Stream>
class Served final : public Connection {
  public:
    template <class... More>
    Served(const Responder& responder, const Limits& limits,
           std::shared_ptr<asio::ssl::context> tls, tcp::socket socket, More&... more)
        : responder_(responder),
          limits_(limits),
          tls_(std::move(tls)),
          stream_(std::move(socket), more...),
          buffer_(limits.header_bytes + 4096) {}

    asio::awaitable<void> serve() override {
        if constexpr (std::is_same_v<Stream, Tls>) {
            within(limits_.request);
            wait_for_client();
            const auto [failure] =
                co_await stream_.async_handshake(asio::ssl::stream_base::server, kTuple);
            if (failure) co_return;
        }
        for (;;) {
            const bool more = co_await exchange();
            if (!more || closing_) break;
        }
        co_await leave();
    }

    void refuse_with(Answer answer) override { only_answer_ = std::move(answer); }

    std::optional<std::chrono::steady_clock::time_point> waiting_since() const override {
        if (!reading_ || closing_ || only_answer_) return std::nullopt;
        return waiting_since_;
    }

    void finish() override {
        closing_ = true;
        if (events_) events_->end();
        if (reading_) close();
    }

    void close() override {
        closing_ = true;
        if (events_) events_->end();
        lowest(stream_).close();
    }

  private:
    /// For all that follows, until it is said again.
    void within(std::chrono::milliseconds span) { lowest(stream_).expires_after(span); }

    void wait_for_client() {
        reading_ = true;
        waiting_since_ = std::chrono::steady_clock::now();
    }

    /// One request and its answer. True while another may come.
    asio::awaitable<bool> exchange() {
        Parser parser;
        limit(parser, limits_);
        within(only_answer_ ? kLeave : limits_.request);
        wait_for_client();
        const auto [failure, bytes] = co_await http::async_read(stream_, buffer_, parser, kTuple);
        reading_ = false;
        if (failure) {
            auto words = answer_to(failure, limits_);
            if (words) co_await write(*words, 11, false, false);
            co_return false;
        }
        auto& message = parser.get();
        const bool head = message.method() == http::verb::head;
        const unsigned version = message.version();
        const bool keep = message.keep_alive() && !only_answer_;
        const Request request = request_of(message);
        lowest(stream_).expires_never();
        Answer answer;
        if (only_answer_) {
            answer = *only_answer_;
        } else {
            answer = co_await responder_.answer(request);
        }
        if (answer.events && !head) {
            co_await follow(std::move(answer));
            co_return false;
        }
        const bool stay = keep && !closing_;
        const bool sent = co_await write(answer, version, stay, head);
        co_return sent&& stay;
    }

    /// Takes its body; its place is given back with it, by the caller.
    asio::awaitable<bool> write(Answer& answer, unsigned version, bool keep, bool head) {
        const Response response = response_of(answer, version, keep);
        http::response_serializer<http::string_body, http::fields> serializer(response);
        within(limits_.request);
        if (head) {
            const auto [failure, bytes] =
                co_await http::async_write_header(stream_, serializer, kTuple);
            co_return !failure;
        }
        const auto [failure, bytes] = co_await http::async_write(stream_, serializer, kTuple);
        co_return !failure;
    }

    asio::awaitable<bool> write_text(const std::string& text) {
        within(limits_.request);
        const auto bytes = asio::buffer(text);
        const auto [failure, written] = co_await asio::async_write(stream_, bytes, kTuple);
        co_return !failure;
    }

    /// Events until either side ends it. Its length is not known: the end of the connection is its
    /// end.
    asio::awaitable<void> follow(Answer answer) {
        events_ = responder_.subscribe(answer.follows);
        if (!events_) {
            Answer full = refusal(503, "cannot follow the events: too many readers do [api:full]",
                                  "end another one, or ask for /status");
            co_await write(full, 11, false, false);
            co_return;
        }
        const std::string head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n" +
            answer.body;
        bool open = co_await write_text(head);
        while (open && !events_->ended()) {
            const auto text = events_->next();
            if (text) {
                open = co_await write_text(*text);
            } else {
                lowest(stream_).expires_never();
                co_await events_->wait();
            }
        }
        events_.reset();
    }

    /// Closing over unread bytes would be a reset, which can overtake the last answer.
    asio::awaitable<void> leave() {
        within(kLeave);
        if constexpr (std::is_same_v<Stream, Tls>) {
            co_await stream_.async_shutdown(kTuple);
        }
        error_code ignored;
        auto& socket = lowest(stream_).socket();
        socket.shutdown(tcp::socket::shutdown_send, ignored);
        std::array<char, 4096> rest{};
        const auto into = asio::buffer(rest);
        for (std::size_t sum = 0; !closing_ && sum < kMostIgnored;) {
            const auto [failure, bytes] = co_await lowest(stream_).async_read_some(into, kTuple);
            if (failure) break;
            sum += bytes;
        }
        lowest(stream_).close();
    }

    const Responder& responder_;
    Limits limits_;
    std::shared_ptr<asio::ssl::context> tls_;
    Stream stream_;
    beast::flat_buffer buffer_;
    std::optional<Answer> only_answer_;
    std::shared_ptr<Subscription> events_;
    bool reading_ = false;  ///< or shaking hands
    std::chrono::steady_clock::time_point waiting_since_;
    bool closing_ = false;
};

}  // namespace

ReadRequest read_request(std::string_view bytes, const Limits& limits) {
    Parser parser;
    parser.eager(true);
    limit(parser, limits);
    error_code failure;
    while (!failure && !parser.is_done() && !bytes.empty()) {
        const auto used = parser.put(asio::buffer(bytes), failure);
        bytes.remove_prefix(used);
        if (used == 0) break;
    }
    if (failure == http::error::need_more) failure = {};
    if (failure) return {std::nullopt, answer_to(failure, limits)};
    if (!parser.is_done()) return {};
    auto message = parser.release();
    return {request_of(message), std::nullopt};
}

std::shared_ptr<Connection> make_connection(tcp::socket socket,
                                            std::shared_ptr<asio::ssl::context> tls,
                                            const Responder& responder, Limits limits) {
    if (!tls)
        return std::make_shared<Served<beast::tcp_stream>>(responder, limits, nullptr,
                                                           std::move(socket));
    auto& context = *tls;
    return std::make_shared<Served<Tls>>(responder, limits, std::move(tls), std::move(socket),
                                         context);
}

}  // namespace elector::admin
