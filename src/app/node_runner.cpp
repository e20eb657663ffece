#include "app/node_runner.hpp"

#include <chrono>
#include <utility>

#include "model/overloaded.hpp"

namespace elector::app {
namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

/// A status query that hangs for longer says that the node is not fenced (facts, section 2).
constexpr milliseconds kReadTimeout{1000};
constexpr milliseconds kMetricsTimeout{3000};

model::NodeFailure failure_of(const iotex::Error& error) {
    using Kind = iotex::ErrorKind;
    switch (error.kind) {
        case Kind::kRefused:
            return model::NodeFailure::kRefused;
        case Kind::kTimeout:
            return model::NodeFailure::kTimedOut;
        case Kind::kMalformed:
        case Kind::kHttpStatus:
        case Kind::kRpc:
        case Kind::kTooLarge:
            return model::NodeFailure::kMalformed;
        default:
            return model::NodeFailure::kBroken;
    }
}

model::PortChanged to_event(const iotex::PortEvent& e) {
    using Kind = iotex::PortEvent::Kind;
    model::PortChanged event;
    event.port = e.port == iotex::PortEvent::Port::kAdmin ? model::NodePort::kAdmin
                                                          : model::NodePort::kProbe;
    switch (e.kind) {
        case Kind::kConnected:
            event.state = model::PortState::kConnected;
            break;
        case Kind::kLost:
            event.state = model::PortState::kLost;
            break;
        case Kind::kRefused:
            event.state = model::PortState::kRefused;
            break;
        case Kind::kUnreachable:
            event.state = model::PortState::kUnreachable;
            break;
    }
    return event;
}

/// Certain that the node saw nothing of it.
bool nothing_left(const iotex::Error& error) {
    using Kind = iotex::ErrorKind;
    return error.kind == Kind::kNotSent || error.kind == Kind::kRefused ||
           error.kind == Kind::kUnreachable;
}

}  // namespace

NodeRunner::NodeRunner(asio::io_context& io, const Clock& clock, iotex::NodeEndpoints endpoints,
                       model::Duration request_timeout, Tasks& tasks, Log& log, Post post)
    : io_(io),
      clock_(clock),
      request_timeout_(std::chrono::duration_cast<milliseconds>(request_timeout)),
      tasks_(tasks),
      log_(log),
      post_(std::move(post)),
      client_(make_client(std::move(endpoints))) {}

NodeRunner::ClientPtr NodeRunner::make_client(iotex::NodeEndpoints endpoints) {
    return std::make_shared<iotex::NodeClient>(io_, std::move(endpoints), iotex::Limits{},
                                               [this](iotex::PortEvent e) { post_(to_event(e)); });
}

void NodeRunner::replace(iotex::NodeEndpoints endpoints, model::Duration request_timeout) {
    request_timeout_ = std::chrono::duration_cast<milliseconds>(request_timeout);
    client_->close();
    client_ = make_client(std::move(endpoints));
}

bool NodeRunner::run(const model::Effect& effect) {
    using namespace model;
    return std::visit(
        Overloaded{
            [&](const QueryStatus& e) { return start_status(e), true; },
            [&](const Deactivate& e) {
                return tasks_.spawn("deactivate", deactivate(client_, e)), true;
            },
            [&](const Activate& e) { return tasks_.spawn("activate", activate(client_, e)), true; },
            [&](const ReadReadiness& e) {
                return tasks_.spawn("readiness", readiness(client_, e)), true;
            },
            [&](const ReadTip& e) { return tasks_.spawn("tip", tip(client_, e)), true; },
            [&](const ReadMetrics& e) {
                return tasks_.spawn("metrics", metrics(client_, e)), true;
            },
            [](const auto&) { return false; },
        },
        effect);
}

// A drain asks anew on a fresh connection while an older query may hang: the older one is
// abandoned, the core has forgotten it.
void NodeRunner::start_status(const model::QueryStatus& effect) {
    if (effect.fresh_connection && status_cancel_)
        status_cancel_->emit(asio::cancellation_type::terminal);
    auto cancel = std::make_shared<asio::cancellation_signal>();
    status_cancel_ = cancel;
    auto task = status(client_, effect, cancel);
    tasks_.spawn("status", std::move(task), cancel);
}

