// Connections: how they are read, how many there may be, and how they end.
#include "admin/server.hpp"

#include <optional>

#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include "tests/support/run_coroutine.hpp"

using namespace elector::admin;
namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

struct Service {
    asio::io_context io;
    std::string url;
    asio::steady_timer never{io, asio::steady_timer::time_point::max()};
    Hub hub{io};
    Server server;

    explicit Service(Limits limits)
        : server(io,
                 {[this](const Request& r) { return answer(r); },
                  [this](const std::string& group) { return hub.subscribe(group); }},
                 {[this](const std::string& at) { url = at; }, [](const std::string&) {},
                  [](const std::string&) {}},
                 limits) {
        elector::config::Api api;
        api.listen.port = 0;
        server.set(api);
    }

    /// "/hang" is answered when the test says so, "/big" with more than a socket holds.
    asio::awaitable<Answer> answer(const Request& request) {
        if (request.path == "/hang") {
            boost::system::error_code ended;
            co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ended));
        }
        Answer made;
        made.body = request.path;
        if (request.path == "/big") made.body.resize(32U << 20U, 'x');
        co_return made;
    }
};

/// A client, blocking only when something must have come.
struct Client {
    Service& service;
    tcp::socket socket{service.io};

    explicit Client(Service& s) : service(s) {
        const auto port = s.url.substr(s.url.rfind(':') + 1);
        const auto before = s.server.connections();
        socket.connect(
            {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port))});
        elector::test::run_until(s.io, [&] { return s.server.connections() > before; });
    }
    void send(const std::string& text) { asio::write(socket, asio::buffer(text)); }
    /// Until the server ends it, or has sent this.
    std::string receive(const std::string& until) {
        std::string text;
        bool over = false;
        asio::async_read_until(socket, asio::dynamic_buffer(text), until,
                               [&](boost::system::error_code, std::size_t) { over = true; });
        elector::test::run_until(service.io, [&] { return over; });
        return text;
    }
    /// The server has closed it.
    bool gone() { return receive("\r\n\r\n").empty(); }
};

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kHang = "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n";

Limits two() {
    Limits limits;
    limits.connections = 2;
    return limits;
}

}  // namespace

TEST_CASE("one connection more than allowed ends the one that has been silent for longest") {
    Service service(two());
    Client first(service);
    Client second(service);
    Client third(service);
    CHECK(first.gone());
    third.send(kGet);
    CHECK(third.receive("/x").starts_with("HTTP/1.1 200 "));
    second.send(kGet);
    CHECK(second.receive("/x").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("whoever is being answered is not ended for another, who is told so") {
    Service service(two());
    Client first(service);
    Client second(service);
    first.send(kHang);
    second.send(kHang);
    const auto reached = [&] { return service.io.poll() == 0; };
    elector::test::run_until(service.io, reached);
    Client third(service);
    third.send(kGet);
    const auto text = third.receive("[api:full]");
    CHECK(text.starts_with("HTTP/1.1 503 "));
    CHECK(text.find("Retry-After: 10\r\n") != std::string::npos);
    service.never.cancel();
    CHECK(first.receive("/hang").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("the end waits for the answer that is under way, and for nobody who is silent") {
    Service service({});
    Client silent(service);
    Client busy(service);
    busy.send(kHang);
    elector::test::run_until(service.io, [&] { return service.io.poll() == 0; });
    service.server.stop();
    CHECK(silent.gone());
    service.never.cancel();
    CHECK(busy.receive("/hang").find("Connection: close\r\n") != std::string::npos);
    elector::test::run(service.io, service.server.close(1s));
    CHECK(service.server.connections() == 0);
    CHECK(service.server.url().empty());
}

TEST_CASE("without patience whoever does not leave is cut off at once") {
    Service service({});
    Client reader(service);
    reader.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    while (service.io.poll() > 0) {
    }
    REQUIRE(service.server.connections() == 1);
    bool over = false;
    std::chrono::milliseconds patience{};
    SUBCASE("none") {}
    SUBCASE("an hour") { patience = 1h; }
    auto ending = service.server.close(patience);
    asio::co_spawn(service.io, std::move(ending), [&](std::exception_ptr) { over = true; });
    while (service.io.poll() > 0) {
    }
    CHECK(over == (patience == 0ms));
}

TEST_CASE("a request is read whole, refused with the reason, or not there yet") {
    const Limits limits;
    const auto read = [&](const std::string& bytes) { return read_request(bytes, limits); };
    const auto whole =
        read("HEAD /a?b HTTP/1.1\r\nHost: h\r\nOrigin: o\r\nAuthorization: t\r\n\r\nmore");
    REQUIRE(whole.request);
    CHECK(whole.request->method == "GET");
    CHECK(whole.request->path == "/a");
    CHECK(whole.request->query == "b");
    CHECK(whole.request->host == "h");
    CHECK(whole.request->origin == "o");
    CHECK(whole.request->authorization == "t");
    CHECK_FALSE(read("GET / HT").request);
    CHECK_FALSE(read("GET / HT").refusal);
    const auto status = [&](const std::string& bytes) {
        const auto refusal = read(bytes).refusal;
        return refusal ? refusal->status : 0;
    };
    CHECK(status("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n") == 431);
    CHECK(status("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n") == 413);
    CHECK(status("GET / HTTP/7\r\n\r\n") == 400);
    CHECK(status("nonsense\r\n\r\n") == 400);
}
