#include "cli/local_api.hpp"

#include <charconv>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace elector::cli {
namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

namespace {

constexpr std::size_t kMostBytes = 4 * 1024 * 1024;

/// A socket that listens everywhere is reached through loopback.
tcp::endpoint endpoint_of(const config::Api& api) {
    auto address = asio::ip::make_address(api.listen.host);
    if (address.is_unspecified()) {
        if (address.is_v4()) {
            address = asio::ip::address_v4::loopback();
        } else {
            address = asio::ip::address_v6::loopback();
        }
    }
    return {address, api.listen.port};
}

config::Url url_of(const config::Api& api) {
    const auto at = endpoint_of(api);
    return {api.tls(), at.address().to_string(), at.port()};
}

std::string request_text(const config::Api& api, const std::string& method,
                         const std::string& path) {
    auto text = method + " " + path + " HTTP/1.1\r\nHost: " + url_of(api).authority() +
                "\r\nConnection: close\r\nUser-Agent: iotex-elector\r\n";
    if (!api.token.empty()) text += "Authorization: Bearer " + api.token.reveal() + "\r\n";
    if (method == "POST") text += "Content-Length: 0\r\n";
    return text + "\r\n";
}

/// Until the other side ends it, as it was asked to.
template <class Stream>
asio::awaitable<std::string> converse(Stream& stream, const std::string& request) {
    const auto out = asio::buffer(request);
    co_await asio::async_write(stream, out, asio::use_awaitable);
    std::string text;
    error_code failure;
    auto into = asio::dynamic_buffer(text, kMostBytes);
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await asio::async_read(stream, into, asio::transfer_all(), token);
    if (failure != asio::error::eof && text.empty()) throw system_error(failure);
    co_return text;
}

/// Trusts the certificate of the configuration, and nothing that is signed by anybody else.
ssl::context context_of(const config::Api& api) {
    ssl::context context(ssl::context::tls_client);
    context.load_verify_file(api.cert_file);
    ::X509_VERIFY_PARAM_set_flags(::SSL_CTX_get0_param(context.native_handle()),
                                  X509_V_FLAG_PARTIAL_CHAIN);
    context.set_verify_mode(ssl::verify_peer);
    if (!api.client_ca_file.empty()) {
        context.use_certificate_chain_file(api.cert_file);
        context.use_private_key_file(api.key_file, ssl::context::pem);
    }
    return context;
}

asio::awaitable<std::string> talk(asio::io_context& io, const config::Api& api,
                                  std::string request) {
    tcp::socket socket(io);
    const auto at = endpoint_of(api);
    co_await socket.async_connect(at, asio::use_awaitable);
    if (!api.tls()) {
        auto text = co_await converse(socket, request);
        co_return text;
    }
    auto context = context_of(api);
    ssl::stream<tcp::socket> secured(std::move(socket), context);
    co_await secured.async_handshake(ssl::stream_base::client, asio::use_awaitable);
    auto text = co_await converse(secured, request);
    co_return text;
}

/// Throws boost::system::system_error, also when time is up.
std::string ask_within(std::chrono::milliseconds limit, const config::Api& api,
                       const std::string& request) {
    asio::io_context io(1);
    std::optional<std::string> text;
    std::exception_ptr failure;
    auto task = talk(io, api, request);
    auto finished = [&](std::exception_ptr thrown, std::string got) {
        failure = thrown;
        text = std::move(got);
    };
    asio::co_spawn(io, std::move(task), std::move(finished));
    io.run_for(limit);
    if (failure) std::rethrow_exception(failure);
    if (!text) throw system_error(asio::error::timed_out);
    return *text;
}

std::string unreachable(const config::Api& api, const error_code& cause) {
    return "the elector of this host does not answer at " + url_of(api).text() + ": " +
           cause.message() + " [" + cause.category().name() + ":" + std::to_string(cause.value()) +
           "]; see that the service runs, and that api.listen is what it was started with";
}

/// "Transfer-Encoding" is not read: the API sends none.
std::optional<std::size_t> length_of(std::string_view head) {
    constexpr std::string_view name = "\r\nContent-Length: ";
    const auto at = head.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    const auto value = head.substr(at + name.size());
    std::size_t length = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), length);
    if (read.ec != std::errc{}) return std::nullopt;
    return length;
}

}  // namespace

std::string of_group(const std::string& path, const std::string& group) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    if (group.empty()) return path;
    std::string out = path + "?group=";
    for (const char c : group) {
        const auto byte = static_cast<unsigned char>(c);
        const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (safe) {
            out += c;
        } else {
            out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
        }
    }
    return out;
}

ApiAnswer parse_answer(const std::string& text) {
    constexpr std::string_view begin = "HTTP/1.1 ";
    const auto head_end = text.find("\r\n\r\n");
    if (!text.starts_with(begin) || head_end == std::string::npos)
        return {0, {}, "what answers there is no elector"};
    const auto head = std::string_view(text).substr(0, head_end + 2);
    ApiAnswer answer;
    const auto code = head.substr(begin.size(), 3);
    const auto read = std::from_chars(code.data(), code.data() + code.size(), answer.status);
    if (read.ec != std::errc{} || answer.status < 100)
        return {0, {}, "what answers there is no elector"};
    answer.body = text.substr(head_end + 4);
    if (answer.body.size() != length_of(head)) return {0, {}, "the answer was cut off"};
    return answer;
}

ApiAnswer ask_local_api(const config::Api& api, const std::string& method, const std::string& path,
                        std::chrono::milliseconds limit) {
    if (!api.enabled())
        return {0, {}, "api.listen is empty, so the elector of this host serves no API; set it"};
    if (api.listen.port == 0)
        return {0, {}, "api.listen has port 0, so nobody knows where the API is; set a port"};
    try {
        return parse_answer(ask_within(limit, api, request_text(api, method, path)));
    } catch (const system_error& e) {
        return {0, {}, unreachable(api, e.code())};
    }
}

}  // namespace elector::cli
