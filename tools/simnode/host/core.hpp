// Owns the host's inside: the world's pace, listeners, connections, who waits for which answer.
// Must never block. Not for users of the host.
// Thread rule: the io_context's one thread.
#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "simnode/host/host.hpp"
#include "simnode/host/payloads.hpp"
#include "simnode/model/world.hpp"

namespace elector::simnode {

enum class PortKind : std::uint8_t { admin, probe, web3, control };

struct Connection {
    Connection(boost::asio::ip::tcp::socket s, NodeIndex n, PortKind p)
        : socket(std::move(s)), wake(socket.get_executor()), node(n), port(p) {
        wake.expires_at(boost::asio::steady_timer::time_point::max());
    }
    boost::asio::ip::tcp::socket socket;
    boost::asio::steady_timer wake;  // cancelled whenever there may be news
    NodeIndex node;
    PortKind port;
    bool closed = false;
    bool busy = false;  // a request is being answered
    std::chrono::steady_clock::time_point used{};
    std::optional<Completion> answer;
};

class HostCore : public std::enable_shared_from_this<HostCore> {
  public:
    HostCore(boost::asio::io_context& io, HostOptions options);
    void start();
    void stop();

    NodePorts ports(NodeIndex n) const;
    std::uint16_t control_port() const;
    std::size_t size() const { return world_.size(); }
    const HostOptions& options() const { return options_; }
    std::string fault(const FaultOrder& order);
    boost::json::object state();
    boost::json::object ports_json() const;

    // For sessions: the world's present, caught up first.
    void begin_admin(const std::shared_ptr<Connection>& c, AdminCall call);
    bool silent(NodeIndex n);
    Probe readiness(NodeIndex n);
    std::string metrics(NodeIndex n);
    std::string web3(NodeIndex n, std::string_view body);
    void remove(const std::shared_ptr<Connection>& c);

  private:
    struct Listener {
        explicit Listener(boost::asio::io_context& io) : acceptor(io) {}
        boost::asio::ip::tcp::acceptor acceptor;
        boost::asio::ip::tcp::endpoint endpoint;
        NodeIndex node = 0;
        PortKind port = PortKind::admin;
        std::size_t connections = 0;
        bool listening = false;
        bool accepting = false;
    };

    Instant virtual_now() const;
    Instant catch_up();
    void publish();
    void arm();
    void add_listener(NodeIndex n, PortKind kind, std::uint16_t port);
    void bind(Listener& l);
    void open(Listener& l);
    void close(Listener& l);
    void accept(Listener& l);
    void update_ports();
    void close_idle();
    static void reset(Connection& c);
    PortState port_state(const Listener& l);
    const Listener& listener(NodeIndex n, PortKind kind) const;
    std::string apply(const FaultOrder& o, Instant t);
    bool apply_to_process(const FaultOrder& o, Instant t);
    bool apply_to_node(const FaultOrder& o, Instant t);
    boost::json::object node_json(NodeIndex n, Instant t);

    boost::asio::io_context& io_;
    HostOptions options_;
    std::int64_t epoch_ns_;
    Instant base_virtual_;
    std::chrono::steady_clock::time_point base_steady_;
    World world_;
    boost::asio::steady_timer timer_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unordered_set<std::shared_ptr<Connection>> connections_;
    std::unordered_map<RequestId, std::shared_ptr<Connection>> waiting_;
    bool stopped_ = false;
};

/// Serves one connection until it ends (serve.cpp, the one place that knows Beast).
void serve(std::shared_ptr<HostCore> core, std::shared_ptr<Connection> connection);

}  // namespace elector::simnode
