// Attempts against servers on loopback and programs of this machine: what arrives, and what an
// attempt is worth that does not succeed.
#include "notify/delivery.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include "notify/notifier.hpp"
#include "support/authority.hpp"

using namespace elector;
using namespace elector::notify;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kAmple = 10s;  ///< never reached by a good run

/// Takes connections on loopback and answers each request with the next of `answers`; without any
/// left it is silent. With a certificate it speaks TLS.
class Server {
  public:
    Server(asio::io_context& io, std::vector<std::string> answers)
        : io_(io),
          acceptor_(io, {asio::ip::address_v4::loopback(), 0}),
          answers_(std::move(answers)) {
        accept();
    }

    void speak_tls(const etcd::Tls& tls) {
        context_.emplace(ssl::context::tls_server);
        context_->use_certificate_chain(asio::buffer(tls.cert_pem));
        context_->use_private_key(asio::buffer(tls.key_pem), ssl::context::pem);
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    void stop() {
        error_code ignored;
        acceptor_.close(ignored);
        for (const auto& one : all_) one->stream.next_layer().close(ignored);
    }

    std::vector<std::string> seen;  ///< whole requests
    int accepted = 0;

  private:
    struct One {
        One(tcp::socket socket, ssl::context& context) : stream(std::move(socket), context) {}
        ssl::stream<tcp::socket> stream;
        std::string text;
    };

    void accept() {
        acceptor_.async_accept([this](error_code ec, tcp::socket socket) {
            if (ec) return;
            ++accepted;
            static ssl::context none(ssl::context::tls_server);
            all_.push_back(std::make_shared<One>(std::move(socket), context_ ? *context_ : none));
            const auto one = all_.back();
            if (!context_) {
                read(one, one->stream.next_layer());
            } else {
                one->stream.async_handshake(ssl::stream_base::server, [this, one](error_code e) {
                    if (!e) read(one, one->stream);
                });
            }
            accept();
        });
    }

    template <class Stream>
    void read(const std::shared_ptr<One>& one, Stream& stream) {
        asio::async_read_until(stream, asio::dynamic_buffer(one->text), "}",
                               [this, one, &stream](error_code ec, std::size_t) {
                                   if (ec) return;
                                   seen.push_back(one->text);
                                   if (answers_.empty()) return;
                                   const auto answer =
                                       std::make_shared<std::string>(answers_.front());
                                   answers_.erase(answers_.begin());
                                   asio::async_write(stream, asio::buffer(*answer),
                                                     [answer](error_code, std::size_t) {});
                               });
    }

    asio::io_context& io_;
    tcp::acceptor acceptor_;
    std::vector<std::string> answers_;
    std::optional<ssl::context> context_;
    std::vector<std::shared_ptr<One>> all_;
};

std::string status(int code) {
    return "HTTP/1.1 " + std::to_string(code) + " Words\r\nContent-Length: 0\r\n\r\n";
}

Message message() {
    Message m;
    m.event = "unfenced";
    m.severity = Severity::kAlarm;
    m.member = "a";
    return m;
}

struct World {
    asio::io_context io;

    Target target(std::uint16_t port, std::chrono::milliseconds timeout = kAmple) {
        Target t;
        t.webhook = {false, "127.0.0.1", port, "/hook?x=1", "", ""};
        t.timeout = timeout;
        return t;
    }

    Outcome attempt(const Target& target) {
        std::optional<Outcome> outcome;
        auto delivery = deliver(io, target, message(), [&](Outcome o) { outcome = std::move(o); });
        CHECK(!outcome);
        io.restart();
        while (!outcome) REQUIRE(io.run_one_for(kAmple) == 1);
        delivery.reset();
        return *outcome;
    }

