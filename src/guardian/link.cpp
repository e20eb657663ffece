#include "guardian/link.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace elector::guardian {

int Link::open() {
    std::array<int, 2> pair{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return -1;
    fd_ = pair[0];
    return pair[1];
}

void Link::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::optional<Letter> Link::receive() {
    std::array<std::byte, kPacketSize + 1> bytes;
    while (fd_ >= 0) {
        const auto n = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return std::nullopt;
        if (n <= 0) {
            close();
            return std::nullopt;
        }
        if (const auto letter = decode({bytes.data(), static_cast<std::size_t>(n)})) return letter;
        if (std::exchange(told_garbage_, true)) continue;
        log_(Level::kError, "link_garbage",
             {{"alarm", "true"},
              {"why",
               "The elector has sent what no elector sends; it is ignored, so that the "
               "elector cannot activate its node."}});
    }
    return std::nullopt;
}

void Link::send(const Message& message) {
    if (fd_ < 0) return;
    const auto packet = encode(message);
    static_cast<void>(::send(fd_, packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace elector::guardian
