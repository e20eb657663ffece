#include "demo/etcd_child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

std::runtime_error failed(const std::string& what) {
    return std::runtime_error("cannot " + what + ": " + std::strerror(errno));
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

std::vector<std::string> command(const std::string& program, const fs::path& folder,
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
            "--initial-cluster-token=" + folder.filename().string(),
            "--unsafe-no-fsync",
            "--logger=zap",
            "--log-level=error"};
}

/// A clean environment: ETCD_* variables and proxies would change what is shown.
std::vector<std::string> environment() {
    std::vector<std::string> all{"PATH=/usr/bin:/bin"};
#ifdef __aarch64__
    all.emplace_back("ETCD_UNSUPPORTED_ARCH=arm64");  // etcd 3.4 refuses to start without it
#endif
    return all;
}

std::vector<char*> c_array(std::vector<std::string>& strings) {
    std::vector<char*> raw;
    for (auto& text : strings) raw.push_back(text.data());
    raw.push_back(nullptr);
    return raw;
}

}  // namespace

EtcdChild::EtcdChild() {
    const auto program = find_etcd();
    std::string pattern = (fs::temp_directory_path() / "iotex-elector-demo-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw failed("make the folder " + pattern);
    folder_ = pattern;
    try {
        start(program);
    } catch (...) {
        clean_up();
        throw;
    }
}

EtcdChild::~EtcdChild() { clean_up(); }

// Between fork and exec only calls that are safe in the child of a process with threads.
void EtcdChild::start(const std::string& program) {
    const auto ports = free_ports();
    port_ = ports[0];
    auto arguments = command(program, folder_, ports);
    auto variables = environment();
    const auto argv = c_array(arguments);
    const auto envp = c_array(variables);
    const auto log = (folder_ / "log").string();
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127);
        ::setpgid(0, 0);  // Ctrl-C is for us, who then end it
        ::dup2(input, STDIN_FILENO);
        ::dup2(output, STDOUT_FILENO);
        ::dup2(output, STDERR_FILENO);
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    const int reason = errno;
    ::close(output);
    ::close(input);
    errno = reason;
    if (pid < 0) throw failed("start " + program);
    pid_ = pid;
}

void EtcdChild::clean_up() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
    }
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
    folder_.clear();
}

bool EtcdChild::running() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
    return pid_ > 0;
}

std::string EtcdChild::endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::string EtcdChild::last_words() const {
    std::ifstream file(folder_ / "log");
    std::string last = "it said nothing";
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) last = line;
    }
    return last.substr(0, 300);
}

}  // namespace elector::demo
