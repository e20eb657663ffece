#include "guardian/knock.hpp"

#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/admin.hpp"

namespace elector::guardian {

void Knock::begin(const Address& admin, const Address& probe, Instant deadline) {
    drop();
    ++serial_;
    busy_ = true;
    deadline_ = deadline;
    doors_[0].fd = connect_to(admin, doors_[0].refused);
    // SAFETY: S12. A port that has never accepted does not count.
    if (probe.port != 0) doors_[1].fd = connect_to(probe, doors_[1].refused);
}

std::optional<bool> Knock::proceed(Instant now) {
    if (!busy_) return std::nullopt;
    bool waiting = false;
    for (auto& door : doors_) {
        pollfd ready{door.fd, POLLOUT, 0};
        if (door.fd < 0) continue;
        if (::poll(&ready, 1, 0) != 1) {
            waiting = true;
            continue;
        }
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(door.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        door.refused = error == ECONNREFUSED;
        ::close(std::exchange(door.fd, -1));
    }
    if (waiting && now < deadline_) return std::nullopt;
    const bool both = !waiting && doors_[0].refused && doors_[1].refused;
    drop();
    return both;
}

void Knock::drop() {
    for (auto& door : doors_) {
        if (door.fd >= 0) ::close(door.fd);
        door = Door{};
    }
    busy_ = false;
}

}  // namespace elector::guardian
