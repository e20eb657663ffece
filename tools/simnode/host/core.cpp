#include "simnode/host/core.hpp"

#include <algorithm>
#include <stdexcept>

#include "simnode/model/to_checker.hpp"

namespace elector::simnode {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

// A standing still of this process beyond this was a stop signal (or a starved machine): its nodes
// were frozen meanwhile.
constexpr Duration kFreezeGap = 100ms;
// Ports open and close without an event of the model; this is how late that may be seen.
constexpr Duration kLongestSleep = 20ms;
constexpr std::size_t kAdminConnections = 400;
constexpr auto kIdleTimeout = 120s;

std::int64_t realtime_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::int64_t choose_epoch(const HostOptions& o) {
    const std::int64_t now = realtime_ns();
    if (o.chain_epoch_ns && *o.chain_epoch_ns > now)
        throw std::invalid_argument("cannot start the chain: its epoch lies in the future");
    return o.chain_epoch_ns.value_or(now - 3 * o.chain.block_interval.count());
}

}  // namespace

HostCore::HostCore(asio::io_context& io, HostOptions options)
    : io_(io),
      options_(std::move(options)),
      epoch_ns_(choose_epoch(options_)),
      base_virtual_(realtime_ns() - epoch_ns_),
      base_steady_(SteadyClock::now()),
      world_(options_.chain, options_.nodes, base_virtual_),
      timer_(io) {
    options_.ports.resize(options_.nodes.size());
    for (NodeIndex n = 0; n < options_.nodes.size(); ++n) {
        add_listener(n, PortKind::admin, options_.ports[n].admin);
        add_listener(n, PortKind::probe, options_.ports[n].probe);
        add_listener(n, PortKind::web3, options_.ports[n].web3);
    }
    if (options_.control_port) add_listener(0, PortKind::control, *options_.control_port);
}

void HostCore::start() {
    publish();
    arm();
}

void HostCore::stop() {
    if (stopped_) return;
    const Instant t = catch_up();
    for (NodeIndex n = 0; n < size(); ++n)
        if (world_.view(n, t).running) world_.crash(n, t);
    publish();
    stopped_ = true;
    timer_.cancel();
    for (auto& l : listeners_) l->acceptor.close();
    for (const auto& c : connections_) reset(*c);
    waiting_.clear();
}

// --- pace ---

Instant HostCore::virtual_now() const {
    return base_virtual_ + std::chrono::duration_cast<Duration>(SteadyClock::now() - base_steady_);
}

/// Runs the world up to the present. What it slept through as a process, its nodes slept through.
Instant HostCore::catch_up() {
    const Instant now = virtual_now();
    const Instant last = world_.now();
    if (now - last <= kFreezeGap) {
        world_.advance(now);
        return now;
    }
    std::vector<NodeIndex> frozen;
    for (NodeIndex n = 0; n < size(); ++n) {
        const NodeView v = world_.view(n, last);
        if (!v.running || v.frozen) continue;
        world_.freeze(n, last);
        frozen.push_back(n);
    }
    world_.advance(now);
    for (const NodeIndex n : frozen) world_.thaw(n, now);
    world_.advance(now);
    return now;
}

void HostCore::publish() {
    for (const LogEntry& e : world_.log())
        if (options_.sink) options_.sink(world_.params(e.node).name, to_checker(e, epoch_ns_));
    world_.clear_log();
    while (const auto done = world_.next_completion()) {
        const auto it = waiting_.find(done->request);
        if (it == waiting_.end()) continue;
        it->second->answer = *done;
        it->second->wake.cancel();
        waiting_.erase(it);
    }
    update_ports();
}

void HostCore::arm() {
    if (stopped_) return;
    const Instant due = std::min(world_.next_event(), world_.now() + kLongestSleep);
    timer_.expires_at(base_steady_ +
                      std::chrono::duration_cast<SteadyClock::duration>(due - base_virtual_));
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
        const auto self = weak.lock();
        if (ec || !self || self->stopped_) return;
        // Already on its way when a later appointment was made.
        if (self->timer_.expiry() > SteadyClock::now()) return;
        self->catch_up();
        self->publish();
        self->close_idle();
        self->arm();
    });
}

// --- listeners ---

void HostCore::add_listener(NodeIndex n, PortKind kind, std::uint16_t port) {
    auto l = std::make_unique<Listener>(io_);
    l->node = n;
    l->port = kind;
    l->endpoint = tcp::endpoint(asio::ip::address_v4::loopback(), port);
    bind(*l);
    l->endpoint = l->acceptor.local_endpoint();
    listeners_.push_back(std::move(l));
}

/// Bound but not listening: the port stays ours, and the kernel refuses whoever connects.
void HostCore::bind(Listener& l) {
    l.acceptor.open(l.endpoint.protocol());
    l.acceptor.set_option(tcp::acceptor::reuse_address(true));
    l.acceptor.bind(l.endpoint);
    l.listening = false;
}

void HostCore::open(Listener& l) {
    l.acceptor.listen();
    l.listening = true;
    accept(l);
}

void HostCore::close(Listener& l) {
    l.acceptor.close();
    for (const auto& c : connections_)
        if (c->node == l.node && c->port == l.port) reset(*c);
    bind(l);
}

