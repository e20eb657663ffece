// The host over real loopback sockets, in this process. A block interval of 200 ms keeps it short.
#include "simnode/host/host.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include "simnode/checker/log_line.hpp"

using namespace elector::simnode;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

HostOptions options(std::size_t nodes) {
    HostOptions o;
    o.chain = ChainParams{}.scaled_to(200ms);
    o.chain.genesis_height = 5000;
    o.control_port = std::uint16_t{0};
    NodeParams p = NodeParams{}.scaled_to(200ms);
    p.probe_boot = 30ms;
    p.consensus_boot = 60ms;
    p.admin_boot = 500ms;
    p.start_delay = 200ms;
    o.nodes.assign(nodes, p);
    return o;
}

/// A host with a client on the same thread; every wait is bounded.
class Rig {
  public:
    explicit Rig(HostOptions o) {
        o.sink = [this](const std::string& node, const elector::checker::Entry& e) {
            log.add(elector::checker::format_line(node, e));
        };
        host.emplace(io, std::move(o));
    }

    template <class Done>
    bool run_until(Done&& done, std::chrono::milliseconds limit = 3000ms) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!done() && std::chrono::steady_clock::now() < end) io.run_one_for(5ms);
        return done();
    }

    void run_for(std::chrono::milliseconds d) {
        run_until([] { return false; }, d);
    }

    std::string fault(std::string kind, NodeIndex node = 0, std::int64_t ms = 0) {
        return host->fault({std::move(kind), node, ms, 0});
    }

    asio::io_context io;
    elector::checker::Log log;
    std::optional<Host> host;
};

/// One connection, read to its end.
class Call {
  public:
    Call(Rig& rig, std::uint16_t port, std::string request)
        : rig_(rig), socket_(rig.io), request_(std::move(request)) {
        const tcp::endpoint to(asio::ip::address_v4::loopback(), port);
        socket_.async_connect(to, [this](boost::system::error_code ec) {
            if (ec) return end(ec);
            asio::async_write(socket_, asio::buffer(request_),
                              [this](boost::system::error_code e, std::size_t) {
                                  if (e) return end(e);
                                  read();
                              });
        });
    }

    bool done() const { return done_; }
    Call& wait() {
        REQUIRE(rig_.run_until([&] { return done_; }));
        return *this;
    }
    boost::system::error_code error() const { return error_; }
    std::string head() const { return answer_.substr(0, answer_.find("\r\n\r\n")); }
    std::string body() const {
        const std::size_t end = answer_.find("\r\n\r\n");
        return end == std::string::npos ? "" : answer_.substr(end + 4);
    }
    std::string first_line() const { return answer_.substr(0, answer_.find("\r\n")); }

  private:
    void read() {
        asio::async_read(socket_, asio::dynamic_buffer(answer_),
                         [this](boost::system::error_code ec, std::size_t) { end(ec); });
    }
    void end(boost::system::error_code ec) {
        done_ = true;
        if (ec != asio::error::eof) error_ = ec;
    }

    Rig& rig_;
    tcp::socket socket_;
    std::string request_;
    std::string answer_;
    bool done_ = false;
    boost::system::error_code error_;
};

std::string request(const std::string& method, const std::string& target,
                    const std::string& body = "") {
    return method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ask(Rig& rig, std::uint16_t port, const std::string& target) {
    Call call(rig, port, request("GET", target));
    return call.wait().body();
}

std::string status(Rig& rig, NodeIndex n) { return ask(rig, rig.host->ports(n).admin, "/ha"); }

bool listens(Rig& rig, std::uint16_t port) {
    Call call(rig, port, request("GET", "/nothing"));
    return call.wait().error() != asio::error::connection_refused;
}

boost::json::object node_state(Rig& rig, std::size_t n) {
    return rig.host->state()["nodes"].as_array()[n].as_object();
}

}  // namespace

