#include "guardian/node_lock.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace elector::guardian {
namespace {

/// How long a guardian that works may take to answer.
constexpr int kAnswerTakesMs = 1000;

int open_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

/// A leading NUL makes the name abstract: no file, and freed by the kernel with the last owner.
socklen_t address_of(const std::string& name, sockaddr_un& address) {
    address = {};
    address.sun_family = AF_UNIX;
    const auto n = std::min(name.size(), sizeof address.sun_path - 1);
    std::memcpy(address.sun_path + 1, name.data(), n);
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + n);
}

}  // namespace

std::string lock_name(const std::string& admin_url) {
    std::string url = admin_url;
    for (const std::string_view other : {"//localhost", "//[::1]"}) {
        const auto at = url.find(other);
        if (at != std::string::npos) url.replace(at, other.size(), "//127.0.0.1");
    }
    return "iotex-elector/" + url;
}

NodeLock::~NodeLock() {
    if (fd_ >= 0) ::close(fd_);
    if (asked_ >= 0) ::close(asked_);
}

bool NodeLock::bind_it() {
    if (fd_ < 0) fd_ = open_socket();
    sockaddr_un address;
    const auto size = address_of(name_, address);
    if (fd_ < 0 || ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0)
        return false;
    return held_ = !answering_ || ::listen(fd_, 8) == 0;
}

NodeLock::Holder NodeLock::acquire(const std::string& admin_url, bool answering, std::string& why) {
    if (begin(admin_url, answering, why)) return Holder::kUs;
    pollfd answered{question(), POLLIN, 0};
    if (question() >= 0) ::poll(&answered, 1, kAnswerTakesMs);
    return judge();
}

bool NodeLock::begin(const std::string& admin_url, bool answering, std::string& why) {
    name_ = lock_name(admin_url);
    answering_ = answering;
    if (bind_it()) return true;
    const auto failed = [&] {
        no_room_ = errno == EMFILE || errno == ENFILE;
        why = std::strerror(errno);
        return false;
    };
    if (errno != EADDRINUSE) return failed();
    asks_ = ask();
    if (asked_ < 0) return failed();
    why = "another elector controls it";
    return false;
}

NodeLock::Holder NodeLock::judge() {
    if (held_) return Holder::kUs;
    if (no_room_) return Holder::kNobodyKnows;
    return !asks_ || holder_answers() ? Holder::kAnother : Holder::kRemains;
}

/// False: it listens to nobody, as an elector without a guardian does. Where many wait for its
/// answer already there is no room for one more: it does not answer, and is asked again later.
bool NodeLock::ask() {
    if (asked_ < 0) asked_ = open_socket();
    sockaddr_un address;
    const auto size = address_of(name_, address);
    connected_ =
        asked_ >= 0 && ::connect(asked_, reinterpret_cast<const sockaddr*>(&address), size) == 0;
    return connected_ || errno == EAGAIN;
}

bool NodeLock::try_again() {
    if (!bind_it()) return false;
    if (asked_ >= 0) ::close(std::exchange(asked_, -1));
    return true;
}

bool NodeLock::holder_answers() {
    if (!connected_ && !(ask() && connected_)) return false;
    char byte = 0;
    const auto n = ::recv(asked_, &byte, 1, MSG_DONTWAIT);
    if (n == 1) return true;
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {  // it has ended; another may follow
        ::close(std::exchange(asked_, -1));
        connected_ = false;
    }
    return false;
}

void NodeLock::answer() {
    const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (peer < 0) return;
    const char alive = 1;
    static_cast<void>(::send(peer, &alive, 1, MSG_NOSIGNAL | MSG_DONTWAIT));
    ::close(peer);
}

}  // namespace elector::guardian
