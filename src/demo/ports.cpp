#include "demo/ports.hpp"

#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace elector::demo {
namespace {

/// Bound as long as this lives, so that nobody chooses the same one meanwhile.
class Bound {
  public:
    Bound() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    ~Bound() {
        if (socket_ >= 0) ::close(socket_);
    }
    Bound(const Bound&) = delete;
    Bound& operator=(const Bound&) = delete;

    /// 0: any. Gives the port; 0: it is not to be had.
    std::uint16_t take(std::uint16_t port) {
        const int yes = 1;  // as the members do
        ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        socklen_t size = sizeof address;
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, raw, size) != 0 || ::listen(socket_, 1) != 0) return 0;
        return ::getsockname(socket_, raw, &size) == 0 ? ntohs(address.sin_port) : 0;
    }

  private:
    int socket_;
};

}  // namespace

std::array<std::uint16_t, kPorts> ports_from(std::uint16_t first) {
    std::array<Bound, kPorts> wanted;
    std::array<Bound, kPorts> any;
    std::array<std::uint16_t, kPorts> ports{};
    for (std::size_t i = 0; i < kPorts; ++i) {
        ports[i] = wanted[i].take(static_cast<std::uint16_t>(first + i));
        if (ports[i] == 0) ports[i] = any[i].take(0);
        if (ports[i] == 0) throw std::runtime_error("cannot find a free port on the loopback");
    }
    return ports;
}

}  // namespace elector::demo
