// Owns starting, signalling and ending etcd processes. Between fork and exec only async-signal-safe
// calls are made, as the test may have threads.
#include "support/etcd_process.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace elector::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kStartTimeout = std::chrono::seconds(20);
constexpr int kStartAttempts = 3;  // a port may be taken between choosing and using it

class Socket {
  public:
    Socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    ~Socket() { ::close(fd_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int fd() const { return fd_; }

  private:
    int fd_;
};

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::vector<int> free_ports(std::size_t count) {
    const std::vector<Socket> sockets(count);  // all open at once, so that they differ
    std::vector<int> ports;
    for (const auto& socket : sockets) {
        auto address = loopback(0);
        socklen_t size = sizeof address;
        auto* const raw = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket.fd(), raw, size) != 0 || ::getsockname(socket.fd(), raw, &size) != 0) {
            throw std::runtime_error("cannot find a free loopback port");
        }
        ports.push_back(ntohs(address.sin_port));
    }
    return ports;
}

bool healthy(int port) {
    const Socket socket;
    const timeval second{1, 0};
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    const auto address = loopback(port);
    if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return false;
    }
    const std::string request = "GET /health HTTP/1.0\r\n\r\n";
    if (::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
    std::string answer;
    std::array<char, 1024> buffer{};
    for (;;) {
        const ssize_t count = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
        if (count <= 0) break;
        answer.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return answer.find("\"health\":\"true\"") != std::string::npos;
}

std::vector<char*> c_array(const std::vector<std::string>& strings) {
    std::vector<char*> raw;
    for (const auto& text : strings) raw.push_back(const_cast<char*>(text.c_str()));
    raw.push_back(nullptr);
    return raw;
}

/// A clean environment: ETCD_* and proxies would change what is under test.
pid_t spawn(const std::vector<std::string>& arguments, int output) {
    const std::vector<std::string> environment{"PATH=/usr/bin:/bin", "ETCDCTL_API=3"};
    const auto argv = c_array(arguments);
    const auto envp = c_array(environment);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error("cannot fork for " + arguments[0]);
    if (pid > 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

std::string find_program(const std::string& name, const std::string& package) {
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string candidate = folder + "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    throw std::runtime_error("cannot run " + name + ": it is not in PATH; install the package " +
                             package);
}

EtcdCluster::EtcdCluster(EtcdOptions options) : options_(options) {
    for (int attempt = 1;; ++attempt) {
        try {
            start_all();
            return;
        } catch (const std::runtime_error&) {
            kill_all();
            if (attempt == kStartAttempts) throw;
        }
    }
}

EtcdCluster::~EtcdCluster() { kill_all(); }

void EtcdCluster::start_all() {
    std::string pattern = (fs::temp_directory_path() / "elector-etcd-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("cannot make a data directory " + pattern);
    }
    directory_ = pattern;
    const auto ports = free_ports(3 * options_.members);
    for (std::size_t i = 0; i < options_.members; ++i) {
        const int client = ports[3 * i];
        const int plain = options_.tls ? ports[3 * i + 1] : client;
        members_.push_back({-1, client, plain, ports[3 * i + 2]});
    }
    for (std::size_t i = 0; i < options_.members; ++i) start(i);
    const auto until = Clock::now() + kStartTimeout;
    for (std::size_t i = 0; i < options_.members; ++i) {
        if (!wait_healthy(i, until)) throw std::runtime_error("etcd does not come up");
    }
}

void EtcdCluster::kill_all() {
    for (std::size_t i = 0; i < members_.size(); ++i) kill(i);
    members_.clear();
    std::error_code ignored;
    if (!directory_.empty()) fs::remove_all(directory_, ignored);
    directory_.clear();
}

std::vector<std::string> EtcdCluster::arguments(std::size_t member) const {
    const std::string name = "m" + std::to_string(member);
    const std::string client = endpoint(member);
    std::string cluster;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        if (i > 0) cluster += ",";
        cluster +=
            "m" + std::to_string(i) + "=http://127.0.0.1:" + std::to_string(members_[i].peer_port);
    }
    const std::string peer = "http://127.0.0.1:" + std::to_string(members_[member].peer_port);
    std::vector<std::string> arguments{
        find_program("etcd", "etcd-server"),
        "--name=" + name,
        "--data-dir=" + (directory_ / name).string(),
        "--listen-client-urls=" + client + (options_.tls ? "," + plain_endpoint(member) : ""),
        "--advertise-client-urls=" + client,
        "--listen-peer-urls=" + peer,
        "--initial-advertise-peer-urls=" + peer,
        "--initial-cluster=" + cluster,
        "--initial-cluster-token=" + directory_.filename().string(),
        "--initial-cluster-state=new",
        "--heartbeat-interval=" + std::to_string(options_.heartbeat.count()),
        "--election-timeout=" + std::to_string(options_.election_timeout.count()),
        "--logger=zap",
        "--log-level=error"};
    arguments.insert(arguments.end(), options_.more.begin(), options_.more.end());
    if (!options_.fsync) arguments.push_back("--unsafe-no-fsync");
    return arguments;
}

void EtcdCluster::start(std::size_t member) {
    const std::string log = (directory_ / ("m" + std::to_string(member) + ".log")).string();
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    members_[member].pid = spawn(arguments(member), output);
    ::close(output);
}

bool EtcdCluster::wait_healthy(std::size_t member, Clock::time_point until) {
    while (Clock::now() < until) {
        if (healthy(members_[member].plain_port)) return true;
        if (::waitpid(members_[member].pid, nullptr, WNOHANG) != 0) {
            members_[member].pid = -1;
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

std::string EtcdCluster::endpoint(std::size_t member) const {
    const std::string scheme = options_.tls ? "https" : "http";
    return scheme + "://127.0.0.1:" + std::to_string(members_.at(member).client_port);
}

std::string EtcdCluster::plain_endpoint(std::size_t member) const {
    return "http://127.0.0.1:" + std::to_string(members_.at(member).plain_port);
}

std::vector<std::string> EtcdCluster::endpoints() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < members_.size(); ++i) all.push_back(endpoint(i));
    return all;
}

void EtcdCluster::kill(std::size_t member) {
    pid_t& pid = members_.at(member).pid;
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    wait_for(pid);
    pid = -1;
}

void EtcdCluster::freeze(std::size_t member) {
    if (pid(member) <= 0 || ::kill(pid(member), SIGSTOP) != 0) return;
    // Only then has every thread of it stopped.
    siginfo_t how{};
    ::waitid(P_PID, static_cast<id_t>(pid(member)), &how, WSTOPPED | WEXITED | WNOWAIT);
}

void EtcdCluster::thaw(std::size_t member) {
    if (pid(member) > 0) ::kill(pid(member), SIGCONT);
}

void EtcdCluster::restart(std::size_t member) {
    kill(member);
    start(member);
    if (!wait_healthy(member, Clock::now() + kStartTimeout)) {
        throw std::runtime_error("etcd member " + std::to_string(member) + " does not come back");
    }
}

std::string etcdctl(const std::string& endpoint, const std::vector<std::string>& arguments) {
    std::vector<std::string> all{find_program("etcdctl", "etcd-client"), "--endpoints=" + endpoint};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return output_of(all);
}

std::string output_of(const std::vector<std::string>& all) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    const pid_t pid = spawn(all, pipe[1]);
    ::close(pipe[1]);
    std::string output;
    std::array<char, 1024> buffer{};
    for (;;) {
        const ssize_t count = ::read(pipe[0], buffer.data(), buffer.size());
        if (count <= 0) break;
        output.append(buffer.data(), static_cast<std::size_t>(count));
    }
    ::close(pipe[0]);
    if (wait_for(pid) != 0) throw std::runtime_error(all[0] + " failed: " + output);
    return output;
}

BackgroundProcess::BackgroundProcess(const std::vector<std::string>& arguments) {
    const int output = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    pid_ = spawn(arguments, output);
    ::close(output);
}

BackgroundProcess::~BackgroundProcess() {
    ::kill(pid_, SIGKILL);
    wait_for(pid_);
}

}  // namespace elector::test
