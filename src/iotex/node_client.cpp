#include "iotex/node_client.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "iotex/ha_payload.hpp"
#include "iotex/port.hpp"

namespace elector::iotex {
namespace {

namespace asio = boost::asio;
using Milliseconds = std::chrono::milliseconds;

/// The words that make an error text of one operation.
struct Operation {
    std::string_view what;
    std::string_view consequence;
    std::string_view next;
};

constexpr Operation kStatus{"query the active state of the node", "whether it is active is unknown",
                            "the next poll asks again"};
constexpr Operation kDeactivate{"set the node standby", "it may still be active, or obey later",
                                "deactivate again and confirm by status"};
constexpr Operation kActivate{"set the node active", "it may become active without notice",
                              "query its status"};
constexpr Operation kActivateUnsent{"set the node active", "nothing was sent",
                                    "query its status and decide anew"};
constexpr Operation kReadiness{"query the readiness of the node", "its health is unknown",
                               "the next poll asks again"};
constexpr Operation kMetrics{"read the metrics of the node", "heights and addresses are stale",
                             "the next poll asks again"};
constexpr Operation kTip{"read the newest block of the node", "its exact height is unknown",
                         "the next poll asks again"};

Error explain(const Operation& operation, const Url& url, const Error& cause) {
    std::string text = "cannot " + std::string(operation.what) + " at http://" + authority(url);
    text += ": " + cause.text + "; " + std::string(operation.consequence);
    text += "; " + std::string(operation.next);
    return {cause.kind, std::move(text)};
}

Error unexpected_status(unsigned status) {
    return {ErrorKind::kHttpStatus, "expected status 200 [http:" + std::to_string(status) + "]"};
}

std::string headers(const Url& url) {
    return " HTTP/1.1\r\nHost: " + authority(url) +
           "\r\nUser-Agent: iotex-elector\r\nAccept: */*\r\nConnection: keep-alive\r\n";
}

std::string get(const Url& url, std::string_view target) {
    return "GET " + std::string(target) + headers(url) + "\r\n";
}

std::string post_json(const Url& url, std::string_view body) {
    return "POST /" + headers(url) +
           "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

IoClock::time_point deadline_after(Milliseconds timeout) {
    return IoClock::now() + std::min<Milliseconds>(timeout, std::chrono::hours(1));
}

}  // namespace

/// The operations are static and own the Impl: a coroutine begins to run only when it is awaited,
/// and the client may be gone by then.
class NodeClient::Impl {
  public:
    using Self = std::shared_ptr<Impl>;

