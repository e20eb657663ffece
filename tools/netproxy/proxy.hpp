// Owns a TCP proxy on 127.0.0.1 that can be told to break the way to its target: what a network
// between two programs does, in one place. Must never listen on anything but the loopback, and
// never lose or reorder bytes within a direction: like TCP, what is held comes later.
// Thread rule: the io_context's one thread, which also calls every method.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace elector::netproxy {

enum class Mode : std::uint8_t {
    kPass,
    kBlackhole,   ///< connections stay, new ones are accepted, nothing goes through either way
    kRefuse,      ///< connections are reset, new ones refused
    kOneWayUp,    ///< requests do not arrive, replies do
    kOneWayDown,  ///< requests arrive, replies do not
    kDelay,       ///< both ways `span` later
    kFlap         ///< pass for `span`, then blackhole for `span`, and so on
};

struct Order {
    Mode mode = Mode::kPass;
    std::chrono::milliseconds span{0};  ///< kDelay and kFlap only
    bool operator==(const Order&) const = default;
};

/// "pass", "blackhole", "refuse", "one_way_up", "one_way_down", "delay 50", "flap 200" (ms).
std::string to_string(const Order& order);
/// The order, or why the text is none.
std::variant<Order, std::string> parse_order(std::string_view text);

class Proxy {
  public:
    /// Listens on 127.0.0.1:`port` (0: any free port) in mode kPass. The port stays ours while it
    /// is refused. Throws boost::system::system_error when it cannot be had.
    Proxy(boost::asio::io_context& io, boost::asio::ip::tcp::endpoint target,
          std::uint16_t port = 0);
    /// As stop().
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    /// Takes effect at once, for existing connections too. When a hold ends, what was held goes on,
    /// as late as it then is. Throws boost::system::system_error when the port cannot be reopened.
    void set(Order order);
    Order order() const;
    std::uint16_t port() const;
    std::size_t connections() const;
    /// Resets every connection, whatever the mode; new ones are treated as the mode says.
    void reset();
    /// Resets every connection and listens no more.
    void stop();

  private:
    class Core;
    std::shared_ptr<Core> core_;
};

}  // namespace elector::netproxy