    Outcome run(const std::string& script, std::chrono::milliseconds timeout = kAmple) {
        Target t;
        t.command = {"/bin/sh", "-c", script};
        t.timeout = timeout;
        return attempt(t);
    }
};

struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "elector-told-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string read(const char* name) const {
        std::ifstream in(path / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

std::string told(const Outcome& o) {
    return std::string(o.delivered         ? "delivered"
                       : o.worth_repeating ? "again"
                                           : "never") +
           (o.error.empty() ? "" : ": ") + o.error;
}

}  // namespace

TEST_CASE("a webhook gets one POST with the event, and the token if there is one") {
    World w;
    Server server(w.io, {status(204)});
    auto target = w.target(server.port());
    target.webhook.bearer = "s3cret";
    CHECK(told(w.attempt(target)) == "delivered");
    const auto body = written(message(), Format::kJson);
    CHECK(server.seen ==
          std::vector<std::string>{
              "POST /hook?x=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
              "\r\nUser-Agent: iotex-elector\r\nContent-Type: "
              "application/json\r\nConnection: close\r\nAuthorization: Bearer "
              "s3cret\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body});
    server.stop();
}

TEST_CASE("a host may be given by its name") {
    World w;
    Server server(w.io, {status(200)});
    auto target = w.target(server.port());
    target.webhook.host = "localhost";
    CHECK(told(w.attempt(target)) == "delivered");
    server.stop();
}

TEST_CASE("what an answer is worth") {
    const std::vector<std::pair<int, std::string>> expected{
        {200, "delivered"},
        {302, "never: answered with 302 [http:status]"},
        {400, "never: answered with 400 [http:status]"},
        {401, "never: answered with 401 [http:status]"},
        {408, "again: answered with 408 [http:status]"},
        {429, "again: answered with 429 [http:status]"},
        {500, "again: answered with 500 [http:status]"},
        {503, "again: answered with 503 [http:status]"}};
    for (const auto& [code, verdict] : expected) {
        World w;
        Server server(w.io, {status(code)});
        CHECK(told(w.attempt(w.target(server.port()))) == verdict);
        server.stop();
    }
}

TEST_CASE("a server that refuses, hangs, stops in the middle or talks nonsense") {
    World w;
    Server server(w.io, {});
    SUBCASE("refuses") {
        const auto port = server.port();
        server.stop();
        CHECK(told(w.attempt(w.target(port))) == "again: Connection refused [system:111]");
    }
    SUBCASE("hangs after the request") {
        CHECK(told(w.attempt(w.target(server.port(), 50ms))) ==
              "again: no complete answer in time [client:timeout]");
        CHECK(server.seen.size() == 1);
    }
    SUBCASE("begins to answer, and is slow") {
        Server slow(w.io, {"HTTP/1.1 200 OK\r\nContent-"});
        CHECK(told(w.attempt(w.target(slow.port(), 50ms))) ==
              "again: no complete answer in time [client:timeout]");
        slow.stop();
    }
    SUBCASE("talks nonsense") {
        Server odd(w.io, {"220 mail.example.org\r\n\r\n"});
        CHECK(told(w.attempt(w.target(odd.port()))).starts_with("again: "));
        odd.stop();
    }
    server.stop();
}

TEST_CASE("an attempt that is called back says nothing and closes its connection") {
    World w;
    Server server(w.io, {});
    bool said = false;
    auto delivery =
        deliver(w.io, w.target(server.port()), message(), [&](const Outcome&) { said = true; });
    while (server.seen.empty()) REQUIRE(w.io.run_one_for(kAmple) == 1);
    delivery.reset();
    server.stop();
    w.io.run();  // nothing is left to wait for
    CHECK(!said);
}

TEST_CASE("a command that is called back is killed, and nothing of it stays") {
    World w;
    Folder folder;
    Target target;
    const auto file = (folder.path / "pid").string();
    target.command = {"/bin/sh", "-c", "echo $$ > " + file + "; exec sleep 1000"};
    target.timeout = kAmple;
    bool said = false;
    auto delivery = deliver(w.io, target, message(), [&](const Outcome&) { said = true; });
    while (folder.read("pid").empty()) REQUIRE(w.io.run_one_for(kAmple) == 1);
    const auto pid = std::stoi(folder.read("pid"));
    delivery.reset();
    w.io.run();
    CHECK(!said);
    CHECK(::kill(pid, 0) == -1);  // reaped: the id is nobody's
}

TEST_CASE("over TLS only who is vouched for, under that name, hears anything") {
    test::Authority ours("ours"), others("others");
    const auto attempt = [](const etcd::Tls& shown, const std::string& trusted) {
        World w;
        Server server(w.io, {status(200)});
        server.speak_tls(shown);
        auto target = w.target(server.port());
        target.webhook.tls = true;
        target.webhook.ca_pem = trusted;
        const auto outcome = told(w.attempt(target));
        CHECK(server.seen.size() == (outcome == "delivered" ? 1 : 0));
        server.stop();
        return outcome;
    };
    const auto good = ours.issue("hook");
    CHECK(attempt(good, good.ca_pem) == "delivered");
    CHECK(attempt(good, others.trusting().ca_pem).find("certificate verify failed") !=
          std::string::npos);
    CHECK(attempt(good, "").find("certificate verify failed") != std::string::npos);
    const auto elsewhere = ours.issue("hook", "IP:127.0.0.2");
    CHECK(attempt(elsewhere, elsewhere.ca_pem).find("certificate verify failed") !=
          std::string::npos);
}

TEST_CASE("a notifier brings a message to a server that fails at first") {
    World w;
    Server server(w.io, {status(500), status(200)});
    std::vector<Trouble::Kind> told;
    Pace pace;
    pace.first = 1ms;
    Notifier notifier(
        w.io, [&](const Trouble& t) { told.push_back(t.kind); }, pace);
    auto target = w.target(server.port());
    target.events = {"alarm"};
    notifier.set({target});
    notifier.tell(message());
    while (notifier.standings()[0].counters.sent == 0) REQUIRE(w.io.run_one_for(kAmple) == 1);
    CHECK(notifier.standings()[0].counters == Counters{1, 1, 0});
    CHECK(told == std::vector{Trouble::Kind::kFailing, Trouble::Kind::kBack});
    CHECK(server.seen.size() == 2);
    server.stop();
}

TEST_CASE("a command has the event on its standard input and in its environment, and ours not") {
    ::setenv("ELECTOR_API_TOKEN", "s3cret", 1);
    ::setenv("NOTIFY_SOCKET", "@manager", 1);
    World w;
    Folder folder;
    CHECK(told(w.run("cd " + folder.path.string() +
                     "; cat > input; env | grep -E '^(ELECTOR|NOTIFY)' | sort > environment; ls "
                     "/proc/self/fd > open")) == "delivered");
    ::unsetenv("ELECTOR_API_TOKEN");
    ::unsetenv("NOTIFY_SOCKET");
    CHECK(folder.read("input") == written(message(), Format::kJson));
    CHECK(folder.read("environment") ==
          "ELECTOR_AT=\nELECTOR_DETAIL=\nELECTOR_EVENT=unfenced\nELECTOR_GROUP=\n"
          "ELECTOR_LOST_BEFORE=0\nELECTOR_NAME=a\nELECTOR_NODE=\nELECTOR_REASON=\nELECTOR_ROLE=\n"
          "ELECTOR_SENTENCE=\nELECTOR_SEVERITY=alarm\nELECTOR_TERM=\n");
    CHECK(folder.read("open") == "0\n1\n2\n3\n");  // the last is of ls itself
}

TEST_CASE("what the end of a command is worth") {
    World w;
    CHECK(told(w.run("exit 0")) == "delivered");
    CHECK(told(w.run("exit 3")) == "again: it ended with 3 [command:exit]");
    CHECK(told(w.run("echo no modem >&2; exit 4")) ==
          "again: it ended with 4 [command:exit]; its last words: no modem");
    CHECK(told(w.run("kill -9 $$")) == "again: it was ended by signal 9 [command:signal]");
    Target gone;
    gone.command = {"/bin/there-is-none"};
    CHECK(told(w.attempt(gone)) ==
          "again: it cannot be started: No such file or directory [system:2]");
}

TEST_CASE("a command that takes too long is killed with all that it has started") {
    World w;
    Folder folder;
    // Whoever has the other end of the pipe open lives.
    const auto pipe = (folder.path / "pipe").string();
    CHECK(
        told(w.run("mkfifo " + pipe + "; (exec 5<>" + pipe + "; while :; do read x <&5; done) & " +
                       "echo $! > " + (folder.path / "child").string() + "; wait",
                   300ms)) == "again: it was killed, as it took too long [command:timeout]");
    const auto child = folder.read("child");
    REQUIRE(!child.empty());
    // Killed in the same moment as the shell, and reaped by whoever adopts it.
    const auto state_of = [&child] {
        std::ifstream stat("/proc/" + child.substr(0, child.size() - 1) + "/stat");
        std::string id, name, state = "gone";
        stat >> id >> name >> state;
        return state;
    };
    const auto limit = std::chrono::steady_clock::now() + kAmple;
    while (state_of() != "gone" && state_of() != "Z" && state_of() != "X")
        REQUIRE(std::chrono::steady_clock::now() < limit);
}
