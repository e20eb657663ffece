// Owns the API's listening socket and the connections behind it: how many, with which certificate,
// and how they end. A port that cannot be had is told and tried again: leading matters more.
// Must never know what is answered. Thread rule: the io_context's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/connection.hpp"
#include "config/config.hpp"

namespace elector::admin {

class Server {
  public:
    /// What becomes of it, for the log.
    struct Tell {
        std::function<void(const std::string& url)> listening;
        std::function<void(const std::string& error)> unavailable;  ///< once for each new error
        std::function<void(const std::string& what)> failed;        ///< a defect
    };

    Server(boost::asio::io_context& io, Responder responder, Tell tell, Limits limits = {});

    /// From now on. Reads the certificates again, whatever differs; connections that exist stay as
    /// they are. An address that is not changed stays open all the time.
    void set(const config::Api& api);
    /// Nothing new is accepted or begun.
    void stop();
    /// stop(), and waits until all connections have ended. Clients are given `patience` to take
    /// what they are told; then they are cut off.
    boost::asio::awaitable<void> close(std::chrono::milliseconds patience);

    /// "http://127.0.0.1:9010"; empty while nothing listens.
    std::string url() const;
    std::size_t connections() const { return connections_.size(); }

  private:
    void listen();
    std::string open();
    boost::asio::awaitable<void> accept(std::shared_ptr<boost::asio::ip::tcp::acceptor> acceptor);
    void take(boost::asio::ip::tcp::socket socket);
    bool make_room();
    void try_again();
    void drop();

    boost::asio::io_context& io_;
    Responder responder_;
    Tell tell_;
    Limits limits_;
    config::Api api_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
    std::shared_ptr<boost::asio::ip::tcp::acceptor> acceptor_;
    std::set<std::shared_ptr<Connection>> connections_;
    boost::asio::steady_timer retry_;
    boost::asio::steady_timer emptied_;
    std::string told_;  ///< the last error
    bool stopped_ = false;
};

}  // namespace elector::admin