asio::awaitable<void> NodeRunner::status(ClientPtr client, model::QueryStatus effect,
                                         std::shared_ptr<asio::cancellation_signal> keep) {
    auto reply = co_await client->status(effect.fresh_connection, request_timeout_);
    model::StatusRead event;
    event.op = effect.op;
    if (reply) {
        event.active = reply->active;
        event.connection = model::ConnectionId{reply->connection};
        if (!last_failure_.empty()) log_(Level::kInfo, "node_answers");
        last_failure_.clear();
    } else {
        event.failure = failed(reply.error(), "status");
    }
    if (status_cancel_ == keep) status_cancel_.reset();
    post_(event);
}

asio::awaitable<void> NodeRunner::deactivate(ClientPtr client, model::Deactivate effect) {
    auto reply = co_await client->deactivate(request_timeout_);
    model::SetAnswered event;
    event.op = effect.op;
    if (!reply) {
        event.failure = failed(reply.error(), "deactivation");
        event.not_sent = nothing_left(reply.error());
    }
    post_(event);
}

asio::awaitable<void> NodeRunner::activate(ClientPtr client, model::Activate effect) {
    // SAFETY: S2: judged again right before the bytes leave.
    std::function<bool()> still_allowed = [this, not_after = effect.not_after] {
        return clock_.now() < not_after;
    };
    auto reply = co_await client->activate(effect.connection.value, std::move(still_allowed),
                                           request_timeout_);
    model::SetAnswered event;
    event.op = effect.op;
    if (!reply) {
        event.failure = failed(reply.error(), "activation");
        event.not_sent = reply.error().kind == iotex::ErrorKind::kNotSent;
    }
    post_(event);
}

asio::awaitable<void> NodeRunner::readiness(ClientPtr client, model::ReadReadiness effect) {
    auto reply = co_await client->readiness(kReadTimeout);
    model::ReadinessRead event;
    event.op = effect.op;
    if (reply) {
        event.ready = *reply;
    } else {
        event.failure = failure_of(reply.error());
    }
    post_(event);
}

asio::awaitable<void> NodeRunner::tip(ClientPtr client, model::ReadTip effect) {
    auto reply = co_await client->tip(kReadTimeout);
    model::TipRead event;
    event.op = effect.op;
    if (reply) {
        const auto wall = std::chrono::system_clock::now().time_since_epoch();
        event.height = model::Height{reply->height};
        event.age = wall - reply->timestamp;
    } else {
        event.failure = failure_of(reply.error());
    }
    post_(event);
}

asio::awaitable<void> NodeRunner::metrics(ClientPtr client, model::ReadMetrics effect) {
    auto reply = co_await client->metrics(kMetricsTimeout);
    model::MetricsRead event;
    event.op = effect.op;
    if (reply) {
        if (reply->tip_height) event.height = model::Height{*reply->tip_height};
        if (reply->target_height) event.target = model::Height{*reply->target_height};
        for (const auto& address : reply->operator_addresses)
            event.operator_address += (event.operator_address.empty() ? "" : ",") + address;
    } else {
        event.failure = failure_of(reply.error());
    }
    post_(event);
}

model::NodeFailure NodeRunner::failed(const iotex::Error& error, const char* what) {
    const std::string key = std::string(what) + std::string(iotex::to_string(error.kind));
    if (key != last_failure_ && error.kind != iotex::ErrorKind::kCancelled)
        log_(Level::kWarn, "node_failing", {{"call", what}, {"error", error.text}});
    last_failure_ = key;
    return failure_of(error);
}

asio::awaitable<void> NodeRunner::deactivate_once() {
    const auto client = client_;
    auto ignored = co_await client->deactivate(request_timeout_);
    static_cast<void>(ignored);
}

void NodeRunner::close() { client_->close(); }

}  // namespace elector::app
