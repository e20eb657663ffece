// Owns a proxy with an echoing server behind it and clients before it, all on one io_context.
// Must never sleep. Thread rule: the test's thread.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "netproxy/proxy.hpp"
#include "support/run_coroutine.hpp"

namespace elector::test {

/// One end of a connection: everything that came, and how it ended.
class End {
  public:
    enum class State { kOpen, kEof, kBroken };

    explicit End(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) { read(); }
    void send(const std::string& bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
    void finish() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
    void close_hard() {
        socket_.set_option(boost::asio::ip::tcp::socket::linger(true, 0));
        socket_.close();
    }
    const std::string& got() const { return got_; }
    State state() const { return state_; }
    std::function<void(const std::string&)> on_bytes = [](const std::string&) {};
    std::function<void()> on_eof = [] {};

  private:
    void read() {
        socket_.async_read_some(boost::asio::buffer(chunk_), [this](auto failure, auto size) {
            if (failure == boost::asio::error::operation_aborted) return;
            if (failure) {
                const bool eof = failure == boost::asio::error::eof;
                state_ = eof ? State::kEof : State::kBroken;
                if (eof) on_eof();
                return;
            }
            const std::string bytes(chunk_.data(), size);
            got_ += bytes;
            on_bytes(bytes);
            read();
        });
    }

    boost::asio::ip::tcp::socket socket_;
    std::array<char, 65536> chunk_{};
    std::string got_;
    State state_ = State::kOpen;
};

struct World {
    using tcp = boost::asio::ip::tcp;

    boost::asio::io_context io{1};
    tcp::acceptor acceptor{io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
    std::list<End> served;  ///< the server's ends: they echo
    std::list<End> clients;
    netproxy::Proxy proxy{io, acceptor.local_endpoint()};

    World() { accept(); }

    tcp::endpoint door() const { return {boost::asio::ip::address_v4::loopback(), proxy.port()}; }

    End& connect() {
        tcp::socket socket(io);
        socket.connect(door());
        return clients.emplace_back(std::move(socket));
    }
    bool refuses() {
        tcp::socket socket(io);
        boost::system::error_code failure;
        socket.connect(door(), failure);
        return failure == boost::asio::error::connection_refused;
    }
    void until(const std::function<bool()>& done) { run_until(io, done); }
    /// All that is ready now has happened, and what that made ready, on every hop.
    void settle() {
        for (int i = 0; i < 20; ++i) {
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
    }
    /// `text` has gone through the proxy, to the server and back.
    void exchange(End& client, const std::string& text) {
        const auto expected = client.got() + text;
        client.send(text);
        until([&] { return client.got() == expected; });
    }

  private:
    void accept() {
        acceptor.async_accept([this](auto failure, tcp::socket socket) {
            if (failure) return;
            auto& end = served.emplace_back(std::move(socket));
            end.on_bytes = [&end](const std::string& bytes) { end.send(bytes); };
            end.on_eof = [&end] { end.finish(); };
            accept();
        });
    }
};

}  // namespace elector::test