void HostCore::accept(Listener& l) {
    // The 401st waits in the kernel's queue, unaccepted.
    if (l.accepting || !l.listening) return;
    if (l.port == PortKind::admin && l.connections >= kAdminConnections) return;
    l.accepting = true;
    const auto on_accept = [weak = weak_from_this(), &l](boost::system::error_code ec,
                                                         tcp::socket socket) {
        const auto self = weak.lock();
        if (!self) return;
        l.accepting = false;
        if (self->stopped_) return;
        if (!ec) {
            auto c = std::make_shared<Connection>(std::move(socket), l.node, l.port);
            c->used = SteadyClock::now();
            self->connections_.insert(c);
            ++l.connections;
            serve(self, std::move(c));
        }
        self->accept(l);
    };
    l.acceptor.async_accept(on_accept);
}

void HostCore::remove(const std::shared_ptr<Connection>& c) {
    if (connections_.erase(c) == 0) return;
    std::erase_if(waiting_, [&](const auto& w) { return w.second == c; });
    boost::system::error_code ignored;
    c->socket.close(ignored);
    for (auto& l : listeners_)
        if (l->node == c->node && l->port == c->port) {
            --l->connections;
            if (!stopped_) accept(*l);
        }
}

void HostCore::reset(Connection& c) {
    if (c.closed) return;
    c.closed = true;
    boost::system::error_code ignored;
    c.socket.set_option(asio::socket_base::linger(true, 0), ignored);
    c.socket.close(ignored);
    c.wake.cancel();
}

PortState HostCore::port_state(const Listener& l) {
    const Instant t = world_.now();
    switch (l.port) {
        case PortKind::admin:
            return world_.admin_port(l.node, t);
        case PortKind::probe:
            return world_.probe_port(l.node, t);
        case PortKind::web3:
            return world_.web3_port(l.node, t);
        case PortKind::control:
            break;
    }
    return PortState::open;
}

void HostCore::update_ports() {
    for (auto& l : listeners_) {
        const PortState s = port_state(*l);
        // Silent: the kernel of a frozen process still accepts; nobody answers.
        if (s == PortState::open && !l->listening) open(*l);
        if (s == PortState::refused && l->listening) close(*l);
    }
    for (const auto& c : connections_)
        if (c->busy && c->port != PortKind::admin &&
            world_.probe_port(c->node, world_.now()) != PortState::silent)
            c->wake.cancel();
}

void HostCore::close_idle() {
    const auto oldest = SteadyClock::now() - kIdleTimeout;
    for (const auto& c : connections_) {
        if (c->busy || c->used > oldest || silent(c->node)) continue;
        boost::system::error_code ignored;
        c->socket.shutdown(tcp::socket::shutdown_both, ignored);
    }
}

const HostCore::Listener& HostCore::listener(NodeIndex n, PortKind kind) const {
    const auto it = std::find_if(listeners_.begin(), listeners_.end(),
                                 [&](const auto& l) { return l->node == n && l->port == kind; });
    return **it;
}

NodePorts HostCore::ports(NodeIndex n) const {
    return {listener(n, PortKind::admin).endpoint.port(),
            listener(n, PortKind::probe).endpoint.port(),
            listener(n, PortKind::web3).endpoint.port()};
}

std::uint16_t HostCore::control_port() const {
    return options_.control_port ? listener(0, PortKind::control).endpoint.port()
                                 : std::uint16_t{0};
}

// --- for sessions ---

void HostCore::begin_admin(const std::shared_ptr<Connection>& c, AdminCall call) {
    const Instant t = catch_up();
    RequestId id = 0;
    switch (call) {
        case AdminCall::status:
            id = world_.begin_status(c->node, t);
            break;
        case AdminCall::activate:
            id = world_.begin_set(c->node, true, t);
            break;
        case AdminCall::deactivate:
            id = world_.begin_set(c->node, false, t);
            break;
        case AdminCall::pause:
        case AdminCall::unpause:
            world_.freeze_height(c->node, call == AdminCall::pause, t);
            id = world_.begin_set_unknown(c->node, t);
            break;
        case AdminCall::set_unknown:
            id = world_.begin_set_unknown(c->node, t);
            break;
    }
    waiting_.emplace(id, c);
    publish();
    arm();
}

bool HostCore::silent(NodeIndex n) {
    return world_.probe_port(n, world_.now()) == PortState::silent;
}

Probe HostCore::readiness(NodeIndex n) { return world_.readiness(n, catch_up()); }

std::string HostCore::metrics(NodeIndex n) {
    const Instant t = catch_up();
    const NodeParams& p = world_.params(n);
    MetricsInput in;
    in.node = &p;
    in.gauges = world_.gauges(n, t);
    in.epoch = in.gauges.height / options_.chain.blocks_per_epoch;
    in.messages_sent = world_.message_counter(n, t);
    in.process_start_ns = epoch_ns_ + world_.view(n, t).process_start.count();
    in.padding_bytes = options_.metrics_padding_bytes;
    return metrics_text(in);
}

std::string HostCore::web3(NodeIndex n, std::string_view body) {
    const Made made{[this](std::uint64_t height) { return world_.made_by_us(height); },
                    options_.chain.block_interval};
    return web3_answer(body, world_.tip(n, catch_up()), epoch_ns_, made);
}

}  // namespace elector::simnode