    Impl(asio::io_context& io, NodeEndpoints endpoints, const Limits& limits,
         std::function<void(PortEvent)> on_port_event)
        : limits_(limits), on_port_event_(std::move(on_port_event)) {
        // The ports never outlive this object with an event to tell: its destruction closes them.
        auto on_admin = [this](PortEvent::Kind kind) { tell(PortEvent::Port::kAdmin, kind); };
        auto on_probe = [this](PortEvent::Kind kind) { tell(PortEvent::Port::kProbe, kind); };
        admin_ = std::make_shared<Port>(io, std::move(endpoints.admin), limits, on_admin);
        probe_ = std::make_shared<Port>(io, std::move(endpoints.probe), limits, on_probe);
        admin_->set_partner(probe_);
        probe_->set_partner(admin_);
        if (endpoints.web3) {
            web3_ = std::make_shared<Port>(io, std::move(*endpoints.web3), limits, nullptr);
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { close(); }

    void close() {
        admin_->close();
        probe_->close();
        if (web3_) web3_->close();
    }

    static Awaitable<Result<StatusReply>> status(Self self, bool fresh, Milliseconds timeout) {
        std::string body;
        const Request request = self->small(get(self->admin_->url(), "/ha"), body);
        const auto deadline = deadline_after(timeout);
        const Exchange exchange = co_await self->admin_->query(request, fresh, deadline);
        const Url& url = self->admin_->url();
        if (const auto cause = problem(exchange)) co_return explain(kStatus, url, *cause);
        const auto state = parse_ha_status(body);
        if (!state) co_return explain(kStatus, url, state.error());
        co_return StatusReply{*state == HaStatus::kActive, exchange.connection};
    }

    static Awaitable<Result<void>> deactivate(Self self, Milliseconds timeout) {
        std::string body;
        const Request request = self->small(get(self->admin_->url(), "/ha?activate=false"), body);
        const auto deadline = deadline_after(timeout);
        const Exchange exchange = co_await self->admin_->query_apart(request, deadline);
        const auto cause = problem(exchange);
        if (cause) co_return explain(kDeactivate, self->admin_->url(), *cause);
        co_return Result<void>();
    }

    static Awaitable<Result<void>> activate(Self self, std::uint64_t connection,
                                            std::function<bool()> still_allowed,
                                            Milliseconds timeout) {
        std::string body;
        Request request = self->small(get(self->admin_->url(), "/ha?activate=true"), body);
        request.still_allowed = std::move(still_allowed);
        const auto deadline = deadline_after(timeout);
        const Exchange exchange = co_await self->admin_->query_on(connection, request, deadline);
        const Url& url = self->admin_->url();
        auto cause = problem(exchange);
        if (!cause) co_return Result<void>();
        if (exchange.sent) co_return explain(kActivate, url, *cause);
        cause->kind = ErrorKind::kNotSent;
        co_return explain(kActivateUnsent, url, *cause);
    }

    static Awaitable<Result<bool>> readiness(Self self, Milliseconds timeout) {
        std::string body;
        const Request request = self->small(get(self->probe_->url(), "/health"), body);
        const auto deadline = deadline_after(timeout);
        const Exchange exchange = co_await self->probe_->query(request, false, deadline);
        const Url& url = self->probe_->url();
        if (exchange.failure) co_return explain(kReadiness, url, *exchange.failure);
        const auto ready = parse_readiness(exchange.status, body);
        if (!ready) co_return explain(kReadiness, url, ready.error());
        co_return *ready;
    }

    static Awaitable<Result<NodeMetrics>> metrics(Self self, Milliseconds timeout) {
        MetricsParser parser;
        auto feed = [&parser](std::string_view piece) { parser.feed(piece); };
        const Url& url = self->probe_->url();
        const Request request(get(url, "/metrics"), self->limits_.header_bytes,
                              self->limits_.metrics_body_bytes, feed);
        const auto deadline = deadline_after(timeout);
        const Exchange exchange = co_await self->probe_->query(request, false, deadline);
        if (const auto cause = problem(exchange)) co_return explain(kMetrics, url, *cause);
        auto found = parser.finish();
        if (!found) co_return explain(kMetrics, url, found.error());
        co_return found;
    }

    /// One JSON-RPC call; `parse` reads its answer.
    template <class T>
    static Awaitable<Result<T>> call(Self self, std::string_view json,
                                     Result<T> (*parse)(std::string_view), Milliseconds timeout) {
        if (!self->web3_) {
            co_return Error(ErrorKind::kNotSent,
                            "cannot read the newest block of the node: no web3 URL is configured "
                            "[client:off]; its exact height is unknown; set node.web3");
        }
        std::string body;
        auto append = [&body](std::string_view piece) { body += piece; };
        const Url& url = self->web3_->url();
        const Request request(post_json(url, json), self->limits_.header_bytes,
                              self->limits_.web3_body_bytes, append);
        const auto deadline = deadline_after(timeout);
        const Exchange exchange = co_await self->web3_->query(request, false, deadline);
        if (const auto cause = problem(exchange)) co_return explain(kTip, url, *cause);
        auto answer = parse(body);
        if (!answer) co_return explain(kTip, url, answer.error());
        co_return answer;
    }

    static Awaitable<Result<MadeBlock>> block(Self self, std::uint64_t height,
                                              Milliseconds timeout) {
        const auto question = block_request(height);
        auto answer = co_await call<MadeBlock>(self, question, parse_made_block, timeout);
        co_return answer;
    }

  private:
    static std::optional<Error> problem(const Exchange& exchange) {
        if (exchange.failure) return exchange.failure;
        if (exchange.status != 200) return unexpected_status(exchange.status);
        return std::nullopt;
    }

    Request small(std::string text, std::string& body) const {
        auto append = [&body](std::string_view piece) { body += piece; };
        return {std::move(text), limits_.header_bytes, limits_.small_body_bytes, append};
    }

    void tell(PortEvent::Port port, PortEvent::Kind kind) const {
        if (on_port_event_) on_port_event_(PortEvent{port, kind});
    }

    Limits limits_;
    std::function<void(PortEvent)> on_port_event_;
    std::shared_ptr<Port> admin_;
    std::shared_ptr<Port> probe_;
    std::shared_ptr<Port> web3_;
};

NodeClient::NodeClient(asio::io_context& io, NodeEndpoints endpoints, Limits limits,
                       std::function<void(PortEvent)> on_port_event)
    : impl_(std::make_shared<Impl>(io, std::move(endpoints), limits, std::move(on_port_event))) {}

NodeClient::~NodeClient() { close(); }

void NodeClient::close() { impl_->close(); }

NodeClient::Awaitable<Result<StatusReply>> NodeClient::status(bool fresh_connection,
                                                              Milliseconds timeout) {
    return Impl::status(impl_, fresh_connection, timeout);
}

NodeClient::Awaitable<Result<void>> NodeClient::deactivate(Milliseconds timeout) {
    return Impl::deactivate(impl_, timeout);
}

NodeClient::Awaitable<Result<void>> NodeClient::activate(std::uint64_t connection,
                                                         std::function<bool()> still_allowed,
                                                         Milliseconds timeout) {
    return Impl::activate(impl_, connection, std::move(still_allowed), timeout);
}

NodeClient::Awaitable<Result<bool>> NodeClient::readiness(Milliseconds timeout) {
    return Impl::readiness(impl_, timeout);
}

NodeClient::Awaitable<Result<NodeMetrics>> NodeClient::metrics(Milliseconds timeout) {
    return Impl::metrics(impl_, timeout);
}

NodeClient::Awaitable<Result<Tip>> NodeClient::tip(Milliseconds timeout) {
    return Impl::call<Tip>(impl_, kLatestBlockRequest, parse_latest_block, timeout);
}

NodeClient::Awaitable<Result<std::uint64_t>> NodeClient::block_number(Milliseconds timeout) {
    return Impl::call<std::uint64_t>(impl_, kBlockNumberRequest, parse_block_number, timeout);
}

NodeClient::Awaitable<Result<MadeBlock>> NodeClient::block(std::uint64_t height,
                                                           Milliseconds timeout) {
    return Impl::block(impl_, height, timeout);
}

}  // namespace elector::iotex
