#include "app/node_lock.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace elector::app {

NodeLock::~NodeLock() {
    if (fd_ >= 0) ::close(fd_);
}

bool NodeLock::acquire(const std::string& admin_url, std::string& why) {
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) {
        why = std::strerror(errno);
        return false;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // A leading NUL makes the name abstract: no file, and freed by the kernel with the last owner.
    const std::string name = std::string(1, '\0') + "iotex-elector/" + admin_url;
    const auto n = std::min(name.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, name.data(), n);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + n);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0) return true;
    why = errno == EADDRINUSE ? "another elector controls it" : std::strerror(errno);
    return false;
}

}  // namespace elector::app