TEST_CASE("the admin port answers as the node's does") {
    Rig rig(options(1));
    const std::uint16_t admin = rig.host->ports(0).admin;
    Call first(rig, admin, request("GET", "/ha"));
    CHECK(first.wait().body() == "{\"active\":false}\n");
    CHECK(first.first_line() == "HTTP/1.1 200 OK");
    CHECK(first.head().find("Content-Type: text/plain; charset=utf-8") != std::string::npos);
    CHECK(ask(rig, admin, "/ha?activate=maybe").empty());
    CHECK(status(rig, 0) == "{\"active\":false}\n");
    Call head(rig, admin, request("HEAD", "/ha?activate=TRUE"));
    CHECK(head.wait().first_line() == "HTTP/1.1 200 OK");
    CHECK(head.head().find("Content-Length: 0") != std::string::npos);
    CHECK(head.head().find("Content-Type") == std::string::npos);
    CHECK(status(rig, 0) == "{\"active\":true}\n");
    Call form(rig, admin, request("POST", "/ha", "activate=false"));
    CHECK(form.wait().body() == "{\"active\":true}\n");
    Call put(rig, admin, request("PUT", "/ha?activate=false"));
    CHECK(put.wait().body().empty());
    Call missing(rig, admin, request("GET", "/ha/"));
    CHECK(missing.wait().first_line() == "HTTP/1.1 404 Not Found");
    CHECK(missing.body() == "404 page not found\n");
    CHECK(rig.run_until([&] { return status(rig, 0) == "{\"active\":false}\n"; }));
}

