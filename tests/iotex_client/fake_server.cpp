#include "iotex_client/fake_server.hpp"

#include <stdexcept>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

namespace elector::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct FakeServer::Session {
    Session(tcp::socket s, int n) : socket(std::move(s)), number(n) {}
    tcp::socket socket;
    int number;
    std::string input;
    std::array<char, 4096> chunk{};
};

Reply answer(std::string body, int status) {
    const auto length = std::to_string(body.size());
    return raw("HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: " + length +
               "\r\n\r\n" + body);
}

Reply hang() { return {}; }

Reply raw(std::string bytes, Reply::Then then) {
    Reply reply;
    reply.pieces.push_back(std::move(bytes));
    reply.then = then;
    return reply;
}

FakeServer::FakeServer(asio::io_context& io) : io_(io) { listen(0); }

FakeServer::~FakeServer() { stop(); }

void FakeServer::listen(std::uint16_t port) {
    acceptor_.emplace(io_, tcp::endpoint(asio::ip::address_v4::loopback(), port), true);
    port_ = acceptor_->local_endpoint().port();
    accept();
}

void FakeServer::stop_listening() { acceptor_.reset(); }

void FakeServer::listen_again() { listen(port_); }

void FakeServer::stop() {
    acceptor_.reset();
    sessions_.clear();
}

void FakeServer::accept() {
    acceptor_->async_accept([this](const error_code& failure, tcp::socket socket) {
        if (failure) return;
        auto session = std::make_shared<Session>(std::move(socket), ++accepted);
        sessions_.emplace(accepted, session);
        read(session);
        accept();
        on_change();
    });
}

void FakeServer::read(const std::shared_ptr<Session>& session) {
    const std::weak_ptr<Session> weak = session;
    session->socket.async_read_some(asio::buffer(session->chunk),
                                    [this, weak](const error_code& failure, std::size_t size) {
                                        const auto self = weak.lock();
                                        if (!self || failure == asio::error::operation_aborted)
                                            return;
                                        if (failure) return end(self, failure == asio::error::eof);
                                        self->input.append(self->chunk.data(), size);
                                        take(self);
                                    });
}

void FakeServer::end(const std::shared_ptr<Session>& session, bool by_eof) {
    (by_eof ? ended_by_eof : ended_by_rst).push_back(session->number);
    sessions_.erase(session->number);
    on_change();
}

/// Takes one whole request out of the input, if it is there.
void FakeServer::take(const std::shared_ptr<Session>& session) {
    const auto head = session->input.find("\r\n\r\n");
    if (head == std::string::npos) return read(session);
    std::size_t size = head + 4;
    constexpr std::string_view kLength = "Content-Length: ";
    const auto length = session->input.find(kLength);
    if (length < head) size += std::stoul(session->input.substr(length + kLength.size()));
    if (session->input.size() < size) return read(session);
    seen.push_back({session->number, session->input.substr(0, size)});
    session->input.erase(0, size);
    auto reply = std::make_shared<Reply>(script(seen.back()));
    write(session, std::move(reply), 0);
    on_change();
}

void FakeServer::write(const std::shared_ptr<Session>& session, std::shared_ptr<Reply> reply,
                       std::size_t piece) {
    if (piece == reply->pieces.size()) {
        if (reply->then == Reply::Then::kClose) return close(session->number);
        if (reply->then == Reply::Then::kReset) return reset(session->number);
        return read(session);
    }
    const auto bytes = asio::buffer(reply->pieces[piece]);
    const std::weak_ptr<Session> weak = session;
    asio::async_write(session->socket, bytes,
                      [this, weak, reply, piece](const error_code& failure, std::size_t) {
                          const auto self = weak.lock();
                          if (!self || failure == asio::error::operation_aborted) return;
                          if (failure) return end(self, false);
                          write(self, reply, piece + 1);
                      });
}

std::shared_ptr<FakeServer::Session> FakeServer::session(int connection) const {
    const auto found = sessions_.find(connection);
    if (found == sessions_.end()) throw std::logic_error("the fake has no such connection");
    return found->second;
}

void FakeServer::send(int connection, const std::string& bytes) {
    asio::write(session(connection)->socket, asio::buffer(bytes));
}

void FakeServer::close(int connection) {
    session(connection)->socket.close();
    sessions_.erase(connection);
}

void FakeServer::reset(int connection) {
    session(connection)->socket.set_option(tcp::socket::linger(true, 0));
    close(connection);
}

}  // namespace elector::test
