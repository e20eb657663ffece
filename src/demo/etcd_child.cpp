#include "demo/etcd_child.hpp"

#include <array>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "demo/folder.hpp"

namespace elector::demo {
namespace {

namespace fs = std::filesystem;

std::string find_etcd() {
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string candidate = folder + "/etcd";
        if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    throw std::runtime_error(
        "cannot start etcd: there is no program of that name in PATH; the demo brings everything "
        "else; install it with: apt-get install etcd-server");
}

/// Two ports that were free a moment ago; both are held open while choosing, so that they differ.
std::array<std::uint16_t, 2> free_ports() {
    std::array<int, 2> sockets{-1, -1};
    std::array<std::uint16_t, 2> ports{};
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        sockets[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        if (::bind(sockets[i], raw, size) == 0 && ::getsockname(sockets[i], raw, &size) == 0)
            ports[i] = ntohs(address.sin_port);
    }
    for (const int socket : sockets) ::close(socket);
    if (ports[0] == 0 || ports[1] == 0) throw failed("find a free port on the loopback");
    return ports;
}

std::vector<std::string> words(const std::string& program, const fs::path& folder,
                               const std::array<std::uint16_t, 2>& ports) {
    const std::string client = "http://127.0.0.1:" + std::to_string(ports[0]);
    const std::string peer = "http://127.0.0.1:" + std::to_string(ports[1]);
    return {program,
            "--name=demo",
            "--data-dir=" + (folder / "data").string(),
            "--listen-client-urls=" + client,
            "--advertise-client-urls=" + client,
            "--listen-peer-urls=" + peer,
            "--initial-advertise-peer-urls=" + peer,
            "--initial-cluster=demo=" + peer,
            "--initial-cluster-token=" + folder.string(),
            "--unsafe-no-fsync",
            "--logger=zap",
            "--log-level=error"};
}

}  // namespace

EtcdChild::EtcdChild(const fs::path& folder) {
    const auto program = find_etcd();
    const auto ports = free_ports();
    port_ = ports[0];
    folder_ = folder / ("etcd-" + std::to_string(port_));
    fs::create_directory(folder_);
    const auto log = (folder_ / "log").string();
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    process_.emplace(Command{program, words(program, folder_, ports), output, SIGKILL});
    ::close(output);
}

std::string EtcdChild::endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::string EtcdChild::last_words() const { return demo::last_words(folder_ / "log"); }

}  // namespace elector::demo
