// One HTTP connection of the host. The only file that compiles Beast's HTTP.
#include <charconv>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "simnode/host/core.hpp"

namespace elector::simnode {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using CorePtr = std::shared_ptr<HostCore>;
using ConnectionPtr = std::shared_ptr<Connection>;

constexpr const char* kText = "text/plain; charset=utf-8";

void fill(Response& res, http::status status, std::string body, const char* type) {
    res.result(status);
    if (type != nullptr) res.set(http::field::content_type, type);
    res.body() = std::move(body);
}

void not_found(Response& res) {
    fill(res, http::status::not_found, "404 page not found\n", kText);
    res.set("X-Content-Type-Options", "nosniff");
}

/// The method is never looked at, as in the node. The answer comes when the model gives it.
asio::awaitable<void> answer_admin(HostCore& core, const ConnectionPtr& c, const Request& req,
                                   Response& res) {
    const auto call = admin_call(parse_target({req.target().data(), req.target().size()}));
    if (!call) {
        not_found(res);
        co_return;
    }
    c->answer.reset();
    core.begin_admin(c, *call);
    boost::system::error_code ignored;
    for (;;) {
        if (c->answer || c->closed) break;
        co_await c->wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (c->closed) co_return;
    if (c->answer->outcome != Outcome::ok) {
        c->closed = true;
        boost::system::error_code ec;
        c->socket.set_option(asio::socket_base::linger(true, 0), ec);
        co_return;
    }
    if (*call == AdminCall::status)
        fill(res, http::status::ok, ha_status_body(c->answer->active), kText);
}

asio::awaitable<void> wait_while_silent(HostCore& core, const ConnectionPtr& c) {
    boost::system::error_code ignored;
    for (;;) {
        if (c->closed || !core.silent(c->node)) break;
        co_await c->wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

void answer_probe(HostCore& core, NodeIndex n, const Request& req, Response& res) {
    const std::string path = parse_target({req.target().data(), req.target().size()}).path;
    if (path == "/liveness") return fill(res, http::status::ok, "OK", kText);
    if (path == "/readiness" || path == "/health") {
        if (core.readiness(n) == Probe::ok) return fill(res, http::status::ok, "OK", kText);
        return fill(res, http::status::service_unavailable, "FAIL", kText);
    }
    if (path == "/metrics")
        return fill(res, http::status::ok, core.metrics(n),
                    "text/plain; version=0.0.4; charset=utf-8");
    not_found(res);
}

void answer_web3(HostCore& core, NodeIndex n, const Request& req, Response& res) {
    if (req.method() != http::verb::post)
        return fill(res, http::status::method_not_allowed, "", nullptr);
    fill(res, http::status::ok, core.web3(n, req.body()), "application/json; charset=utf-8");
}

template <class T>
bool read_number(const Target& t, std::string_view name, T& out) {
    const std::string* text = t.find(name);
    if (text == nullptr) return true;
    const auto end = text->data() + text->size();
    const auto done = std::from_chars(text->data(), end, out);
    return done.ec == std::errc{} && done.ptr == end;
}

void answer_control(HostCore& core, const Request& req, Response& res) {
    const Target t = parse_target({req.target().data(), req.target().size()});
    if (t.path == "/state") {
        const std::string body = boost::json::serialize(core.state()) + "\n";
        return fill(res, http::status::ok, body, "application/json");
    }
    if (t.path == "/ports") {
        const std::string body = boost::json::serialize(core.ports_json()) + "\n";
        return fill(res, http::status::ok, body, "application/json");
    }
    if (t.path != "/fault") return not_found(res);
    FaultOrder order;
    if (const std::string* kind = t.find("kind")) order.kind = *kind;
    if (!read_number(t, "node", order.node) || !read_number(t, "ms", order.ms) ||
        !read_number(t, "blocks", order.blocks))
        return fill(res, http::status::bad_request, "node, ms and blocks must be whole numbers\n",
                    kText);
    const std::string error = core.fault(order);
    if (error.empty()) return fill(res, http::status::ok, "done\n", kText);
    fill(res, http::status::bad_request, error + "\n", kText);
}

asio::awaitable<void> answer(HostCore& core, const ConnectionPtr& c, const Request& req,
                             Response& res) {
    if (c->port == PortKind::control) {
        answer_control(core, req, res);
        co_return;
    }
    if (c->port == PortKind::admin) {
        co_await answer_admin(core, c, req, res);
        co_return;
    }
    co_await wait_while_silent(core, c);
    if (c->closed) co_return;
    if (c->port == PortKind::probe)
        answer_probe(core, c->node, req, res);
    else
        answer_web3(core, c->node, req, res);
}

/// A HEAD request acts like any other; only the body stays away.
void finish(const Request& req, Response& res) {
    res.version(req.version());
    res.keep_alive(req.keep_alive());
    const std::size_t size = res.body().size();
    if (req.method() == http::verb::head) res.body().clear();
    res.content_length(size);
}

asio::awaitable<void> session(CorePtr core, ConnectionPtr c) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code ec;
    for (;;) {
        Request req;
        co_await http::async_read(c->socket, buffer, req,
                                  asio::redirect_error(asio::use_awaitable, ec));
        if (ec || c->closed) break;
        c->busy = true;
        Response res(http::status::ok, 11);
        co_await answer(*core, c, req, res);
        if (c->closed) break;
        finish(req, res);
        co_await http::async_write(c->socket, res, asio::redirect_error(asio::use_awaitable, ec));
        if (ec || !res.keep_alive()) break;
        c->busy = false;
        c->used = std::chrono::steady_clock::now();
    }
    if (!ec && !c->closed) c->socket.shutdown(asio::ip::tcp::socket::shutdown_both, ec);
    core->remove(c);
}

}  // namespace

void serve(CorePtr core, ConnectionPtr connection) {
    const auto executor = connection->socket.get_executor();
    asio::co_spawn(executor, session(std::move(core), std::move(connection)),
                   [](std::exception_ptr failure) {
                       if (failure) std::rethrow_exception(failure);
                   });
}

}  // namespace elector::simnode