TEST_CASE("probe and web3 ports show the model's state") {
    HostOptions o = options(1);
    o.metrics_padding_bytes = 300'000;
    Rig rig(std::move(o));
    const NodePorts ports = rig.host->ports(0);
    CHECK(ask(rig, ports.probe, "/liveness") == "OK");
    CHECK(ask(rig, ports.probe, "/readiness") == "OK");
    const std::string metrics = ask(rig, ports.probe, "/metrics");
    CHECK(metrics.size() > 300'000);
    CHECK(metrics.find("status_type=\"blockchainHeight\"} 500") != std::string::npos);
    CHECK(rig.fault("unready").empty());
    Call health(rig, ports.probe, request("GET", "/health"));
    CHECK(health.wait().first_line() == "HTTP/1.1 503 Service Unavailable");
    CHECK(health.body() == "FAIL");
    Call web3(rig, ports.web3,
              request("POST", "/", R"({"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"})"));
    CHECK(web3.wait().body().starts_with(R"({"jsonrpc":"2.0","id":1,"result":"0x138)"));
}

TEST_CASE(
    "a crash resets held connections and refuses; a restart reopens probe first, admin last") {
    Rig rig(options(1));
    const NodePorts ports = rig.host->ports(0);
    ask(rig, ports.admin, "/ha?activate=true");
    Call held(rig, ports.admin, "");
    Call held_probe(rig, ports.probe, "GET /readi");
    rig.run_for(20ms);
    CHECK_FALSE(held.done());
    CHECK(rig.fault("crash").empty());
    CHECK(held.wait().error() == asio::error::connection_reset);
    CHECK(held_probe.wait().error() == asio::error::connection_reset);
    CHECK_FALSE(listens(rig, ports.admin));
    CHECK_FALSE(listens(rig, ports.probe));
    CHECK_FALSE(listens(rig, ports.web3));
    CHECK(rig.fault("restart").empty());
    CHECK(rig.run_until([&] { return listens(rig, ports.probe); }));
    CHECK_FALSE(listens(rig, ports.admin));
    CHECK(rig.run_until([&] { return listens(rig, ports.admin); }));
    CHECK(rig.host->ports(0) == ports);
    CHECK(status(rig, 0) == "{\"active\":false}\n");
}

TEST_CASE("a frozen node accepts connections and answers when thawed") {
    Rig rig(options(1));
    CHECK(rig.fault("freeze").empty());
    Call admin(rig, rig.host->ports(0).admin, request("GET", "/ha"));
    Call probe(rig, rig.host->ports(0).probe, request("GET", "/readiness"));
    rig.run_for(100ms);
    CHECK_FALSE(admin.done());
    CHECK_FALSE(probe.done());
    CHECK(rig.fault("thaw").empty());
    CHECK(admin.wait().body() == "{\"active\":false}\n");
    CHECK(probe.wait().body() == "OK");
}

TEST_CASE("a hung status is reset when the node dies; a refused admin port leaves the probe port") {
    Rig rig(options(1));
    const NodePorts ports = rig.host->ports(0);
    CHECK(rig.fault("hang_status").empty());
    Call hung(rig, ports.admin, request("GET", "/ha"));
    rig.run_for(50ms);
    CHECK_FALSE(hung.done());
    CHECK(rig.fault("refuse_admin").empty());
    CHECK(hung.wait().error() == asio::error::connection_reset);
    CHECK_FALSE(listens(rig, ports.admin));
    CHECK(listens(rig, ports.probe));
    CHECK(rig.fault("heal").empty());
    CHECK(status(rig, 0) == "{\"active\":false}\n");
}

TEST_CASE("two active nodes leave a log the checker condemns, one alone a log it passes") {
    Rig rig(options(2));
    ask(rig, rig.host->ports(0).admin, "/ha?activate=true");
    rig.run_for(450ms);
    CHECK(rig.log.check().rounds_signed >= 1);
    CHECK(rig.log.check().safe());
    ask(rig, rig.host->ports(1).admin, "/ha?activate=true");
    CHECK(rig.run_until([&] { return !rig.log.check().safe(); }));
    rig.host->stop();
    CHECK(rig.log.names() == std::vector<std::string>{"node0", "node1"});
    CHECK(rig.log.check().overlaps.size() == 1);
    CHECK(rig.log.check().nodes[1].stops == 1);
}

TEST_CASE("the control port takes fault orders and shows the state") {
    Rig rig(options(2));
    const std::uint16_t control = rig.host->control_port();
    Call order(rig, control, request("POST", "/fault?node=1&kind=restart_active"));
    CHECK(order.wait().body() == "done\n");
    const auto state = boost::json::parse(ask(rig, control, "/state")).as_object();
    CHECK(state.at("nodes").as_array()[0].at("active") == false);
    CHECK(state.at("nodes").as_array()[1].at("active") == true);
    CHECK(state.at("nodes").as_array()[1].at("admin_port") == "refused");
    CHECK(ask(rig, control, "/fault?node=2&kind=crash") == "there is no such node\n");
    CHECK(ask(rig, control, "/fault?node=x&kind=crash") ==
          "node, ms and blocks must be whole numbers\n");
    CHECK(ask(rig, control, "/fault?kind=explode") == "unknown kind of fault: explode\n");
    CHECK(ask(rig, control, "/fault?kind=chain_stall") == "chain_stall needs ms\n");
    const auto ports = boost::json::parse(ask(rig, control, "/ports")).as_object();
    CHECK(ports == rig.host->ports_json());
}

TEST_CASE("every documented order is known") {
    Rig rig(options(1));
    for (const char* kind : {"unready",        "ready",        "frozen_height", "moving_height",
                             "slow_set",       "late_set",     "hang_set",      "ignore_set",
                             "hang_status",    "refuse_admin", "refuse_web3",   "isolate",
                             "unsync",         "skew",         "noop",          "rolldpos",
                             "heal",           "chain_stall",  "delegate_off",  "delegate_on",
                             "freeze",         "thaw",         "terminate",     "restart_standby",
                             "restart_active", "restart",      "crash",         "lose_host"}) {
        CAPTURE(kind);
        CHECK(rig.fault(kind, 0, 1).empty());
    }
}

TEST_CASE("hosts that share epoch, seed and interval see the same chain") {
    HostOptions o = options(1);
    o.chain.own_slots_matter = false;
    o.chain_epoch_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count() -
                       60'000'000'000;
    Rig rig(o);
    Host second(rig.io, o);
    for (int i = 0; i < 3; ++i) {
        rig.run_for(70ms);
        // Read within microseconds of each other; a block may fall in between.
        bool same = false;
        for (int attempt = 0; attempt < 3 && !same; ++attempt)
            same = rig.host->state()["height"] == second.state()["height"];
        CHECK(same);
    }
    CHECK(node_state(rig, 0).at("tip_height").to_number<int>() >= 5298);
    o.chain_epoch_ns = *o.chain_epoch_ns + 3'600'000'000'000;
    CHECK_THROWS_AS(Host(rig.io, o), std::invalid_argument);
}
