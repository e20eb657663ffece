#include "cli/host_look.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <sstream>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/session.hpp"

namespace elector::cli {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::optional<bool> clock_synchronised() {
    timex answer{};  // no mode: nothing is set
    const int state = ::adjtimex(&answer);
    if (state < 0) return std::nullopt;
    return state != TIME_ERROR && (answer.status & STA_UNSYNC) == 0;
}

void look_at_state(const config::Config& c, HostFacts& h) {
    struct stat found {};
    h.state_is_there = ::stat(c.state.dir.c_str(), &found) == 0;
    if (!h.state_is_there) return;
    h.state_is_folder = S_ISDIR(found.st_mode);
    h.state_mode = found.st_mode & 07777U;
    h.state_can_be_judged = ::geteuid() == 0 || ::geteuid() == found.st_uid;
    h.state_is_writable = ::access(c.state.dir.c_str(), W_OK | X_OK) == 0;
    if (h.state_is_folder && h.state_can_be_judged)
        h.pin = etcd::ClusterPin(c.state.dir, c.election.key).read();
}

/// The process that listens on the lock of this node (guardian/node_lock): its guardian. It takes
/// the connection for a question whether it lives, and answers.
std::optional<int> guardian_of(const config::Url& admin) {
    const bool loopback = admin.host == "localhost" || admin.host == "::1";
    const auto name = "iotex-elector/http://" + (loopback ? "127.0.0.1" : admin.host) + ":" +
                      std::to_string(admin.port);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto size = std::min(name.size(), sizeof address.sun_path - 1);
    std::memcpy(address.sun_path + 1, name.data(), size);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return std::nullopt;
    std::optional<int> found;
    ucred peer{};
    socklen_t peer_size = sizeof peer;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
        ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) == 0)
        found = peer.pid;
    ::close(fd);
    return found;
}

/// "VmLck:   4 kB" of /proc/PID/status.
std::optional<std::int64_t> locked_kib(const std::string& status) {
    const auto at = status.find("VmLck:");
    if (at == std::string::npos) return std::nullopt;
    return std::strtoll(status.c_str() + at + 6, nullptr, 10);
}

/// "iotex-elector.service" of "0::/system.slice/iotex-elector.service".
std::string unit_of(std::string cgroup) {
    cgroup.erase(cgroup.find_last_not_of('\n') + 1);
    const auto slash = cgroup.rfind('/');
    const auto last = slash == std::string::npos ? std::string{} : cgroup.substr(slash + 1);
    return last.find("elector") != std::string::npos && last.ends_with(".service") ? last : "";
}

void look_at_service(const config::Config& c, HostFacts& h) {
    h.service = guardian_of(c.node.admin);
    if (!h.service || *h.service == 0) return;
    const auto process = "/proc/" + std::to_string(*h.service) + "/";
    h.locked_kib = locked_kib(text_of(process + "status"));
    const auto oom = text_of(process + "oom_score_adj");
    if (!oom.empty()) h.oom_adjustment = std::atoi(oom.c_str());
    h.unit = unit_of(text_of(process + "cgroup"));
}

}  // namespace

HostFacts look_at_host(const config::Config& c) {
    HostFacts h;
    h.unix_ms = wall_clock_ms();
    h.clock_synchronised = clock_synchronised();
    look_at_state(c, h);
    look_at_service(c, h);
    return h;
}

std::vector<std::string> admin_listeners(const config::Node& node) {
    auto found = listening(text_of("/proc/self/net/tcp"), node.admin.port);
    for (auto& address : listening(text_of("/proc/self/net/tcp6"), node.admin.port))
        found.push_back(std::move(address));
    return found;
}

}  // namespace elector::cli
