// Owns a scripted HTTP server on a loopback port: it records every request and answers as told.
// Must never time anything: what happens is decided by the script and by the test.
// Thread rule: the io_context's one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "iotex/url.hpp"

namespace elector::test {

struct Seen {
    int connection = 0;  ///< counts accepted connections from 1
    std::string text;    ///< the request, head and body
    bool operator==(const Seen&) const = default;
};

/// What the script wants done about a request.
struct Reply {
    enum class Then { kKeep, kClose, kReset };
    std::vector<std::string> pieces;  ///< each is one write; none: no answer (yet)
    Then then = Then::kKeep;
};

Reply answer(std::string body, int status = 200);
Reply hang();
Reply raw(std::string bytes, Reply::Then then = Reply::Then::kKeep);

class FakeServer {
  public:
    explicit FakeServer(boost::asio::io_context& io);
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    iotex::Url url() const { return {"127.0.0.1", port_}; }
    /// Refuses connections from now on; those that exist stay.
    void stop_listening();
    /// Listens on the same port again.
    void listen_again();
    /// Sends bytes that nobody asked for, or a late answer.
    void send(int connection, const std::string& bytes);
    void close(int connection);
    void reset(int connection);
    void stop();

    std::function<Reply(const Seen&)> script = [](const Seen&) { return hang(); };
    std::function<void()> on_change = [] {};  ///< something below changed
    std::vector<Seen> seen;
    int accepted = 0;
    std::vector<int> ended_by_eof;  ///< connections that the client closed
    std::vector<int> ended_by_rst;  ///< connections that the client reset

  private:
    struct Session;
    void listen(std::uint16_t port);
    void accept();
    void read(const std::shared_ptr<Session>& session);
    void take(const std::shared_ptr<Session>& session);
    void end(const std::shared_ptr<Session>& session, bool by_eof);
    void write(const std::shared_ptr<Session>& session, std::shared_ptr<Reply> reply,
               std::size_t piece);
    std::shared_ptr<Session> session(int connection) const;

    boost::asio::io_context& io_;
    std::optional<boost::asio::ip::tcp::acceptor> acceptor_;
    std::map<int, std::shared_ptr<Session>> sessions_;
    std::uint16_t port_ = 0;
};

}  // namespace elector::test
