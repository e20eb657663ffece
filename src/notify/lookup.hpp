// Owns the way from a host's name to its addresses, by c-ares: it neither blocks nor has a thread,
// and can be called back at any time, none of which is true of the system's resolver. It reads
// /etc/resolv.conf and /etc/hosts, a few lines each, at each question.
// Thread rule: the io_context's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

struct ares_channeldata;
struct ares_addrinfo;

namespace elector::notify {

class Lookup {
  public:
    using Done = std::function<void(std::vector<boost::asio::ip::address>, std::string error)>;

    explicit Lookup(boost::asio::io_context& io) : timer_(io) {}
    ~Lookup();
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    /// Once. `done` is called once, not before this returns; never after the lookup is gone. With
    /// no address `error` says why.
    void start(const std::string& host, Done done);

  private:
    void look_after(std::chrono::milliseconds pause);
    static void answer(void* self, int status, int timeouts, ares_addrinfo* found);
    void look();

    boost::asio::steady_timer timer_;
    std::shared_ptr<Lookup*> self_ = std::make_shared<Lookup*>(this);  ///< of what is queued
    ares_channeldata* channel_ = nullptr;
    bool answered_ = false;
    bool ending_ = false;
    std::vector<boost::asio::ip::address> addresses_;
    std::string error_;
    Done done_;
};

}  // namespace elector::notify
